import Foundation
import Model
import Testing

@Suite("Quantities are those of Kubernetes")
struct QuantityTests {
  @Test(
    "prints the canonical form",
    arguments: [
      // Kubernetes' own cases: TestQuantityString, TestQuantityParse and TestQuantityParseEmit.
      ("0", "0"), ("0n", "0"), ("0Ki", "0"), ("0e0", "0"), ("0e10", "0"), ("-0", "0"), ("1Ki", "1Ki"), ("8Ki", "8Ki"),
      ("7Mi", "7Mi"), ("6Gi", "6Gi"), ("5Ti", "5Ti"), ("4Pi", "4Pi"), ("3Ei", "3Ei"), ("5n", "5n"), ("4u", "4u"),
      ("3m", "3m"), ("9", "9"), ("8k", "8k"), ("50k", "50k"), ("7M", "7M"), ("6G", "6G"), ("5T", "5T"), ("40T", "40T"),
      ("300T", "300T"), ("2P", "2P"), ("1E", "1E"), ("1e3", "1e3"), ("1E3", "1e3"), ("1e6", "1e6"), ("1e9", "1e9"),
      ("1e12", "1e12"), ("1e-3", "1e-3"), ("1e-6", "1e-6"), ("1e-9", "1e-9"), ("1e+6", "1e6"), ("3.01e3", "3010"),
      ("1Gi", "1Gi"), ("300Mi", "300Mi"), ("6Ki", "6Ki"), ("1001Gi", "1001Gi"), ("1025", "1025"), ("5", "5"),
      ("1024Ki", "1Mi"), ("1024Gi", "1Ti"), ("1000k", "1M"), ("1000000", "1M"), ("1000", "1k"), ("1.5Gi", "1536Mi"),
      ("0.5", "500m"), ("1000m", "1"), ("1080m", "1080m"), ("1.08", "1080m"), ("10.8", "10800m"),
      ("100035k", "100035k"),
      ("0.001", "1m"), ("0.0001k", "100m"), ("0.00001", "10u"), ("1.001", "1001m"), (".001", "1m"), ("1.", "1"),
      ("+1.5k", "1500"), ("-1.5k", "-1500"), ("-1.5Gi", "-1536Mi"), ("-3.01", "-3010m"), ("100e-3", "100e-3"),
      ("300e6", "300e6"), ("80e-3", "80e-3"), ("12.34e2", "1234"), ("1234567M", "1234567M"), ("01.0", "1"),
      ("0.1Ki", "102400m"), ("0.0001Gi", "107374182400u"), ("0.5Mi", "512Ki"), ("0.3Ki", "307200m"),
      ("0.9Ki", "921600m"),
      // Finer than a billionth: rounded away from 0.
      ("0.1n", "1n"), ("1.1n", "2n"), ("-0.1n", "-1n"), ("0.0000000001", "1n"), ("1e-10", "1e-9"), ("9e-999", "1e-9"),
      ("0.00000000000000000000000000000000000000000000000001", "1n"),
      ("1.00000000000000000000000000000000000000000000000001", "1000000001n"),
      // Beyond 64 bits, which Kubernetes cuts off and 128 bits hold.
      ("9223372036854775808", "9223372036854775808"), ("16Ei", "16Ei"), ("1000E", "1000E"), ("1e21", "1e21"),
    ])
  func canonical(text: String, printed: String) throws {
    let quantity = try #require(Quantity(text))
    #expect(quantity.description == printed)
    #expect(Quantity(printed) == quantity)
  }

