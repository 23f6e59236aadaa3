import Foundation
import Model
import Placement
import TestSupport
import Testing

@testable import Policy

struct PublicOfferTests {
  /// An offer and a policy with something in every field that is published, and in those that are not.
  struct Sample {
    var operators = [
      Resource(
        "anfsi",
        OperatorSpec(
          displayName: "ANFSI", representatives: [.init(group: "/regie/operators/anfsi")],
          flowOpening: .init(mode: .manual, maximumDelayDays: 3))),
      Resource("dtnum", OperatorSpec(displayName: "DTNUM", representatives: [.init(subject: "5d0c1e7a")])),
    ]
    var regions = [
      Resource(
        "est",
        RegionSpec(
          operator: "anfsi", displayName: "Est", location: .init(country: "FR", subdivision: "FR-GES", city: "Metz"),
          dataCenters: [.init(name: "e1"), .init(name: "e2")],
          qualifications: [
            .init(name: "SecNumCloud", validFrom: CalendarDay("2026-01-01"), validUntil: CalendarDay("2028-12-31")),
            .init(name: "HDS"),
          ],
          services: [.init(name: "s3"), .init(name: "postgresql", version: "16.4")],
          interconnections: ["RIE", "Internet"],
          audience: Audience(organisations: ["mi", "mj"], scopes: [.interministerial, .ministerial]),
          taints: [Taint(key: "secret-mark", effect: .preferNoPlacement)]))
    ]
    var zones = [
      Resource(
        "est-usuel",
        ZoneSpec(
          region: "est", sensitivity: .usuel, slug: "r3-usuel", chain: "forge",
          git: .init(url: "https://git.example/zone"))),
      Resource("est-dr", ZoneSpec(region: "est", sensitivity: .restricted, slug: "r3-dr", chain: "forge")),
    ]
    var clusters = [
      Resource("est-1", Sample.cluster("est-usuel")), Resource("est-2", Sample.cluster("est-usuel")),
      Resource("est-dr-1", Sample.cluster("est-dr")),
      Resource("est-own", Sample.cluster("est-usuel", privacy: .dedicated, projects: ["candilib"])),
    ]
    var chains = [
      Resource(
        "forge",
        ChainSpec(
          displayName: "Forge", sensitivities: [.restricted, .usuel], regions: ["est"],
          audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases)))
    ]
    var facts: [ClusterFacts] = []
    var policy = PolicySpec(
      title: LocalizedText(fr: "Politique", en: "Policy"),
      dataClasses: [
        .init(
          name: "personal", sensitivity: .usuel, qualifications: ["SecNumCloud", "HDS"],
          residency: .init(countries: ["FR", "DE"]),
          requires: LabelSelector(matchLabels: ["region.country": "FR"])),
        .init(name: "restricted", sensitivity: .restricted),
      ],
      rules: [
        rule("b", .require, all(.among("region.name", "est", "nord")), stages: ["prod", "dev"]),
        rule("a", .forbid, all(.among("region.name", "sud")), notWaivable: true),
        rule(
          "own", .forbid, all(.among("cluster.name", "est-own", "est-1")),
          subject: all(.not("project.name", "candilib"))),
      ],
      capacity: [
        .init(id: "prod", stages: ["prod", "staging"], resources: [.memory, .cpu], reserve: Quantity("0.1")),
        .init(id: "dev", stages: ["dev"], overcommit: Quantity("1.5")),
        .init(id: "rest", tolerance: Quantity("0.05")),
        .init(id: "own", places: LabelSelector(matchLabels: ["cluster.project": "candilib"])),
      ],
      limits: [
        .init(subject: LabelSelector(matchLabels: ["project.organisation": "mi"]), production: .init(cpu: Quantity(8))),
        .init(subject: LabelSelector(), nonProduction: .init(memory: Quantity("16Gi"))),
        .init(subject: all(.among("project.name", "candilib")), production: .init(cpu: Quantity(4))),
      ],
      governance: .init(quorum: 2, voters: ["dtnum", "anfsi"]))

