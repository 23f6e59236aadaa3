import Foundation
import Model
import Placement
import TestSupport
import Testing

@testable import Policy

@Suite("What a policy would change")
struct ImpactTests {
  private static let day = CalendarDay("2026-11-23")!
  private static let now = Date(timeIntervalSince1970: 1_795_000_000)

  /// Regions of clusters, and whoever is placed on them.
  struct Country {
    var offer: Offer
    var requests: [DecisionRequest] = []
    var ledger = Ledger()

    init(_ clusters: [String: [String]], cpu: Int64 = 10) {
      let regions = clusters.keys.sorted()
      let audience = Audience(organisations: ["*"], scopes: [.ministerial])
      offer = Offer(
        operators: [Resource("dtnum", OperatorSpec(displayName: "DTNUM"))],
        regions: regions.map { name in
          Resource(
            name,
            RegionSpec(
              operator: "dtnum", location: .init(country: "FR"), dataCenters: [.init(name: "a")], audience: audience))
        },
        zones: regions.map { Resource("\($0)-usuel", ZoneSpec(region: $0, sensitivity: .usuel, slug: $0)) },
        clusters: regions.flatMap { region in
          (clusters[region] ?? []).map { name in
            Resource(
              name,
              ClusterSpec(
                zone: "\(region)-usuel", dataCenters: ["a"], stages: ["dev", "prod"],
                capacity: ResourceList(cpu: Quantity(cpu), memory: Quantity(1000))))
          }
        },
        chains: [
          Resource(
            "common",
            ChainSpec(displayName: "Chaîne", sensitivities: [.usuel], regions: regions, audience: audience))
        ])
    }

    /// Adds a project of one environment, placed or not.
    mutating func add(
      _ name: String, cpu: Int64 = 4, wanted: Int64? = nil, at cluster: String? = nil,
      derogations: [Resource<DerogationSpec>] = []
    ) {
      let quota = { (cpu: Int64) in ResourceList(cpu: Quantity(cpu), memory: Quantity(1)) }
      let project = ProjectSpec(
        organisation: "mi", audience: .ministerial, dataClasses: ["ordinary"],
        environments: [.init(name: "prod", stage: "prod", quota: quota(wanted ?? cpu))])
      let held = ResourceAmounts(quota(cpu))
      var request = DecisionRequest(project: Resource(name, project), derogations: derogations, now: ImpactTests.now)
      if let cluster {
        request.existing = [
          ExistingPlacement(environment: "prod", replica: 0, cluster: cluster, stage: "prod", quota: held)
        ]
        let before = ledger[cluster]
        var sum = before.committed
        for resource in CountedResource.allCases { sum[resource] += held[resource] }
        ledger.clusters[cluster] = .init(committed: sum, version: before.version + 1)
      }
      requests.append(request)
      requests.sort { $0.project.name < $1.project.name }
    }

    func engine(_ policy: PolicySpec, version: Int64 = 1) -> Engine {
      Engine(offer: offer, policy: EffectivePolicy(version: version, spec: policy), day: ImpactTests.day)
    }

    func impact(of proposed: PolicySpec, instead present: PolicySpec? = policy(), slice: Int = 1000) -> Impact {
      var computation = ImpactComputation(
        of: proposed, version: 2, instead: present.map { engine($0) }, offer: offer, ledger: ledger, staleZones: [],
        day: ImpactTests.day)
      for start in stride(from: 0, to: requests.count, by: slice) {
        computation.take(requests[start..<min(start + slice, requests.count)])
      }
      return computation.result
    }
  }

  private static let notIDF = rule("not-idf", .forbid, all(.among("region.name", "idf")))

