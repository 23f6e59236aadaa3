import Model
import Placement
import Policy
import Testing

@Suite struct PolicyValidatorTests {
  private static let day = CalendarDay("2026-11-23")!

  private static let offer = Offer(
    operators: [Resource("dtnum", OperatorSpec(displayName: "DTNUM"))],
    regions: [
      Resource(
        "idf",
        RegionSpec(
          operator: "dtnum", location: .init(country: "FR", subdivision: "FR-IDF"), dataCenters: [.init(name: "a")],
          qualifications: [.init(name: "SecNumCloud", validUntil: CalendarDay("2026-12-31"))],
          audience: Audience(organisations: ["mi"], scopes: [.ministerial])))
    ],
    zones: [Resource("idf-usuel", ZoneSpec(region: "idf", sensitivity: .usuel, slug: "idfu"))],
    clusters: [
      ranked("idf-1", "1"), ranked("idf-2", "2"),
      Resource("lost", cluster("nowhere")),
    ],
    chains: [
      Resource(
        "common",
        ChainSpec(
          displayName: "Chaîne", sensitivities: [.usuel], regions: ["idf"],
          audience: Audience(organisations: ["*"], scopes: [.ministerial])))
    ])

  private static func ranked(_ name: String, _ rank: String) -> Resource<ClusterSpec> {
    Resource(metadata: Metadata(name: name, labels: ["rank": rank]), spec: cluster("idf-usuel"))
  }

  private static func cluster(_ zone: String) -> ClusterSpec {
    ClusterSpec(zone: zone, dataCenters: ["a"], stages: ["prod"], capacity: ResourceList(cpu: Quantity(10)))
  }

  private static func rule(
    _ id: String, _ effect: PolicySpec.Effect, places: LabelSelector? = nil, chains: LabelSelector? = nil,
    subject: LabelSelector = LabelSelector(), stages: [String] = []
  ) -> PolicySpec.Rule {
    .init(
      id: id, motive: LocalizedText(fr: "motif"), subject: subject, effect: effect, places: places, chains: chains,
      weight: effect == .prefer ? 1 : nil, stages: stages)
  }

  private static func `in`(_ key: String, _ values: String...) -> LabelSelector {
    LabelSelector(matchExpressions: [.init(key: key, operator: .in, values: values)])
  }

  private static func policy(_ rules: [PolicySpec.Rule] = []) -> PolicySpec {
    PolicySpec(
      title: LocalizedText(fr: "Politique"), dataClasses: [.init(name: "ordinary", sensitivity: .usuel)], rules: rules)
  }

  private func onOffer(_ policy: PolicySpec, day: CalendarDay = Self.day) -> [Finding] {
    PolicyValidator.findings(in: policy, on: Self.offer, day: day).filter { $0.kind == .onPresentOffer }
  }

  @Test("a sound policy has no findings")
  func sound() {
    let rules = [
      Self.rule("idf", .require, places: Self.in("region.name", "idf"), stages: ["prod"]),
      Self.rule("first", .prefer, places: Self.in("cluster.name", "idf-1")),
      Self.rule("common", .require, chains: Self.in("chain.name", "common")),
      Self.rule("not-2", .forbid, places: Self.in("cluster.name", "idf-2")),
    ]
    #expect(PolicyValidator.findings(in: Self.policy(rules), on: Self.offer, day: Self.day) == [])
  }

  @Test("what no agent has found is presumed where there are files alone, and not known to the service")
  func conformity() {
    var policy = Self.policy()
    policy.dataClasses[0].requires = Self.in("conformity.root", "Enforced")
    func codes(_ facts: [ClusterFacts], presumes: Bool) -> [FindingCode] {
      let known = Offer(
        operators: Self.offer.operators, regions: Self.offer.regions, zones: Self.offer.zones,
        clusters: Self.offer.clusters, chains: Self.offer.chains, facts: facts)
      return PolicyValidator.findings(in: policy, on: known, day: Self.day, presumesConformity: presumes).map(\.code)
    }
    #expect(codes([], presumes: true) == [])
    #expect(codes([], presumes: false) == [.classWithoutHost])
    // What was measured says nothing of what was probed.
    let measured = ClusterFacts(cluster: "idf-1", capacity: ResourceAmounts(cpu: 8_000))
    #expect(codes([measured], presumes: false) == [.classWithoutHost])
    #expect(codes([ClusterFacts(cluster: "idf-1", conformity: ["root": .inconclusive])], presumes: false).count == 1)
    #expect(codes([ClusterFacts(cluster: "idf-1", conformity: ["root": .enforced])], presumes: false) == [])
  }

