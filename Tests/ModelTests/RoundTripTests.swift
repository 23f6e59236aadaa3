import Foundation
import Model
import Testing

@Suite("Every kind survives JSON and YAML")
struct RoundTripTests {
  @Test("there is a sample of every kind, and each is valid")
  func samples() {
    #expect(Samples.all.map(\.kind) == Kind.allCases)
    for sample in Samples.all { #expect(sample.problems == [], "\(sample.label)") }
  }

  @Test("JSON, through the plain decoder and the strict one", arguments: Samples.all)
  func json(sample: AnyResource) throws {
    let data = try ModelJSON.encoder.encode(sample)
    #expect(try ModelJSON.decoder.decode(AnyResource.self, from: data) == sample)
    #expect(try AnyResource.decode(json: data, expecting: sample.kind) == sample)
    #expect(try ResourceDocument.decode(data) == [sample])
    #expect(try ModelJSON.encoder.encode(AnyResource.decode(json: data)) == data)
  }

  @Test("YAML", arguments: Samples.all)
  func yaml(sample: AnyResource) throws {
    let text = try sample.encodeYAML()
    #expect(text.hasPrefix("apiVersion: regie.cloud-pi-native.fr/v1\nkind: \(sample.kind.rawValue)\nmetadata:\n"))
    #expect(try ResourceDocument.decode(yaml: text) == [sample], "\(text)")
    #expect(try ResourceDocument.decode(yaml: text).first?.encodeYAML() == text)
  }

  @Test("several documents in one text, in their order")
  func several() throws {
    let text = try Samples.all.map { try $0.encodeYAML() }.joined(separator: "---\n")
    #expect(try ResourceDocument.decode(yaml: "# all\n---\n" + text + "---\n...\n") == Samples.all)
    #expect(try ResourceDocument.decode(yaml: "") == [])
    #expect(try ResourceDocument.decode(yaml: "# nothing\n") == [])
  }

  @Test("metadata can be changed whatever the kind", arguments: Samples.all)
  func metadata(sample: AnyResource) {
    var renamed = sample
    renamed.metadata.name = "other"
    #expect(renamed.metadata.name == "other")
    #expect(renamed.kind == sample.kind && renamed != sample)
    #expect(renamed.label == "\(sample.kind.rawValue)/other")
    renamed.metadata.name = sample.metadata.name
    #expect(renamed == sample)
  }

  @Test("texts that look like something else are written so that they stay texts")
  func awkwardTexts() throws {
    let texts = [
      "NO", "yes", "on", "null", "~", "true", "16", "1.10", "1e3", "0x1F", "2026-01-01", "2026-01-01T00:00:00Z", ".inf",
      "-",
      "- a", "a: b", "a:", "#x", "a #b", "*a", "&a", "!a", "%a", "@a", "`a`", "'a'", "\"a\"", "[a]", "{a}", "a,b", "|",
      ">",
      " a", "a ", "a\nb", "a\n", "\t", "é", "π – “q”", "😀", "\u{7F}", "\u{85}", "\u{2028}", "a\u{FEFF}b", "=", "<<",
      "?", "…",
      "---", "...", "\\", "/", "a\u{0}b", "",
    ]
    for text in texts {
      var project = Samples.project
      project.displayName = text
      let resource = AnyResource.project(Resource("candilib", project))
      let yaml = try resource.encodeYAML()
      #expect(try ResourceDocument.decode(yaml: yaml) == [resource], "\(text.debugDescription) in \(yaml)")
      let json = try ModelJSON.encoder.encode(resource)
      #expect(try AnyResource.decode(json: json) == resource, "\(text.debugDescription)")
    }
  }

  @Test("kinds are found as people type them, and each has its own plural")
  func kinds() {
    #expect(Set(Kind.allCases.map(\.plural)).count == Kind.allCases.count)
    for kind in Kind.allCases {
      for text in [kind.rawValue, kind.plural, kind.rawValue.uppercased(), kind.rawValue.lowercased()] {
        #expect(Kind(spelled: text) == kind)
      }
    }
    #expect(Kind(spelled: "pods") == nil)
  }

  @Test func `texts full of brackets, quotes and backslashes are read as they were written`() throws {
    for text in [String(repeating: "[", count: 300), String(repeating: #"{"\["#, count: 200), "[]{}"] {
      let value = ["name": text, "plain": "a"]
      let read = try DocumentText(try YAMLWriter.text(value)).decode() as [String: String]
      #expect(read == value)
    }
  }
}
