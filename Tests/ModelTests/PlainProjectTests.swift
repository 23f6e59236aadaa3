import Foundation
import Testing

@testable import Model

/// Projects that are written plainly are read without a tree of values, and come out the same.
struct PlainProjectTests {
  private static let full = """
    {"apiVersion": "regie.cloud-pi-native.fr/v1", "kind": "Project",
     "metadata": {"name": "vigie", "labels": {"tier": "2"}, "annotations": {"note": "été"}},
     "spec": {
       "displayName": "Vigie", "organisation": "mi", "audience": "ministerial", "typology": "web",
       "dataClasses": ["public"], "services": [{"name": "s3"}, {"name": "postgresql", "version": ">=14"}],
       "interconnections": ["RIE"], "residency": {"countries": ["FR"], "subdivisions": ["FR-IDF"]},
       "preferences": {"terms": [{"matchLabels": {"region.name": "nord"}}], "weighted": [
         {"weight": -3, "target": {"matchExpressions": [
           {"key": "region.name", "operator": "In", "values": ["sud"]}]}}]},
       "tolerations": [], "consoleID": "8c5a9a3e-6d0f-4c3e-8c0b-2f4f7b1f5a10",
       "spread": [{"topology": "region", "environments": [], "stage": "prod", "maxSkew": 2,
         "whenUnsatisfiable": "PlaceAnyway"}],
       "colocation": [{"topology": "zone", "environments": ["prod", "dev"], "whenUnsatisfiable": "DoNotPlace"}],
       "environments": [
         {"name": "prod", "stage": "prod", "replicas": 2, "distinct": "region",
          "quota": {"cpu": "2500m", "memory": "4Gi", "gpu": 0, "storage": "50Gi", "pods": 40},
          "consoleID": "8c5a9a3e-6d0f-4c3e-8c0b-2f4f7b1f5a11"},
         {"name": "dev", "stage": "dev", "quota": {"cpu": 1, "memory": "1.5Gi"}}]}}
    """

  private static func read(_ text: String) -> Resource<ProjectSpec>? {
    Array(text.utf8).withUnsafeBufferPointer { PlainProject.read($0) }
  }

  private static func slowly(_ text: String) throws -> Resource<ProjectSpec> {
    let document = try DocumentText(json: text).resource()
    guard case .project(let project) = document.resource, document.problems.isEmpty else {
      throw DocumentErrors("not a sound project", fr: "projet refusé")
    }
    return project
  }

  @Test func `everything that a project may say is read as it always was`() throws {
    let plain = try #require(Self.read(Self.full))
    #expect(try ModelJSON.encoder.encode(plain) == ModelJSON.encoder.encode(Self.slowly(Self.full)))
    #expect(Self.read(#" {"project" : \#(Self.full) } "#) == plain)
  }

  @Test func `projects as programs write them are plain`() throws {
    for case .project(var project) in Samples.all {
      // What the server adds, texts of several lines and tolerations are for the other reader.
      project.metadata = Metadata(name: project.name, labels: project.metadata.labels)
      project.spec.tolerations = []
      let json = try ModelJSON.encoder.encode(project)
      let plain = json.withUnsafeBytes { $0.withMemoryRebound(to: UInt8.self) { PlainProject.read($0) } }
      #expect(plain == project && project.problems.isEmpty)
    }
  }

  @Test(arguments: [
    ("\"mi\"", "\"m\\u0069\""), ("\"replicas\": 2", "\"replicas\": 2.0"), ("\"replicas\": 2", "\"replicas\": null"),
    ("\"replicas\": 2", "\"replicas\": 02"), ("\"replicas\": 2", "\"replicas\": 99"),
    ("\"replicas\": 2", "\"replicas\": 2, \"replicas\": 2"), ("\"replicas\": 2", "\"replikas\": 2"),
    ("\"kind\": \"Project\"", "\"kind\": \"Cluster\""), ("\"kind\": \"Project\",", ""),
    ("/v1", "/v2"), ("\"organisation\": \"mi\",", ""),
    ("\"quota\": {\"cpu\": 1, \"memory\": \"1.5Gi\"}", "\"quota\": 1"),
    ("\"tier\": \"2\"", "\"tier\": \"2\", \"tier\": \"3\""), ("\"tolerations\": [],", "\"tolerations\": [{}],"),
    ("\"name\": \"dev\"", "\"name\": \"prod\""), ("\"dataClasses\": [\"public\"]", "\"dataClasses\": [\"public\",]"),
    ("\"dataClasses\": [\"public\"]", "\"dataClasses\": []"), ("8c5a9a3e", "8c5a9a3"), ("\"ministerial\"", "\"all\""),
    ("\"name\": \"vigie\",", "\"name\": \"vigie\", \"generation\": 3,"), ("}}\n", "}}}\n"), ("}]}}", "}]}"),
    ("\"web\"", "\"w\u{1}b\""),
  ])
  func `what is not plain, or not right, is left to who says what is wrong`(_ part: String, _ other: String) {
    let text = (Self.full + "\n").replacing(part, with: other, maxReplacements: 1)
    #expect(text != Self.full + "\n")
    #expect(Self.read(text) == nil)
    #expect(Self.read(#"{"project": \#(text)}"#) == nil)
  }

  @Test func `beside a project nothing else is read, nor what is no UTF-8 or too long`() {
    for text in [
      #"{"project": \#(Self.full), "at": "2030-01-01"}"#, #"{"project": {"project": \#(Self.full)}}"#,
      #"{"project": "vigie"}"#, "{}", "[]", "", "{", #"{"project""#, Self.full + Self.full,
      Self.full + String(repeating: " ", count: 1 << 16),
    ] { #expect(Self.read(text) == nil) }
    var bytes = Array(Self.full.utf8)
    bytes[bytes.firstIndex(of: 0xC3) ?? 0] = 0xFF
    #expect(bytes.withUnsafeBufferPointer { PlainProject.read($0) } == nil)
  }

  @Test func `cut anywhere, it is not read`() {
    let bytes = Array(Self.full.utf8)
    for count in bytes.indices { #expect(bytes[..<count].withUnsafeBufferPointer { PlainProject.read($0) } == nil) }
  }

  @Test func `whole quantities are read at once as they are digit by digit`() {
    var random = SystemRandomNumberGenerator()
    for text in ["0", "0Gi", "00012", "999999999999999", "1000000000000000", "", "m", "1mi", "1Mi ", "+1", "1kk"] {
      #expect(Self.isAlike(text), "\(text)")
    }
    for _ in 0..<2000 {
      let number = Int64.random(in: 0...Int64.max, using: &random) >> Int64.random(in: 0...62, using: &random)
      let suffix =
        ["", "m", "k", "M", "Ki", "Mi", "Gi", "Ti", "Pi", "u", "e3", "."].randomElement(using: &random) ?? ""
      #expect(Self.isAlike("\(number)\(suffix)"), "\(number)\(suffix)")
    }
  }

  private static func isAlike(_ text: String) -> Bool {
    let (one, other) = (Quantity(text), Quantity.exact(text))
    return one?.nanos == other?.nanos && one?.format == other?.format
  }
}
