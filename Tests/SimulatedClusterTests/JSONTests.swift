import Testing

@testable import SimulatedCluster

@Suite("JSON")
struct JSONTests {
  @Test(
    "what is written is read back",
    arguments: [
      #"{"a":[1,-2.5,true,false,null],"b":{"c":"é\n\"\\\t"}}"#, "[]", "{}", #""\u0001""#, "0", "-1",
    ])
  func roundTrip(_ text: String) throws {
    #expect(JSONWriter.text(try JSONParser.parse(text)) == text)
  }

  @Test("escapes and surrogate pairs are decoded; a lone surrogate is replaced")
  func escapes() throws {
    #expect(try JSONParser.parse(#""\u00e9\ud83d\ude00\/\b\f\r""#) == "é😀/\u{8}\u{C}\r")
    #expect(try JSONParser.parse(#""\ud83d!""#) == "\u{FFFD}!")
  }

  @Test(
    "what is no JSON is refused with its place",
    arguments: ["", "{", "{nope", "[1,]", "01", "1 2", "tru", "\"a", "\"\u{1}\"", "{\"a\" 1}", #""\x""#, "-", "1e999"])
  func refused(_ text: String) {
    #expect(throws: JSONParseError.self) { try JSONParser.parse(text) }
  }

  @Test("nesting is bounded")
  func depth() {
    #expect(throws: JSONParseError.self) { try JSONParser.parse(String(repeating: "[", count: 100_000)) }
  }

  @Test("times are written in UTC to the second and read back", arguments: [0, 951_782_400, 1_795_476_722, -1])
  func times(_ seconds: Int) {
    let date = Fixed.date(seconds)
    #expect(RFC3339.date(RFC3339.text(date)) == date)
  }

  @Test("the last day of February in a leap year")
  func leapDay() {
    #expect(RFC3339.text(Fixed.date(951_782_400)) == "2000-02-29T00:00:00Z")
  }
}
