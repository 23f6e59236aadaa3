import Foundation
import Model
import Testing

@Suite("Hostile texts are refused, quickly and without a crash")
struct HostileInputTests {
  @Test(
    "deep nesting",
    arguments: [
      String(repeating: "[", count: 500_000), String(repeating: "{a: ", count: 200_000),
      String(repeating: "- ", count: 500_000) + "a", String(repeating: "? ", count: 400_000),
      (0..<1_000).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
      String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
      String(repeating: "- ", count: 90) + "a", String(repeating: "{\"a\":", count: 200_000),
    ])
  func nesting(text: String) {
    #expect(throws: DocumentErrors.self) { try ResourceDocument.decode(yaml: text) }
    #expect(throws: DocumentErrors.self) { try AnyResource.decode(json: Data(text.utf8)) }
  }

  @Test("aliases that write out to a billion values, in values and in keys")
  func billionLaughs() {
    let levels = (1...12).map {
      "a\($0): &a\($0) [" + Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ", ") + "]"
    }
    let laughs = "a0: &a0 [lol]\n" + levels.joined(separator: "\n")
    for text in [laughs, laughs + "\n? *a12\n: x\n", laughs + "\n*a12 : x\n"] {
      #expect(throws: DocumentErrors.self) { try ResourceDocument.decode(yaml: text) }
    }
  }

  @Test("aliases within reason are written out")
  func aliases() throws {
    let text = """
      apiVersion: regie.cloud-pi-native.fr/v1
      kind: Chain
      metadata: {name: c}
      spec: {displayName: &name Chaîne, sensitivities: [DR], regions: [&r idf, *r], audience: {organisations: [*name], scopes: []}}
      """
    guard case .chain(let chain) = try ResourceDocument.decode(yaml: text).first else {
      Issue.record("not a chain")
      return
    }
    #expect(chain.spec.regions == ["idf", "idf"] && chain.spec.audience.organisations == ["Chaîne"])
  }

  @Test("more values than anyone means")
  func wide() {
    let list = "[" + Array(repeating: "1", count: 120_000).joined(separator: ",") + "]"
    #expect(throws: DocumentErrors.self) { try ResourceDocument.decode(yaml: list) }
    #expect(throws: DocumentErrors.self) { try AnyResource.decode(json: Data(list.utf8)) }
  }

  @Test(
    "huge numbers, and numbers that are none",
    arguments: [
      "1e999999999", "-1e999999999", ".nan", ".inf", "-.INF", "0x7fffffffffffffffff",
      "99999999999999999999999999999999999999999",
      "1e-999999999", "0o777", "1_000", "+.e1",
    ])
  func numbers(number: String) {
    let text = """
      apiVersion: regie.cloud-pi-native.fr/v1
      kind: Project
      metadata: {name: p1, generation: \(number)}
      spec:
        organisation: mi
        audience: ministerial
        environments: [{name: dev, stage: dev, replicas: \(number), quota: {cpu: \(number), memory: \(number)}}]
      """
    #expect(throws: DocumentErrors.self) { try ResourceDocument.decode(yaml: text) }
  }

  @Test(
    "a text or a name that begins with a byte order mark: as YAML it would come back without it",
    arguments: [#""\uFEFFx""#, #""\ufeff""#, "\"\u{FEFF}x\"", #"{"\uFEFFx": 1}"#])
  func byteOrderMark(value: String) {
    let text =
      #"{"apiVersion": "\#(apiVersion)", "kind": "Operator", "metadata": {"name": "o", "annotations": {"a": \#(value)}}}"#
    do throws(DocumentErrors) {
      _ = try AnyResource.decode(json: Data(text.utf8))
      Issue.record("it was taken")
    } catch {
      #expect(error.problems.map(\.message) == ["not JSON: a text begins with a byte order mark"])
    }
  }

  @Test("thousands of damaged documents: a value or an error, and a value that is taken can be written and read again")
  func mutations() throws {
    var random = SeededGenerator.fresh("HostileInputTests.mutations")
    let yaml = try Samples.all.map { Array(try $0.encodeYAML().utf8) }
    let json = try Samples.all.map { Array(try ModelJSON.encoder.encode($0)) }
    let deadline = ContinuousClock.now + .seconds(4)
    var (taken, refused) = (0, 0)
    while ContinuousClock.now < deadline {
      let isYAML = Bool.random(using: &random)
      var bytes = (isYAML ? yaml : json).randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...4, using: &random) { Self.damage(&bytes, &random) }
      do throws(DocumentErrors) {
        let resources = isYAML ? try ResourceDocument.decode(Data(bytes)) : [try AnyResource.decode(json: Data(bytes))]
        taken += 1
        for resource in resources {
          _ = CrossReferences.problems(in: [resource])
          guard resource.problems.isEmpty else { continue }
          #expect((try? ResourceDocument.decode(yaml: resource.encodeYAML())) == [resource], "\(bytes)")
        }
      } catch {
        refused += 1
        #expect(!error.problems.isEmpty)
      }
    }
    #expect(taken > 0 && refused > 0)
  }

  private static let snippets: [[UInt8]] = [
    "[", "]", "{", "}", ": ", "- ", "\"", "'", "\n", "\n---\n", "&a ", "*a", "!!str ", "<<: ", "1e999", "NaN",
    "\u{FEFF}", "null", "|\n",
    ">-\n", "#", "\\u0000", "\\ud800", "\t", "\u{0}", "é", "-1", "true", "? ", "%YAML 1.2\n", "...", "@", ",",
  ].map { Array($0.utf8) }

  private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    guard !bytes.isEmpty else { return }
    let start = Int.random(in: 0..<bytes.count, using: &random)
    let end = min(bytes.count, start + Int.random(in: 1...12, using: &random))
    switch Int.random(in: 0..<6, using: &random) {
    case 0: bytes[start] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes.removeSubrange(start..<end)
    case 2: bytes.insert(contentsOf: snippets.randomElement(using: &random) ?? [], at: start)
    case 3: bytes.insert(contentsOf: bytes[start..<end], at: Int.random(in: 0...bytes.count, using: &random))
    case 4: bytes.removeSubrange(start...)
    default: bytes.replaceSubrange(start..<end, with: snippets.randomElement(using: &random) ?? [])
    }
  }
}