  @Test("what the model refuses is a textual finding, with its path and what is accepted")
  func invalidFields() throws {
    let rules = [
      Self.rule("typo", .forbid, places: Self.in("region.nmae", "idf"), stages: ["prodd"])
    ]
    let findings = PolicyValidator.findings(in: Self.policy(rules))
    #expect(findings.allSatisfy { $0.kind == .textual && $0.severity == .error })
    #expect(findings.map(\.code) == [.unknownAttribute, .invalidField])
    let attribute = try #require(findings.first { $0.path.hasPrefix("spec.rules[0].places") })
    #expect(attribute.message.fr.contains("Accepté"))
    #expect(attribute.message.en?.contains("Accepted") == true)
    #expect(findings.contains { $0.path.hasPrefix("spec.rules[0].stages") })
  }

  @Test("require and forbid of the same thing is a contradiction, if some project meets both")
  func textualContradiction() {
    func findings(_ change: (inout PolicySpec.Rule) -> Void) -> [Finding] {
      var forbid = Self.rule("no", .forbid, places: Self.in("region.name", "idf"))
      change(&forbid)
      let rules = [Self.rule("yes", .require, places: Self.in("region.name", "idf"), stages: ["prod"]), forbid]
      return PolicyValidator.findings(in: Self.policy(rules)).filter { $0.code == .contradiction }
    }
    #expect(findings { _ in }.map(\.path) == ["spec.rules[1]"])
    #expect(
      findings { _ in }[0].message.en
        == "No place satisfies all of rule “yes”, rule “no”: no project concerned can be placed.")
    #expect(findings { $0.stages = ["prod", "dev"] }.count == 1)
    #expect(findings { $0.stages = ["dev"] }.isEmpty)
    #expect(findings { $0.places = Self.in("region.name", "ara") }.isEmpty)
    #expect(findings { $0.effect = .require }.isEmpty)
    #expect(findings { $0.subject = Self.in("project.organisation", "mi") }.count == 1)
  }

  @Test("rules that never hold at the same time, or are about other projects, do not contradict")
  func separateRules() {
    func count(_ change: (inout PolicySpec.Rule, inout PolicySpec.Rule) -> Void) -> Int {
      var first = Self.rule("yes", .require, places: Self.in("region.name", "idf"))
      var second = Self.rule("no", .forbid, places: Self.in("region.name", "idf"))
      change(&first, &second)
      return PolicyValidator.findings(in: Self.policy([first, second])).count { $0.code == .contradiction }
    }
    #expect(
      count {
        $0.validUntil = CalendarDay("2026-11-30"); $1.validFrom = CalendarDay("2026-12-01")
      } == 0)
    #expect(
      count {
        $0.validFrom = CalendarDay("2026-12-01"); $1.validUntil = CalendarDay("2026-11-30")
      } == 0)
    #expect(
      count {
        $0.validUntil = CalendarDay("2026-12-01"); $1.validFrom = CalendarDay("2026-12-01")
      } == 1)
    #expect(
      count {
        $0.subject = Self.in("project.organisation", "mi")
        $1.subject = Self.in("project.organisation", "mj")
      } == 0)
  }

  @Test("a capacity rule behind one that takes all its cases is shadowed")
  func shadowed() {
    func paths(_ rules: [PolicySpec.CapacityRule]) -> [String] {
      var policy = Self.policy()
      policy.capacity = rules
      return PolicyValidator.findings(in: policy).filter { $0.code == .shadowedRule }.map(\.path)
    }
    #expect(paths([.init(id: "all"), .init(id: "dev", stages: ["dev"])]) == ["spec.capacity[1]"])
    #expect(paths([.init(id: "dev", stages: ["dev"]), .init(id: "all")]) == [])
    #expect(
      paths([
        .init(id: "a", stages: ["dev", "prod"], resources: [.cpu]), .init(id: "b", stages: ["dev"], resources: [.cpu]),
        .init(id: "c", stages: ["dev"], resources: [.memory]),
      ]) == ["spec.capacity[1]"])
    #expect(paths([.init(id: "a", places: Self.in("region.name", "idf")), .init(id: "b")]) == [])
  }

  @Test("rules that match nothing are found: a require then refuses everything")
  func emptyRules() {
    var policy = Self.policy([
      Self.rule("far", .require, places: Self.in("region.name", "ara")),
      Self.rule("away", .forbid, places: Self.in("region.name", "ara")),
      Self.rule("other", .prefer, chains: Self.in("chain.name", "sealed")),
      Self.rule("none", .forbid),
    ])
    policy.capacity = [.init(id: "far", places: Self.in("region.name", "ara"), stages: ["dev"])]
    let findings = onOffer(policy)
    #expect(findings.allSatisfy { $0.code == .matchesNothing })
    #expect(
      findings.map(\.path) == [
        "spec.rules[0].places", "spec.rules[1].places", "spec.rules[2].chains", "spec.capacity[0].places",
        "spec.capacity[0].stages[0]",
      ])
    #expect(findings.map(\.severity) == [.error, .warning, .warning, .warning, .warning])
  }

  @Test("requirements that leave no place together are a contradiction on the present offer")
  func contradictionOnOffer() {
    let one = Self.rule("one", .require, places: Self.in("cluster.label/rank", "1"))
    let two = Self.rule("two", .require, places: Self.in("cluster.name", "idf-2"))
    let not = Self.rule("not", .forbid, places: Self.in("cluster.label/rank", "2"))
    func paths(_ rules: [PolicySpec.Rule]) -> [String] {
      onOffer(Self.policy(rules)).filter { $0.code == .contradiction }.map(\.path)
    }
    #expect(paths([one, two]) == ["spec.rules[1]"])
    #expect(paths([not, two]) == ["spec.rules[1]"])
    #expect(paths([one, Self.rule("half", .forbid, places: Self.in("cluster.label/rank", "2"))]) == [])
    #expect(paths([one, Self.rule("idf", .require, places: Self.in("region.name", "idf"))]) == [])
    var dev = not
    dev.stages = ["dev"]
    #expect(paths([Self.rule("two", .require, places: Self.in("cluster.name", "idf-2"), stages: ["prod"]), dev]) == [])
    // Rules that are over contradict nothing any more.
    var over = not
    over.validUntil = CalendarDay("2026-11-22")
    #expect(paths([over, two]) == [])
    // Neither two of them nor what the text shows by itself is told again.
    let three = [
      Self.rule("city", .forbid, places: Self.in("cluster.label/rank", "1")),
      Self.rule("only", .require, places: Self.in("region.name", "idf")),
      Self.rule("second", .forbid, places: Self.in("cluster.name", "idf-2")),
    ]
    #expect(paths(three) == ["spec.rules[2]"])
    let message = onOffer(Self.policy(three)).first { $0.code == .contradiction }?.message
    #expect(
      message?.fr == "Aucun lieu de l’offre actuelle ne satisfait à la fois la règle « city », la règle « second » : "
        + "aucun projet concerné ne peut être placé.")
  }

  @Test(
    "a rule on chains and one on places contradict each other where no chain of the one delivers to a place of the other"
  )
  func contradictionAcross() {
    let known = Self.offer
    var (region, chain) = (known.regions[0], known.chains[0])
    region.metadata.name = "ara"
    (chain.metadata.name, chain.spec.regions) = ("south", ["ara"])
    let zone = Resource("ara-usuel", ZoneSpec(region: "ara", sensitivity: .usuel, slug: "arau"))
    let offer = Offer(
      operators: known.operators, regions: known.regions + [region], zones: known.zones + [zone],
      clusters: known.clusters + [Resource("ara-1", Self.cluster("ara-usuel"))], chains: known.chains + [chain])
    let south = Self.rule("south", .require, chains: Self.in("chain.name", "south"))
    func found(_ rules: [PolicySpec.Rule]) -> [Finding] {
      PolicyValidator.findings(in: Self.policy(rules), on: offer, day: Self.day).filter {
        $0.kind == .onPresentOffer && $0.code == .contradiction
      }
    }
    let told = found([south, Self.rule("not-ara", .forbid, places: Self.in("region.name", "ara"))])
    #expect(told.map(\.path) == ["spec.rules[1]"] && told.map(\.severity) == [.error])
    #expect(
      told.first?.message.en == "No place of the present offer, with a chain that delivers to it, satisfies all of "
        + "rule “south”, rule “not-ara”: no project concerned can be placed.")
    #expect(found([south, Self.rule("not-idf", .forbid, places: Self.in("region.name", "idf"))]) == [])
    var dev = Self.rule("not-ara", .forbid, places: Self.in("region.name", "ara"), stages: ["dev"])
    #expect(found([south, dev]).map(\.severity) == [.error], "whoever is in dev is hit")
    dev.validUntil = CalendarDay("2026-11-22")
    #expect(found([south, dev]) == [], "it is over")
    #expect(
      found([
        Self.rule("south", .require, chains: Self.in("chain.name", "south"), stages: ["prod"]),
        {
          var only = dev
          only.validUntil = nil
          return only
        }(),
      ]) == [], "nobody is meant by both")
  }

  @Test("rules that forbid everything there is are told by themselves")
  func refusesEverything() {
    func brief(_ rules: [PolicySpec.Rule]) -> [String] {
      onOffer(Self.policy(rules)).map { "\($0.severity) \($0.code.rawValue) \($0.path)" }
    }
    #expect(
      brief([Self.rule("all", .forbid, places: Self.in("cluster.label/rank", "1", "2"))]) == [
        "error RefusesEverything spec.rules[0].places"
      ])
    // A city that no region declares could be any.
    #expect(
      brief([Self.rule("city", .forbid, places: Self.in("region.city", "Lyon"))]) == [
        "error RefusesEverything spec.rules[0].places"
      ])
    #expect(
      brief([Self.rule("no-chain", .forbid, chains: Self.in("chain.region", "idf"))]) == [
        "error RefusesEverything spec.rules[0].chains", "warning UnusableChain spec.rules[0].chains",
      ])
    // What is over refuses nothing, and misses nothing.
    for (effect, places) in [
      (PolicySpec.Effect.forbid, Self.in("cluster.label/rank", "1", "2")),
      (.forbid, Self.in("cluster.label/rank", "1")),
      (.require, Self.in("cluster.name", "nowhere")), (.prefer, Self.in("cluster.name", "nowhere")),
    ] {
      var over = Self.rule("over", effect, places: places)
      over.validUntil = CalendarDay("2026-11-22")
      #expect(brief([over]) == [])
    }
  }

  @Test("what escapes a rule that forbids because it lacks a label is named, unless the label is but a mark")
  func labelsLeftOut() {
    func told(_ selector: LabelSelector, _ effect: PolicySpec.Effect = .forbid, bare: Int = 1) -> [Finding] {
      let clusters = (0..<bare).map { Resource("bare-\($0)", Self.cluster("idf-usuel")) }
      let offer = Offer(
        operators: Self.offer.operators, regions: Self.offer.regions, zones: Self.offer.zones,
        clusters: Self.offer.clusters + clusters, chains: Self.offer.chains)
      return PolicyValidator.findings(
        in: Self.policy([Self.rule("ranks", effect, places: selector)]), on: offer, day: Self.day
      )
      .filter { $0.code == .labelLeftOut }
    }
    let first = Self.in("cluster.label/rank", "1")
    let one = told(first)
    #expect(one.map(\.path) == ["spec.rules[0].places"] && one.map(\.severity) == [.warning])
    #expect(one.first?.message.en == "Rule “ranks” does not forbid what lacks its label: bare-0.")
    #expect(
      told(first, bare: 7).first?.message.fr
        == "La règle « ranks » n’interdit pas ce qui ne porte pas son étiquette : bare-0, bare-1, bare-2, bare-3, bare-4 "
        + "et 2 autres.")
    #expect(told(first, bare: 6).first?.message.fr.hasSuffix("bare-4 et 1 autre.") == true)
    #expect(told(first, bare: 0) == [] && told(first, .require) == [] && told(first, .avoid) == [])
    #expect(told(Self.in("cluster.label/rank", "1", "2")) == [], "no other value: it is a mark")
    #expect(told(LabelSelector(matchExpressions: [.init(key: "cluster.label/rank", operator: .exists)])) == [])
    #expect(told(Self.in("cluster.privacy", "dedicated")) == [])
    // What another term leaves out does not escape by the label.
    let elsewhere = [
      LabelSelector.Requirement(key: "cluster.label/rank", operator: .in, values: ["1"]),
      .init(key: "region.name", operator: .in, values: ["ara"]),
    ]
    #expect(told(LabelSelector(matchExpressions: elsewhere)) == [])
  }

  @Test("chains that nobody can use are told, with what keeps them away")
  func chains() {
    func findings(
      _ change: (inout ChainSpec) -> Void, zone: String? = nil, region: [String]? = nil,
      rules: [PolicySpec.Rule] = []
    ) -> [String] {
      var (chain, regions) = (Self.offer.chains[0], Self.offer.regions)
      if let region { regions[0].spec.audience.organisations = region }
      change(&chain.spec)
      let zones = Self.offer.zones.map { found in
        var found = found
        found.spec.chain = zone
        return found
      }
      let offer = Offer(
        operators: Self.offer.operators, regions: regions, zones: zones, clusters: Self.offer.clusters,
        chains: [chain])
      return PolicyValidator.findings(in: Self.policy(rules), on: offer, day: Self.day)
        .filter { $0.code == .unusableChain }.map(\.path)
    }
    #expect(findings { _ in } == [])
    #expect(findings { $0.regions = ["ara"] } == [""])
    #expect(findings { $0.sensitivities = [.restricted] } == [""])
    #expect(findings { $0.audience.organisations = ["mj"] } == [""])
    #expect(findings { $0.audience.organisations = ["mi"] } == [])
    #expect(findings { $0.audience.organisations = [] } == [""])
    #expect(findings({ $0.audience.organisations = ["mj"] }, region: ["*"]) == [])
    #expect(findings({ $0.audience.organisations = [] }, region: ["*"]) == [""])
    #expect(findings({ _ in }, region: []) == [""])
    #expect(findings { $0.audience.scopes = [.interministerial] } == [""])
    #expect(findings({ _ in }, zone: "common") == [])
    #expect(findings({ _ in }, zone: "other") == [""])
    let other = Self.in("chain.name", "other")
    #expect(findings({ _ in }, rules: [Self.rule("r", .require, chains: other)]) == ["spec.rules[0].chains"])
    #expect(findings({ _ in }, rules: [Self.rule("r", .require, chains: other, stages: ["prod"])]) == [])
    #expect(findings({ _ in }, rules: [Self.rule("r", .prefer, chains: other)]) == [])
    var later = Self.rule("r", .require, chains: other)
    later.validFrom = CalendarDay("2027-01-01")
    #expect(findings({ _ in }, rules: [later]) == [])
    later.validFrom = Self.day
    #expect(findings({ _ in }, rules: [later]) == ["spec.rules[0].chains"])
  }

  @Test("classes that no place can host are found, on the day")
  func hostless() {
    var policy = Self.policy()
    policy.dataClasses += [
      .init(name: "qualified", sensitivity: .usuel, qualifications: ["SecNumCloud"]),
      .init(name: "restricted", sensitivity: .restricted),
    ]
    #expect(onOffer(policy).map(\.path) == ["spec.dataClasses[2]"])
    let later = onOffer(policy, day: CalendarDay("2027-01-01")!)
    #expect(later.map(\.path) == ["spec.dataClasses[1]", "spec.dataClasses[2]"])
    #expect(later[0].message.en == "No place of the present offer can host the class “qualified”.")
  }

  @Test("voters must be operators, and as many as the quorum")
  func votes() {
    var policy = Self.policy()
    policy.governance = .init(quorum: 1)
    #expect(onOffer(policy) == [])
    policy.governance = .init(quorum: 2)
    #expect(onOffer(policy).map(\.path) == ["spec.governance.quorum"])
    policy.governance = .init(quorum: 2, voters: ["dtnum", "stranger"])
    let findings = onOffer(policy)
    #expect(findings.map(\.path) == ["spec.governance.voters[1]"])
    #expect(findings.map(\.code) == [.impossibleVote])
  }
}
