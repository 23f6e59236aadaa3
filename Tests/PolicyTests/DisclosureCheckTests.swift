import Model
import Placement
import Testing

@testable import Policy

@Suite("What of a policy the public document does not tell, and what it tells all the same")
struct DisclosureCheckTests {
  private static func cluster(
    _ name: String, in zone: String, privacy: ClusterSpec.Privacy = .public
  ) -> Resource<ClusterSpec> {
    Resource(
      name,
      ClusterSpec(
        zone: zone, dataCenters: ["a"], privacy: privacy, projects: privacy == .public ? [] : ["vigie"],
        stages: ["prod"], capacity: ResourceList(cpu: Quantity(10))))
  }

  private static let offer = Offer(
    operators: [Resource("dtnum", OperatorSpec(displayName: "DTNUM"))],
    regions: [
      Resource(
        "idf",
        RegionSpec(
          operator: "dtnum", location: .init(country: "FR"), dataCenters: [.init(name: "a")],
          audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases)))
    ],
    zones: [
      Resource("idf-usuel", ZoneSpec(region: "idf", sensitivity: .usuel, slug: "u")),
      Resource("idf-dr", ZoneSpec(region: "idf", sensitivity: .restricted, slug: "d")),
    ],
    clusters: [
      cluster("open-1", in: "idf-usuel"), cluster("secret-1", in: "idf-dr"),
      cluster("own-1", in: "idf-usuel", privacy: .dedicated),
    ])

  private static func found(_ policy: PolicySpec) -> [String] {
    PolicyValidator.findings(in: policy, on: offer, day: CalendarDay("2026-11-23")!)
      .filter { [.withheld, .publishedName].contains($0.code) }
      .map { "\($0.code.rawValue) \($0.severity.rawValue) \($0.kind.rawValue) \($0.path)" }
  }

  @Test("a selector that names a hidden cluster, a project or a data centre is told, wherever it stands")
  func selectors() {
    var policy = policy([
      rule(
        "r", .forbid, all(.among("cluster.name", "open-1", "secret-1")), subject: all(.not("project.name", "vigie"))),
      rule("s", .forbid, all(.among("cluster.name", "own-1"))),
      rule("open", .forbid, all(.among("cluster.name", "open-1", "gone-1")), subject: all(.has("project.typology"))),
    ])
    policy.dataClasses[0].requires = all(.among("region.dataCenter", "a"))
    policy.capacity = [.init(id: "c", places: LabelSelector(matchLabels: ["cluster.project": "vigie"]))]
    policy.limits = [.init(subject: all(.among("project.name", "vigie")), production: ResourceList(cpu: Quantity(8)))]
    #expect(
      Self.found(policy) == [
        "Withheld warning textual spec.dataClasses[0].requires", "Withheld warning textual spec.rules[0].subject",
        "Withheld warning textual spec.capacity[0].places", "Withheld warning textual spec.limits[0].subject",
        "Withheld warning onPresentOffer spec.rules[0].places", "Withheld warning onPresentOffer spec.rules[1].places",
      ])
  }

  @Test func `what is no list of clusters is not withheld, whatever its values are called`() {
    let policy = policy([
      rule("region", .forbid, all(.among("region.name", "secret-1"))),
      rule("label", .forbid, LabelSelector(matchLabels: ["cluster.label/like": "own-1"])),
      rule("any", .forbid, all(.has("cluster.name")), subject: all(.has("project.name"))),
      rule("not", .forbid, all(.not("cluster.name", "secret-1"))),
    ])
    #expect(Self.found(policy) == ["Withheld warning onPresentOffer spec.rules[3].places"])
  }

  @Test("a text that names a hidden cluster is told, since it is published as it is")
  func texts() {
    var policy = policy([rule("not-secret-1", .forbid, all(.among("region.name", "x")))])
    policy.title.en = "Nothing but open-1 and secret-10."
    #expect(Self.found(policy).isEmpty)
    policy.title.en = "Nothing on (secret-1)."
    policy.dataClasses[0].title = LocalizedText(fr: "Sur own-1, et rien d’autre")
    policy.rules[0].title = LocalizedText(fr: "secret-1")
    policy.rules[0].motive.fr = "« own-1 »"
    policy.rules[0].id = "secret-1"
    policy.capacity = [.init(id: "own-1")]
    policy.dataClasses.append(.init(name: "own-1", sensitivity: .usuel))
    let fields = [
      "title", "dataClasses[0].title", "dataClasses[1].name", "rules[0].id", "rules[0].title", "rules[0].motive",
      "capacity[0].id",
    ]
    let expected = fields.map { "PublishedName warning onPresentOffer spec.\($0)" }
    #expect(Self.found(policy) == expected)
  }
}