  @Test("what is only reserved, or is to be removed, is no breach, and takes no room from what has to move")
  func unjudged() {
    var country = Country(["idf": ["idf-1"], "ara": ["ara-1"]])
    country.add("a", cpu: 6, at: "idf-1")
    country.add("b", cpu: 6, at: "idf-1")
    var computation = ImpactComputation(
      of: policy([Self.notIDF]), version: 2, instead: country.engine(policy()), offer: country.offer,
      ledger: country.ledger, staleZones: [], day: Self.day)
    computation.take([ImpactSubject(country.requests[0], judging: []), ImpactSubject(country.requests[1])])
    let impact = computation.result
    #expect(impact.summary.projects == 2 && impact.summary.placements == 1 && impact.summary.nonCompliant == 1)
    #expect(impact.nonCompliances.map(\.project) == ["b"])
    #expect(impact.migrations.map(\.project) == ["b"] && impact.migrations.map(\.to) == ["ara-1"])
    #expect(impact.summary.migrations == 1 && impact.summary.migrationsThatDoNotFit == 0)
  }

  @Test("what would not comply is told with its rule, and where there is room for it")
  func nonCompliance() {
    var country = Country(["idf": ["idf-1"], "ara": ["ara-1"]])
    country.add("a", cpu: 6, at: "idf-1")
    country.add("b", cpu: 4, at: "idf-1")
    country.add("c", cpu: 3, at: "ara-1")
    let impact = country.impact(of: policy([Self.notIDF]))
    #expect(impact.nonCompliances.map(\.project) == ["a", "b"])
    #expect(impact.nonCompliances.allSatisfy { $0.rules == ["not-idf"] && $0.region == "idf" && !$0.already })
    #expect(impact.nonCompliances[0].reasons.map(\.code) == [.ruleForbids])
    // Of ara's ten cores three are taken and six would be: there is none for the other project.
    #expect(impact.migrations.map(\.project) == ["a", "b"])
    #expect(impact.migrations.map(\.to) == ["ara-1", nil] && impact.migrations.map(\.from) == ["idf-1", "idf-1"])
    #expect(impact.summary.migrations == 2 && impact.summary.migrationsThatDoNotFit == 1)
    #expect(impact.summary.nonCompliant == 2 && impact.summary.projects == 3 && impact.summary.placements == 3)
  }

  @Test("what would move fits also where something of the project is not placed yet, and has to be together with it")
  func besideWhatMoves() {
    var country = Country(["idf": ["idf-1"], "ara": ["ara-1"]])
    country.add("a", at: "idf-1")
    country.requests[0].project.spec.environments.append(
      .init(name: "dev", stage: "dev", quota: ResourceList(cpu: Quantity(1), memory: Quantity(1))))
    country.requests[0].project.spec.colocation = [.init(topology: .region)]
    let impact = country.impact(of: policy([Self.notIDF]))
    #expect(impact.migrations.map(\.to) == ["ara-1"] && impact.migrations.map(\.environment) == ["prod"])
    #expect(impact.summary.migrations == 1 && impact.summary.migrationsThatDoNotFit == 0)
  }

  @Test("what does not comply today is no news, and what would again is counted")
  func already() {
    var country = Country(["idf": ["idf-1"], "ara": ["ara-1"]])
    country.add("a", at: "idf-1")
    country.add("b", at: "ara-1")
    let notARA = rule("not-ara", .forbid, all(.among("region.name", "ara")))
    let impact = country.impact(of: policy([notARA]), instead: policy([Self.notIDF, notARA]))
    #expect(impact.nonCompliances.map(\.project) == ["b"] && impact.nonCompliances[0].already)
    #expect(impact.summary.nonCompliant == 0 && impact.summary.alreadyNonCompliant == 1)
    #expect(impact.summary.compliantAgain == 1)
    let first = country.impact(of: policy([notARA]), instead: nil)
    #expect(first.summary.nonCompliant == 1 && first.summary.compliantAgain == 0)
  }

  @Test("what could no longer be placed is told with what stands in the way")
  func unplaceable() {
    var country = Country(["idf": ["idf-1"]])
    country.add("a", at: "idf-1")
    country.add("b")
    country.add("c", cpu: 99)
    let impact = country.impact(of: policy([Self.notIDF]))
    #expect(impact.unplaceable.map(\.project) == ["a", "b"], "c can not be placed today either")
    #expect(impact.unplaceable.allSatisfy { !$0.reasons.isEmpty })
    #expect(impact.summary.noLongerPlaceable == 2 && impact.summary.placeableAgain == 0)
    let back = country.impact(of: policy(), instead: policy([Self.notIDF]))
    #expect(back.unplaceable.isEmpty && back.summary.placeableAgain == 2)
  }

