import Foundation
import Model
import Placement
import TestSupport
import Testing

@testable import Policy

struct FitCounterTests {
  private static let now = Date(timeIntervalSince1970: 1_795_000_000)
  private static let day = CalendarDay("2026-11-23")!

  /// Clusters of two regions with what they have, in data centres that overlap.
  private static func engine(_ dice: inout Dice) -> (engine: Engine, state: PlacementState) {
    let audience = Audience(organisations: ["*"], scopes: AudienceScope.allCases)
    let regions = ["est", "nord"].map { name in
      Resource(
        name,
        RegionSpec(
          operator: "dtnum", location: .init(country: "FR"), dataCenters: ["a", "b", "c"].map { .init(name: $0) },
          qualifications: name == "est" ? [.init(name: "SecNumCloud")] : [],
          audience: Audience(
            organisations: name == "nord" ? ["mi"] : ["*"], scopes: AudienceScope.allCases)))
    }
    let zones = [
      Resource("est-dr", ZoneSpec(region: "est", sensitivity: .restricted, slug: "edr")),
      Resource("est-usuel", ZoneSpec(region: "est", sensitivity: .usuel, slug: "eus")),
      Resource("nord-usuel", ZoneSpec(region: "nord", sensitivity: .usuel, slug: "nus")),
    ]
    let clusters = (0..<6).map { number in
      let centres = ["a", "b", "c"].filter { _ in Bool.random(using: &dice) }
      return Resource(
        "c\(number)",
        ClusterSpec(
          zone: zones[number % 3].name, dataCenters: centres.isEmpty ? ["a"] : centres,
          privacy: Int.random(in: 0...7, using: &dice) == 0 ? .dedicated : .public, stages: ["dev", "prod"],
          capacity: ResourceList(
            cpu: Quantity(Int64.random(in: 0...40, using: &dice)),
            memory: Quantity(Int64.random(in: 0...80, using: &dice) << 30)),
          state: Int.random(in: 0...7, using: &dice) == 0 ? .cordoned : .open))
    }
    let policy = PolicySpec(
      title: LocalizedText(fr: "Politique"),
      dataClasses: [
        .init(name: "ordinary", sensitivity: .usuel),
        .init(name: "restricted", sensitivity: .restricted, qualifications: ["SecNumCloud"]),
      ],
      capacity: [
        .init(id: "prod", stages: ["prod"], reserve: Quantity("0.1")), .init(id: "rest", overcommit: Quantity("1.5")),
      ],
      limits: Bool.random(using: &dice)
        ? [] : [.init(subject: LabelSelector(), production: ResourceList(cpu: Quantity(10)))])
    let offer = Offer(
      operators: [Resource("dtnum", OperatorSpec(displayName: "DTNUM"))], regions: regions, zones: zones,
      clusters: clusters,
      chains: [
        Resource(
          "forge",
          ChainSpec(
            displayName: "Forge", sensitivities: Sensitivity.allCases, regions: ["est", "nord"], audience: audience))
      ])
    let engine = Engine(offer: offer, policy: EffectivePolicy(version: 1, spec: policy), day: day)
    var ledger = Ledger()
    for cluster in clusters {
      ledger.clusters[cluster.name] = .init(
        committed: ResourceAmounts(
          cpu: Int64.random(in: 0...20_000, using: &dice), memory: Int64.random(in: 0...20, using: &dice) << 30),
        version: 1)
    }
    let stale = Int.random(in: 0...5, using: &dice) == 0 ? ["nord-usuel"] : []
    return (engine, PlacementState(ledger: ledger, staleZones: stale, for: engine))
  }