  @Test(
    "refuses what is no quantity, and what does not fit",
    arguments: [
      "", "+", "-", ".", "-.", "1.1.M", "1+1.0M", "0.1mi", "0.1am", "aoeu", ".5i", "1i", "-3.01i", "-3.01e-", " 1",
      "1 ",
      " 1 ", "1e", "1ee3", "1Kii", "1ki", "1K", "0x10", "1_000", "1,5", "NaN", ".inf", "Infinity", "١", "1e3.5", "1e99",
      "1e9223372036854775808", "170141183460469231731687303716", "1000000000000Ei",
      "1" + String(repeating: "0", count: 200),
      "--1", "1\u{0}",
    ])
  func refused(text: String) { #expect(Quantity(text) == nil) }

  @Test("rounds away from 0 to units and thousandths, and holds at the ends")
  func scaled() {
    #expect(Quantity("1500m")?.value == 2)
    #expect(Quantity("-1500m")?.value == -2)
    #expect(Quantity("1")?.value == 1)
    #expect(Quantity("1n")?.milliValue == 1)
    #expect(Quantity("0.5")?.milliValue == 500)
    #expect(Quantity("1.5Gi")?.value == 1_610_612_736)
    #expect(Quantity("100E")?.value == Int64.max)
    #expect(Quantity("-100E")?.milliValue == Int64.min)
    #expect(Quantity(milli: 250).description == "250m")
    #expect(Quantity(1 << 30, format: .binarySI).description == "1Gi")
    #expect(Quantity(Int64.max).value == Int64.max)
  }

  @Test("is equal, ordered and hashed by value")
  func order() throws {
    let spellings = try ["1Gi", "1024Mi", "1073741824", "1073741824000m"].map { try #require(Quantity($0)) }
    #expect(Set(spellings).count == 1)
    #expect(try #require(Quantity("999m")) < #require(Quantity("1")))
    #expect(try #require(Quantity("-1")) < #require(Quantity("1n")))
    #expect(Quantity("2")?.isWhole == true)
    #expect(Quantity("2500m")?.isWhole == false)
    #expect(["-1", "0", "1n"].map { Quantity($0)?.sign } == [-1, 0, 1])
  }

  @Test("prints a form that reads back as the same value and prints the same again, whatever the value")
  func printsAndReads() throws {
    var random = SeededGenerator.fresh("QuantityTests.printsAndReads")
    let suffixes = [
      "n", "u", "m", "", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "Pi", "e3", "e-3", "E-7", "e+2", "e0",
    ]
    for _ in 0..<20_000 {
      let sign = ["", "-", "+"].randomElement(using: &random) ?? ""
      let whole = UInt64.random(in: 0...(1 << UInt64.random(in: 0...40, using: &random)), using: &random)
      let decimals = Bool.random(using: &random) ? "." + String(UInt32.random(in: 0...9_999_999, using: &random)) : ""
      let text = sign + String(whole) + decimals + (suffixes.randomElement(using: &random) ?? "")
      let quantity = try #require(Quantity(text), "\(text)")
      let again = try #require(Quantity(quantity.description), "\(text) → \(quantity)")
      #expect(again == quantity, "\(text) → \(quantity)")
      #expect(again.description == quantity.description, "\(text)")
    }
  }

  @Test("agrees with the number it was written from")
  func agreesWithIntegers() throws {
    var random = SeededGenerator.fresh("QuantityTests.agreesWithIntegers")
    let factors: [(String, Int64)] = [("m", 1), ("", 1_000), ("k", 1_000_000), ("Ki", 1_024_000), ("e2", 100_000)]
    for _ in 0..<5_000 {
      let number = Int64.random(in: -1_000_000_000...1_000_000_000, using: &random)
      for (suffix, factor) in factors {
        #expect(Quantity("\(number)\(suffix)")?.milliValue == number * factor, "\(number)\(suffix)")
      }
    }
  }

  @Test("is coded as text, and read from numbers too")
  func coding() throws {
    #expect(try decoded("[\"1.5Gi\", 4, 0.5, 1e3, \"2e3\"]") == ["1536Mi", "4", "500m", "1k", "2e3"])
    let quantity = try #require(Quantity("0.5"))
    #expect(String(decoding: try JSONEncoder().encode([quantity]), as: UTF8.self) == "[\"500m\"]")
    #expect(throws: DecodingError.self) { try decoded("[\"lots\"]") }
    #expect(throws: DecodingError.self) { try decoded("[true]") }
    #expect(throws: DecodingError.self) { try decoded("[1e99]") }
  }

  private func decoded(_ json: String) throws -> [String] {
    try ModelJSON.decoder.decode([Quantity].self, from: Data(json.utf8)).map(\.description)
  }
}