  @Test func `a project that asks for nothing of what it has is placeable as something new is`() {
    var country = Country(["idf": ["idf-1"]])
    country.add("a", at: "idf-1")
    country.requests[0].existing[0].environment = "old"
    let lost = country.impact(of: policy([Self.notIDF]))
    #expect(lost.unplaceable.map(\.project) == ["a"] && lost.summary.noLongerPlaceable == 1)
    #expect(lost.unplaceable.allSatisfy { !$0.reasons.isEmpty } && lost.summary.placeableAgain == 0)
    let back = country.impact(of: policy(), instead: policy([Self.notIDF]))
    #expect(back.unplaceable.isEmpty && back.summary.placeableAgain == 1 && back.summary.noLongerPlaceable == 0)
  }

  @Test func `all that could no longer be placed are named, and of so many of them it is told why`() {
    var country = Country(["idf": ["idf-1"]], cpu: 1000)
    let count = ImpactComputation.mostExplained + 2
    for number in 0..<count { country.add("p\(1000 + number)", cpu: 1) }
    let impact = country.impact(of: policy([Self.notIDF]))
    #expect(impact.unplaceable.map(\.project) == country.requests.map(\.project.name))
    #expect(impact.unplaceable.count == count && impact.summary.noLongerPlaceable == count)
    let explained = impact.unplaceable.prefix { !$0.reasons.isEmpty }.count
    #expect(explained == ImpactComputation.mostExplained)
    #expect(impact.unplaceable.suffix(2).map(\.reasons) == [[], []])
  }

  @Test func `what stands on a cluster that is not there has no region, and moves to one that is`() {
    var country = Country(["idf": ["idf-1"]])
    country.add("a", at: "nowhere")
    let impact = country.impact(of: policy())
    #expect(impact.nonCompliances.map(\.cluster) == ["nowhere"] && impact.nonCompliances.map(\.already) == [true])
    #expect(impact.nonCompliances.map { [$0.region, $0.operator] } == [["", ""]])
    #expect(impact.nonCompliances.map { $0.reasons.map(\.code) } == [[.unresolvedReference]])
    #expect(impact.migrations.map(\.from) == ["nowhere"] && impact.migrations.map(\.to) == ["idf-1"])
    #expect(impact.migrations.map(\.toRegion) == ["idf"] && impact.summary.migrations == 1)
    let first = country.impact(of: policy(), instead: nil)
    #expect(first.nonCompliances.map(\.already) == [false] && first.summary.nonCompliant == 1)
  }

  @Test("a preference moves the best region, and nothing else")
  func bestRegion() {
    var country = Country(["idf": ["idf-1"], "ara": ["ara-1"]])
    country.add("a", cpu: 1, at: "idf-1")
    country.add("b", cpu: 1, at: "ara-1")
    var wish = rule("ara-first", .prefer, all(.among("region.name", "ara")))
    wish.weight = 10
    var (present, proposed) = (policy(), policy([wish]))
    // What staying is worth would be more than the wish.
    (present.scoring, proposed.scoring) = (.init(stickiness: 1), .init(stickiness: 1))
    let impact = country.impact(of: proposed, instead: present)
    #expect(impact.regionChanges.map(\.project) == ["a"])
    #expect(impact.regionChanges.first?.replicas.map(\.from) == ["idf"])
    #expect(impact.regionChanges.first?.replicas.map(\.to) == ["ara"])
    #expect(impact.nonCompliances.isEmpty && impact.migrations.isEmpty && impact.unplaceable.isEmpty)
  }