    static func cluster(
      _ zone: String, privacy: ClusterSpec.Privacy = .public, projects: [String] = []
    ) -> ClusterSpec {
      ClusterSpec(
        zone: zone, dataCenters: ["e1", "e2"], privacy: privacy, projects: projects, stages: ["prod", "dev"],
        capacity: ResourceList(cpu: Quantity(64), memory: Quantity("256Gi")),
        console: .init(id: UUID(uuidString: "bc06ace5-ddf6-4f00-97fa-872922baf078"), label: "Est usuel"),
        taints: [Taint(key: "another-mark", effect: .noPlacement)])
    }

    var document: PublicOffer {
      PublicOffer(
        Offer(
          operators: operators, regions: regions, zones: zones, clusters: clusters, chains: chains, facts: facts),
        policy)
    }
  }

  /// Changes that mean nothing to who reads the public document.
  private static let idle: [(String, @Sendable (inout Sample, inout Dice) -> Void)] = [
    (
      "order of the offer",
      { sample, dice in
        sample.operators.shuffle(using: &dice)
        sample.zones.shuffle(using: &dice)
        sample.clusters.shuffle(using: &dice)
      }
    ),
    (
      "order in a region",
      { sample, dice in
        sample.regions[0].spec.qualifications.shuffle(using: &dice)
        sample.regions[0].spec.services.shuffle(using: &dice)
        sample.regions[0].spec.interconnections.shuffle(using: &dice)
        sample.regions[0].spec.audience.organisations.shuffle(using: &dice)
        sample.regions[0].spec.audience.scopes.shuffle(using: &dice)
      }
    ),
    (
      "order of the policy",
      { sample, dice in
        sample.policy.dataClasses.shuffle(using: &dice)
        sample.policy.rules.shuffle(using: &dice)
        sample.policy.limits.shuffle(using: &dice)
        sample.policy.rules[0].stages.shuffle(using: &dice)
        sample.policy.governance?.voters.shuffle(using: &dice)
        sample.policy.capacity[0].stages.shuffle(using: &dice)
      }
    ),
    ("capacity rules that never meet", { sample, _ in sample.policy.capacity.swapAt(0, 1) }),
    (
      "labels and annotations",
      { sample, dice in
        sample.regions[0].metadata.labels["note"] = "\(UInt64.random(in: 0 ... .max, using: &dice))"
        sample.clusters[0].metadata.annotations["who"] = "\(UInt64.random(in: 0 ... .max, using: &dice))"
        sample.clusters[0].metadata.resourceVersion = "\(UInt64.random(in: 0 ... .max, using: &dice))"
      }
    ),
    (
      "what agents find",
      { sample, dice in
        sample.facts = [
          ClusterFacts(cluster: "est-1", capacity: ResourceAmounts(cpu: .random(in: 0...64_000, using: &dice)))
        ]
      }
    ),
    ("who speaks for an operator", { sample, _ in sample.operators[0].spec.representatives = [.init(subject: "new")] }),
    ("a repository", { sample, _ in sample.zones[0].spec.git?.branch = "other" }),
    ("marks", { sample, _ in sample.regions[0].spec.taints = [] }),
    (
      "a DR cluster's capacity",
      { sample, dice in
        let found = sample.clusters.firstIndex { $0.name == "est-dr-1" }!
        sample.clusters[found].spec.capacity.cpu = Quantity(.random(in: 0...99, using: &dice))
      }
    ),
    (
      "whose a dedicated cluster is",
      { sample, _ in
        let found = sample.clusters.firstIndex { $0.name == "est-own" }!
        sample.clusters[found].spec.projects.append("basegun")
      }
    ),
    (
      "which projects, and which clusters that nobody is told of, the policy names",
      { sample, _ in
        for rule in sample.policy.rules.indices where sample.policy.rules[rule].id == "own" {
          sample.policy.rules[rule].places = all(.among("cluster.name", "est-1", "est-dr-1", "est-gone"))
          sample.policy.rules[rule].subject = all(.not("project.name", "basegun", "vigie"))
        }
        for rule in sample.policy.capacity.indices where sample.policy.capacity[rule].id == "own" {
          sample.policy.capacity[rule].places = all(.among("cluster.project", "basegun"))
        }
        for limit in sample.policy.limits.indices where sample.policy.limits[limit].production?.cpu == Quantity(4) {
          sample.policy.limits[limit].subject = LabelSelector(matchLabels: ["project.name": "basegun"])
        }
      }
    ),
    (
      "another spelling of amounts",
      { sample, _ in
        for cluster in sample.clusters.indices where sample.clusters[cluster].name == "est-1" {
          sample.clusters[cluster].spec.capacity = ResourceList(
            cpu: Quantity("64000m"), memory: Quantity("274877906944"))
        }
        let rule = sample.policy.capacity.firstIndex { $0.id == "dev" }!
        sample.policy.capacity[rule].overcommit = Quantity("1500m")
      }
    ),
    (
      "another spelling of selectors",
      { sample, _ in
        let found = sample.policy.dataClasses.firstIndex { $0.name == "personal" }!
        sample.policy.dataClasses[found].requires = all(.among("region.country", "FR", "FR"))
      }
    ),
    (
      "what holds anyway",
      { sample, _ in
        sample.policy.flowDelayDays = 5
        sample.policy.complianceDays = 30
        sample.policy.derogationNoticeDays = 30
        sample.policy.scoring = .init(balance: 1, affinity: 2, stickiness: 3, locality: 0)
        sample.policy.governance?.majority = .simple
        sample.policy.governance?.votingDays = 15
        sample.policy.capacity[2].overcommit = Quantity(1)
      }
    ),
    (
      "all that there is, spelt out",
      { sample, _ in
        for one in sample.operators.indices where sample.operators[one].name == "dtnum" {
          sample.operators[one].spec.flowOpening = .init(mode: .manual)
        }
        for rule in sample.policy.rules.indices where sample.policy.rules[rule].id == "a" {
          sample.policy.rules[rule].stages = Stage.wellKnown
        }
        for rule in sample.policy.capacity.indices where sample.policy.capacity[rule].id == "rest" {
          sample.policy.capacity[rule].stages = Stage.wellKnown
          sample.policy.capacity[rule].resources = CountedResource.allCases
          sample.policy.capacity[rule].places = LabelSelector()
        }
        sample.chains[0].spec.audience.organisations = ["mi", "*"]
        for cluster in sample.clusters.indices where sample.clusters[cluster].name == "est-2" {
          sample.clusters[cluster].spec.capacity.gpu = Quantity(0)
          sample.clusters[cluster].spec.capacity.storage = Quantity(0)
          sample.clusters[cluster].spec.capacity.pods = Quantity(0)
        }
        for limit in sample.policy.limits.indices where sample.policy.limits[limit].nonProduction == nil {
          sample.policy.limits[limit].nonProduction = ResourceList()
        }
      }
    ),
  ]

  /// Changes that mean something, each another thing.
  private static let telling: [(String, @Sendable (inout Sample) -> Void)] = [
    ("an operator's name", { $0.operators[0].spec.displayName = "Autre" }),
    ("how flows open", { $0.operators[1].spec.flowOpening = .init(mode: .automatic) }),
    ("a delay of an operator's own", { $0.operators[1].spec.flowOpening = .init(mode: .manual, maximumDelayDays: 5) }),
    ("a rule for nearly all stages", { $0.policy.rules[1].stages = Array(Stage.wellKnown.dropFirst()) }),
    ("a capacity rule for a resource", { $0.policy.capacity[2].resources = [.cpu] }),
    ("a region's state", { $0.regions[0].spec.state = .cordoned }),
    ("a date of a qualification", { $0.regions[0].spec.qualifications[0].validUntil = CalendarDay("2029-12-31") }),
    ("a qualification less", { $0.regions[0].spec.qualifications.removeLast() }),
    ("a service's version", { $0.regions[0].spec.services[1].version = "17" }),
    ("a network more", { $0.regions[0].spec.interconnections.append("RIE-2") }),
    ("who may come", { $0.regions[0].spec.audience.organisations = ["*"] }),
    ("a data centre more", { $0.regions[0].spec.dataCenters.append(.init(name: "e3")) }),
    ("where it is", { $0.regions[0].spec.location.city = "Nancy" }),
    ("a cluster's capacity", { $0.clusters[0].spec.capacity.cpu = Quantity(65) }),
    ("a cluster's stages", { $0.clusters[0].spec.stages = ["prod"] }),
    ("a cluster's label", { $0.clusters[0].spec.console?.label = "Autre" }),
    ("a cluster less", { $0.clusters.removeFirst() }),
    ("a DR cluster less", { $0.clusters.removeAll { $0.name == "est-dr-1" } }),
    ("a dedicated cluster less", { $0.clusters.removeAll { $0.name == "est-own" } }),
    ("a zone's chain", { $0.zones[0].spec.chain = nil }),
    ("what a chain delivers to", { $0.chains[0].spec.sensitivities = [.usuel] }),
    ("the policy's title", { $0.policy.title.en = "Rules" }),
    ("a class's demands", { $0.policy.dataClasses[0].qualifications = ["HDS"] }),
    ("a class's residency", { $0.policy.dataClasses[0].residency = nil }),
    ("a rule's effect", { $0.policy.rules[0].effect = .forbid }),
    ("a rule's places", { $0.policy.rules[0].places = all(.among("region.name", "est")) }),
    (
      "which cluster that is told a rule names",
      { $0.policy.rules[2].places = all(.among("cluster.name", "est-own", "est-2")) }
    ),
    ("that it names others, too", { $0.policy.rules[2].places = all(.among("cluster.name", "est-1")) }),
    ("a rule's motive", { $0.policy.rules[1].motive.en = "why" }),
    ("whether it can be waived", { $0.policy.rules[1].notWaivable = false }),
    ("a rule less", { $0.policy.rules.removeLast() }),
    ("how much is kept free", { $0.policy.capacity[0].reserve = Quantity("0.2") }),
    ("which capacity rule comes first", { $0.policy.capacity.swapAt(1, 2) }),
    ("what a project may hold", { $0.policy.limits[0].production?.cpu = Quantity(9) }),
    ("that a project may hold none of it", { $0.policy.limits[0].production?.gpu = Quantity(0) }),
    ("what a score weighs", { $0.policy.scoring = .init(balance: 4) }),
    ("the quorum", { $0.policy.governance?.quorum = 3 }),
    ("a delay", { $0.policy.flowDelayDays = 6 }),
    ("how long ahead an end is told", { $0.policy.derogationNoticeDays = 31 }),
  ]

  @Test func `what means the same has the same bytes, sentences included`() throws {
    var dice = Dice.fresh("public offer: idle")
    let before = Sample().document
    for _ in 0..<100 {
      var sample = Sample()
      let changes = Self.idle.shuffled(using: &dice).prefix(Int.random(in: 1...Self.idle.count, using: &dice))
      // Those that look at places in lists come before those that change the order.
      for (_, change) in changes.sorted(by: { !$0.0.contains("order") && $1.0.contains("order") }) {
        change(&sample, &dice)
      }
      let after = sample.document
      #expect(try after.meaning() == before.meaning(), "seed \(dice.seed): \(changes.map(\.0))")
      #expect(after == before, "seed \(dice.seed)")
    }
    for (name, change) in Self.idle {
      var sample = Sample()
      change(&sample, &dice)
      #expect(try sample.document.meaning() == before.meaning(), "\(name)")
    }
  }

  @Test func `what means something else has other bytes, each change its own`() throws {
    var seen = [try Sample().document.meaning(): "nothing"]
    for (name, change) in Self.telling {
      var sample = Sample()
      change(&sample)
      let meaning = try sample.document.meaning()
      #expect(seen[meaning] == nil, "\(name) reads like \(seen[meaning] ?? "")")
      seen[meaning] = name
    }
  }

  @Test func `nothing of an operator's own affair is in it, nor of DR and dedicated clusters more than how many`()
    throws
  {
    let text = String(decoding: try ModelJSON.encoder.encode(Sample().document), as: UTF8.self)
    for secret in [
      "/regie/operators", "5d0c1e7a", "git.example", "mark", "est-dr-1", "est-own", "candilib", "bc06ace5", "\"e1\"",
    ] { #expect(!text.contains(secret), "\(secret)") }
    let zones = Sample().document.zones
    #expect(zones.map(\.slug) == ["r3-dr", "r3-usuel"])
    #expect(zones.map(\.shared) == [1, 2] && zones.map(\.dedicated) == [0, 1])
    #expect(Sample().document.clusters.map(\.name) == ["est-1", "est-2"])
    // That there is such a rule is told, and what else it says.
    let policy = try #require(Sample().document.policy)
    #expect(policy.rules.map(\.id) == ["a", "b", "own"] && policy.limits.count == 3)
    #expect(policy.rules[2].places == all(.among("cluster.name", "est-1", "…")))
    #expect(policy.rules[2].subject == all(.not("project.name", "…")))
    let own = policy.capacity.first { $0.id == "own" }
    #expect(own?.places == all(.among("cluster.project", "…")))
  }

  @Test func `a document of an earlier form is told without the names that this one withholds`() throws {
    let present = Sample().document
    var earlier = present
    earlier.form = 4
    earlier.policy?.rules[2].places = all(.among("cluster.name", "est-1", "est-own"))
    let bare = try PublicOffer.withholding(ModelJSON.encoder.encode(earlier))
    #expect(bare?.policy == present.policy && bare?.form == 4)
    #expect(try PublicOffer.withholding(ModelJSON.encoder.encode(present)) == nil)
    earlier.policy = present.policy
    #expect(try PublicOffer.withholding(ModelJSON.encoder.encode(earlier)) == nil, "nothing has to go")
  }

  /// Where this fails because sentences were changed on purpose, the form is another one: ``PublicOffer/currentForm``.
  @Test func `people read it in French and in English`() {
    let summary = Sample().document.summary
    #expect(
      summary.fr.first
        == "Région « Est », ANFSI : Metz, FR-GES ; 2 centres de données ; HDS ; SecNumCloud jusqu’au 2028-12-31 ; "
        + "services : postgresql 16.4, s3 ; reliée à Internet, RIE. "
        + "Zones : r3-dr (DR, 1 cluster partagé), r3-usuel (usuel, 2 clusters partagés, 1 dédié).")
    #expect(
      summary.en.first
        == "Region “Est”, ANFSI: Metz, FR-GES; 2 data centres; HDS; SecNumCloud until 2028-12-31; "
        + "services: postgresql 16.4, s3; connected to Internet, RIE. "
        + "Zones: r3-dr (DR, 1 shared cluster), r3-usuel (usuel, 2 shared clusters, 1 dedicated).")
    #expect(
      summary.fr.contains("Un flux réseau est ouvert ou refusé sous 5 jours ouvrés, sauf délai propre à l’opérateur."))
    #expect(
      summary.en.contains(
        "A network flow is opened or refused within 5 working days, unless the operator has a delay of its own."))
    #expect(summary.fr.count == summary.en.count)
    let bare = PublicOffer(Offer(), nil)
    #expect(bare.policy == nil && bare.summary.fr == ["Aucune politique n’est en vigueur : rien ne peut être décidé."])
  }

  @Test func `rules that are written in two ways and mean the same are arranged alike`() {
    let labels = LabelSelector(matchLabels: ["a": "x"], matchExpressions: [.among("b", "z", "y")])
    let terms = all(.among("b", "y", "z", "y"), .among("a", "x"))
    let written = rule("r", .forbid, labels, chains: labels, subject: labels, stages: ["prod", "dev"]).arranged
    #expect(written == rule("r", .forbid, terms, chains: terms, subject: terms, stages: ["dev", "prod"]).arranged)
    #expect(written.chains == all(.among("a", "x"), .among("b", "y", "z")) && written.stages == ["dev", "prod"])
    #expect(rule("r", .forbid, terms, stages: Stage.wellKnown).arranged.stages == [])
  }

  @Test func `it is read back as it was written`() throws {
    let document = Sample().document
    let bytes = try ModelJSON.encoder.encode(document)
    #expect(try ModelJSON.decoder.decode(PublicOffer.self, from: bytes) == document)
  }
}