  @Test func `as many can be placed one by one as are counted, and one more can not`() {
    var dice = Dice.fresh("fits")
    var counted = (none: 0, some: 0, apart: 0)
    for _ in 0..<120 {
      let (engine, state) = Self.engine(&dice)
      let question = FitQuestion(
        dataClass: ["ordinary", "restricted"].randomElement(using: &dice)!,
        stage: ["dev", "prod"].randomElement(using: &dice)!, organisation: ["", "mi"].randomElement(using: &dice)!,
        replicas: [1, 2, 2, 3].randomElement(using: &dice)!,
        distinct: [nil, .cluster, .cluster, .region].randomElement(using: &dice)!)
      for size in EnvironmentSize.known {
        let answer = FitCounter(engine: engine, state: state, now: Self.now).count(question, size)
        var copy = state
        var placed: Int64 = 0
        let request = question.request(size, at: Self.now)
        while placed <= answer.count {
          let plan = engine.plan(request, on: copy)
          guard plan.outcome == .placed else { break }
          for assignment in plan.assignments { copy.add(assignment.quota, to: engine.site(named: assignment.cluster)!) }
          placed += 1
        }
        #expect(placed == answer.count && !answer.isMore, "seed \(dice.seed): \(question) \(size.name)")
        if question.replicas == 1 { #expect(answer.places.reduce(0) { $0 + $1.count } == answer.count) }
        if answer.count == 0 { counted.none += 1 } else { counted.some += 1 }
        if answer.count > 0, question.replicas > 1 { counted.apart += 1 }
      }
    }
    // Or it has tried out nothing.
    #expect(counted.none > 5 && counted.some > 20 && counted.apart > 5, "\(counted)")
  }

  @Test func `larger ones fit no more often than smaller ones, and places are in the order of names`() {
    var dice = Dice.fresh("fits in order")
    for _ in 0..<40 {
      let (engine, state) = Self.engine(&dice)
      let counter = FitCounter(engine: engine, state: state, now: Self.now)
      let answers = EnvironmentSize.known.map {
        counter.count(FitQuestion(dataClass: "ordinary", stage: "dev", organisation: "mi"), $0)
      }
      #expect(answers.map(\.count) == answers.map(\.count).sorted(by: >), "seed \(dice.seed)")
      for answer in answers { #expect(answer.places.map(\.cluster) == answer.places.map(\.cluster).sorted()) }
    }
  }

  @Test func `those that are alone are counted however many, those that are kept apart no further than the most`() {
    var country = ImpactTests.Country(["est": ["e1", "e2"]])
    let known = country.offer
    let clusters = known.clusters.map { cluster in
      var large = cluster
      large.spec.capacity = ResourceList(cpu: Quantity(1204), memory: Quantity(4096 << 30))
      return large
    }
    country.offer = Offer(
      operators: known.operators, regions: known.regions, zones: known.zones, clusters: clusters, chains: known.chains)
    let engine = country.engine(policy())
    let state = PlacementState(ledger: Ledger(), staleZones: [], for: engine)
    let counter = FitCounter(engine: engine, state: state, now: Self.now)
    var question = FitQuestion(dataClass: "ordinary", stage: "prod", organisation: "mi", distinct: .cluster)
    let alone = counter.count(question, EnvironmentSize.known[0])
    #expect(alone.count == 1204 && !alone.isMore && alone.places.map(\.count) == [602, 602])
    question.replicas = 2
    let apart = counter.count(question, EnvironmentSize.known[0])
    #expect(apart.count == FitAnswer.most && apart.isMore && apart.places == alone.places)
    // Where no two find a place, none of their places is named, though one would.
    question.replicas = 3
    let none = counter.count(question, EnvironmentSize.known[0])
    #expect(none.count == 0 && !none.isMore && none.places == [])
  }

  @Test func `the console's sizes are those that people know`() {
    let sizes = EnvironmentSize.known.map { size in
      let amounts = ResourceAmounts(size.quota)
      return "\(size.name) \(amounts.cpu / 1000)/\(amounts.memory >> 30)"
    }
    #expect(sizes == ["S 2/4", "M 4/8", "L 6/12", "XL 8/16"])
  }
}