  @Test("capacity is told by region and stage, before and after")
  func capacity() {
    var country = Country(["idf": ["idf-1", "idf-2"], "ara": ["ara-1"]])
    country.add("a", cpu: 4, at: "idf-2")
    var proposed = policy()
    proposed.capacity = [.init(id: "r", stages: ["prod"], resources: [.cpu], reserve: Quantity(milli: 500))]
    let impact = country.impact(of: proposed)
    #expect(impact.capacity.map(\.region) == ["ara", "idf"])
    let idf = impact.capacity[1]
    #expect(idf.stages.map(\.stage) == ["dev", "prod"] && idf.committed.cpu == 4000 && idf.operator == "dtnum")
    #expect(idf.stages.map(\.before.cpu) == [20_000, 20_000] && idf.stages.map(\.after.cpu) == [20_000, 10_000])
  }

  @Test("what would only keep new replicas away drives none out: neither a drain, nor growth that there is no room for")
  func keptAway() {
    var country = Country(["idf": ["idf-1"], "ara": ["ara-1"]])
    country.add("a", cpu: 9, wanted: 40, at: "idf-1")
    let before = country.engine(policy())
    let state = PlacementState(ledger: country.ledger, staleZones: ["idf-usuel"], for: before)
    #expect(!before.rejudge(country.requests[0], on: state)[0].mayStay)
    #expect(Compliance(of: country.requests[0], under: before, on: state).breaches.isEmpty)
    let after = country.engine(policy([Self.notIDF]))
    let breaches = Compliance(of: country.requests[0], under: after, on: state).breaches
    #expect(breaches.map(\.rules) == [["not-idf"]] && breaches[0].reasons.map(\.code) == [.ruleForbids])
  }

  @Test("what stands is judged as what it was placed as, whatever its project asks for by now")
  func asItStands() {
    let notInProduction = rule("not-idf", .forbid, all(.among("region.name", "idf")), stages: ["prod"])
    let changes: [(String, (inout DecisionRequest) -> Void)] = [
      ("another environment", { $0.project.spec.environments[0].name = "other" }),
      ("fewer replicas", { $0.existing[0].replica = 1 }),
      ("another stage", { $0.project.spec.environments[0].stage = "dev" }),
      (
        "another stage, and another environment of the old one",
        { request in
          request.project.spec.environments[0].stage = "dev"
          request.project.spec.environments.append(
            .init(name: "other", stage: "prod", quota: ResourceList(cpu: Quantity(1), memory: Quantity(1))))
        }
      ),
    ]
    for (name, change) in changes {
      var country = Country(["idf": ["idf-1"], "ara": ["ara-1"]])
      country.add("a", at: "idf-1")
      change(&country.requests[0])
      let impact = country.impact(of: policy([notInProduction]))
      #expect(impact.summary.nonCompliant == 1 && impact.nonCompliances.map(\.rules) == [["not-idf"]], "\(name)")
      #expect(impact.nonCompliances.map(\.cluster) == ["idf-1"] && impact.nonCompliances.map(\.mayStay) == [nil])
      #expect(impact.nonCompliances.map(\.environment) == ["prod"], "\(name)")
      // What nobody asks for has nowhere to go, and what is asked for as something else may stay as that.
      #expect(impact.migrations.isEmpty && impact.summary.migrationsThatDoNotFit == 0, "\(name)")
      let already = country.impact(of: policy([notInProduction]), instead: policy([notInProduction]))
      #expect(already.summary.alreadyNonCompliant == 1 && already.summary.nonCompliant == 0, "\(name)")
      // A rule that only what is asked for would break is broken by nothing that stands.
      let inDevelopment = country.impact(
        of: policy([rule("dev", .forbid, all(.among("region.name", "idf")), stages: ["dev"])]))
      #expect(inDevelopment.nonCompliances.isEmpty, "\(name)")
    }
    // Nor is it told as what there is no room for, where there is none for what is asked for.
    var lost = Country(["idf": ["idf-1"]])
    lost.add("a", wanted: 99, at: "idf-1")
    lost.requests[0].existing[0].environment = "old"
    let impact = lost.impact(of: policy([notInProduction]))
    #expect(impact.nonCompliances.map(\.environment) == ["old"] && impact.migrations.isEmpty)
  }

