import Model
import Testing

@Suite("Problems of a resource")
struct ValidationMessageTests {
  @Test("metadata is checked by Kubernetes' rules, names of projects by the console's")
  func metadata() {
    func paths(_ resource: AnyResource) -> [String] { resource.problems.map(\.path) }
    var zone = Resource("Zone_1", Samples.zone)
    zone.metadata.labels = ["ok": "", "a b": "x", "b": "-x", "x/": "y", "UPPER.fr/x": "y"]
    zone.metadata.annotations = ["a/b/c": "free text", "note": "Ligne\n2"]
    #expect(
      paths(.zone(zone)) == [
        "metadata.name", "metadata.labels[\"UPPER.fr/x\"]", "metadata.labels[\"a b\"]", "metadata.labels[\"b\"]",
        "metadata.labels[\"x/\"]", "metadata.annotations[\"a/b/c\"]",
      ])
    #expect(paths(.project(Resource("candi-lib", Samples.project))) == ["metadata.name"])
    #expect(paths(.project(Resource(String(repeating: "a", count: 21), Samples.project))) == ["metadata.name"])
    #expect(paths(.zone(Resource(String(repeating: "a", count: 64), Samples.zone))) == ["metadata.name"])
    zone = Resource("z", Samples.zone)
    zone.metadata.annotations = ["a": String(repeating: "x", count: 70_000)]
    #expect(paths(.zone(zone)) == ["metadata.annotations"])
  }

  @Test("version and kind are those of the type")
  func versionAndKind() {
    var zone = Resource("z", Samples.zone)
    (zone.apiVersion, zone.kind) = ("v1", .cluster)
    #expect(zone.problems.map(\.path) == ["apiVersion", "kind"])
  }

  @Test(
    "peers of flows",
    arguments: [
      ("10.0.0.0/8", true), ("0.0.0.0/0", true), ("10.0.0.0/33", false), ("10.0.0/8", false), ("256.0.0.0/8", false),
      ("010.0.0.0/8", false), ("2001:db8::/32", true), ("::/0", true), ("1:2:3:4:5:6:7:8/128", true),
      ("1:2:3/64", false),
      ("1:2:3:4:5:6:7::/64", true), ("1:2:3:4:5:6:7:8::/64", false), ("1::2::3/64", false), ("12345::/16", false),
      ("::g/16", false), ("2001:db8::/129", false), ("10.0.0.0/", false), ("10.0.0.0/a", false), ("a/b/c", false),
      ("api.example.fr", true), ("localhost", true), ("Api.example.fr", false), ("example..fr", false), ("", false),
      ("10.0.0.1", false),
    ])
  func peers(peer: String, valid: Bool) {
    var spec = Samples.flowRequest
    spec.peer = peer
    #expect(AnyResource.flowRequest(Resource("f", spec)).problems.map(\.path) == (valid ? [] : ["spec.peer"]))
  }

  @Test("a message says what was found and what would be accepted, in both languages")
  func messages() throws {
    var spec = Samples.zone
    spec.slug = "Région-1"
    let problem = try #require(Resource("z", spec).problems.first)
    #expect(
      problem.description == "spec.slug: not a zone slug; found “Région-1”; accepted: 1 to 10 of a-z, 0-9 and -")
    #expect(
      problem.descriptionFR.hasPrefix("spec.slug: ce n’est pas un identifiant court de zone; trouvé « Région-1 »"))
  }

  @Test("a walk may be started anywhere")
  func walk() {
    var check = Validation()
    check.at("a") { $0.index(2) { $0.key("k") { $0.error("e", fr: "e") } } }
    check.error("e", fr: "e")
    #expect(check.problems.map(\.path) == ["spec.a[2][\"k\"]", "spec"])
  }
}