  @Test("what nobody asks for any more is driven out by nothing that only keeps new replicas away, and by its chain")
  func keptAwayUnasked() {
    var country = Country(["idf": ["idf-1"], "ara": ["ara-1"]])
    country.add("a", cpu: 9, at: "idf-1")
    country.requests[0].existing[0].environment = "old"
    country.requests[0].existing[0].chain = "common"
    let before = country.engine(policy())
    let state = PlacementState(ledger: country.ledger, staleZones: ["idf-usuel"], for: before)
    #expect(Compliance(of: country.requests[0], under: before, on: state).breaches.isEmpty)
    let after = country.engine(policy([rule("no-chain", .forbid, chains: all(.among("chain.name", "common")))]))
    let breaches = Compliance(of: country.requests[0], under: after, on: state).breaches
    #expect(breaches.map(\.environment) == ["old"] && breaches.map(\.rules) == [["no-chain"]])
  }

  @Test("a rule on chains drives out as one on places does")
  func chains() {
    var country = Country(["idf": ["idf-1"]])
    country.add("a", at: "idf-1")
    let impact = country.impact(of: policy([rule("no-chain", .forbid, chains: all(.among("chain.name", "common")))]))
    #expect(impact.nonCompliances.map(\.project) == ["a"])
    #expect(impact.nonCompliances.first?.reasons.map(\.code) == [.chainCannotDeliver])
  }

  @Test("a notified derogation is counted in")
  func derogation() {
    let derogation = Resource(
      "d",
      DerogationSpec(
        project: "a", rules: ["not-idf"], motive: "m", decision: .granted, notifiedAt: Self.now - 1))
    var country = Country(["idf": ["idf-1"], "ara": ["ara-1"]])
    country.add("a", at: "idf-1", derogations: [derogation])
    country.add("b", at: "idf-1")
    #expect(country.impact(of: policy([Self.notIDF])).nonCompliances.map(\.project) == ["b"])
  }

  @Test("how it is cut into slices makes no difference, and it says what happens when the policy takes effect")
  func property() throws {
    var dice = Dice.fresh("impact of random policies")
    for round in 0..<40 {
      let names = ["ara", "bre", "idf"]
      var country = Country(
        Dictionary(uniqueKeysWithValues: names.map { ($0, ["\($0)-1", "\($0)-2"]) }), cpu: 20)
      let clusters = country.offer.clusters.map(\.name)
      for number in 0..<12 {
        country.add(
          "p\(number / 10)\(number % 10)", cpu: Int64.random(in: 1...6, using: &dice),
          wanted: Bool.random(using: &dice) ? nil : Int64.random(in: 1...12, using: &dice),
          at: Int.random(in: 0..<4, using: &dice) == 0 ? nil : clusters.randomElement(using: &dice))
      }
      let policies = (0..<2).map { _ in
        policy(
          (0..<3).map { number in
            rule(
              "r\(number)", PolicySpec.Effect.allCases.randomElement(using: &dice) ?? .forbid,
              all(
                .among("region.name", names.randomElement(using: &dice) ?? "", names.randomElement(using: &dice) ?? ""))
            )
          })
      }
      let impact = country.impact(of: policies[1], instead: policies[0])
      let bytes = try ModelJSON.encoder.encode(impact)
      for slice in [1, 5] {
        let other = country.impact(of: policies[1], instead: policies[0], slice: slice)
        #expect(try ModelJSON.encoder.encode(other) == bytes, "seed \(dice.seed), round \(round), slice \(slice)")
      }
      // Then it is in force: what the engine says to each replica, by the verdict on its cluster when it wants no more.
      let engine = country.engine(policies[1], version: 2)
      let state = PlacementState(ledger: country.ledger, staleZones: [], for: engine)
      var expected: [String] = []
      for request in country.requests {
        var still = request
        still.project.spec.environments[0].quota = ResourceList()
        for existing in request.existing {
          let site = try #require(engine.site(named: existing.cluster))
          if !engine.explain(still, on: state).verdict(0, site: site).accepted { expected.append(request.project.name) }
        }
      }
      #expect(impact.nonCompliances.map(\.project) == expected, "seed \(dice.seed), round \(round)")
    }
  }
}
