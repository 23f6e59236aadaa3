import Model
import Testing

@testable import Placement

/// What the search rests on, each part by itself: matchings, groups, rankings, and what groups and chains ask of sites.
@Suite struct SearchInsideTests {
  @Test("as many items have a place as can, whoever was first")
  func matching() {
    let cases: [(choices: [[Int]], capacity: Int, size: Int)] = [
      ([], 1, 0), ([[]], 1, 0), ([[0]], 0, 0), ([[0], [0]], 1, 1), ([[0], [0]], 2, 2), ([[0, 1], [0]], 1, 2),
      ([[0, 1], [0], [1]], 1, 2), ([[0, 1], [0], [1]], 2, 3), ([[], [0]], 1, 1), ([[0, 1], [1, 2], [0], [1]], 1, 3),
      ([[0, 1], [0, 1], [0, 2], [0, 2]], 1, 3), ([[0, 1], [0, 2], [0]], 1, 3),
    ]
    for (choices, capacity, size) in cases {
      #expect(Matching.size(of: choices, capacity: capacity) == size, "\(choices), \(capacity)")
    }
    // A place may have room for more than another one.
    let (bound, movable) = ([[0], [0], [0, 1]], [[0, 1], [0, 1], [0]])
    let sizes = [bound, movable].map { choices in Matching.size(of: choices) { $0 == 0 ? 1 : 2 } }
    #expect(sizes == [2, 3])
  }

  @Test("of sites it is asked, in their order, until it holds of one")
  func siteSets() {
    let sites = SiteSet([130, 1, 64, 63], of: 131)
    var asked: [Int] = []
    let isFound = sites.contains { site in
      asked.append(site)
      return site == 64
    }
    #expect(isFound && asked == [1, 63, 64])
    let isBeyond = sites.contains { $0 > 130 }
    #expect(!isBeyond)
  }

  @Test("the fullest place of an even spread has no more than the skew allows, nor than there are")
  func fullest() {
    let cases: [(count: Int, places: Int, maxSkew: Int, fullest: Int)] = [
      (2, 0, 3, 3), (2, 3, 1, 1), (2, 2, 1, 1), (3, 2, 1, 2), (5, 2, 1, 3), (4, 1, 1, 4), (4, 2, 2, 3), (4, 3, 1, 2),
      (6, 3, 1, 2), (1, 3, 5, 1),
    ]
    for (count, places, maxSkew, fullest) in cases {
      #expect(SearchGroup.fullest(of: count, over: places, maxSkew: maxSkew) == fullest, "\(count) over \(places)")
    }
  }

  /// A group of some slots, as far as numbers go.
  private static func group(
    _ count: Int, maxSkew: Int? = nil, eligible: Int = 0, isHard: Bool = true, isTogether: Bool = false,
    mayStay: Bool = false
  ) -> SearchGroup {
    SearchGroup(
      environments: ["one"], slots: Array(0..<count), topology: .region, single: [], isHard: isHard,
      isTogether: isTogether, maxSkew: maxSkew, eligible: Set(0..<eligible), mayStay: mayStay)
  }

  @Test("a group knows how many of it may be in a place and on a cluster, and whether keeping apart is all")
  func groups() {
    let cases: [(group: SearchGroup, maxSkew: Int?, atMost: Int, onCluster: Int, isOnlyApart: Bool)] = [
      (Self.group(2), nil, 1, 1, true), (Self.group(2, isTogether: true), nil, .max, 1, false),
      (Self.group(2, maxSkew: 1, eligible: 3), 1, 1, 1, true),
      (Self.group(2, maxSkew: 1, eligible: 3, mayStay: true), 1, 1, 1, false),
      (Self.group(2, maxSkew: 1, eligible: 3, isHard: false, mayStay: true), 1, 1, 1, true),
      (Self.group(2, maxSkew: 1, eligible: 2), 1, 1, 2, false),
      (Self.group(2, maxSkew: 1, eligible: 2, isHard: false), 1, 1, 2, true),
      (Self.group(2, maxSkew: 9, eligible: 3), 2, 2, 2, true), (Self.group(2, maxSkew: 0, eligible: 3), 1, 1, 1, true),
      (Self.group(2, maxSkew: 1), 1, 1, 3, false), (Self.group(5, maxSkew: 1, eligible: 2), 1, 3, 3, false),
    ]
    for (number, one) in cases.enumerated() {
      #expect(one.group.maxSkew == one.maxSkew && one.group.atMost == one.atMost, "\(number)")
      #expect(one.group.atMostOnCluster == one.onCluster && one.group.isOnlyApart == one.isOnlyApart, "\(number)")
    }
    #expect(!Self.group(2, mayStay: true).mayStay, "only a spread is out of reach of what stays")
    let spread = Self.group(2, maxSkew: 1, eligible: 2)
    #expect(spread.counting([]) === spread && spread.counting([0, 1]) === spread)
    #expect(spread.counting([0, 1, 2]).eligible == [0, 1, 2] && spread.counting([0, 1, 2]).isOnlyApart)
    let replicas = Self.group(2)
    #expect(replicas.counting([0, 1, 2]) === replicas)
  }

  @Test("sites are ranked by score, by what is left of each resource in turn, and by name", arguments: [1, 2, 16])
  func ranking(few: Int) {
    // The last two have promised what they have, or more.
    let limits = [
      ResourceAmounts(cpu: 10, memory: 5), ResourceAmounts(cpu: 10, memory: 6), ResourceAmounts(cpu: 10, memory: 6),
      ResourceAmounts(cpu: 12, memory: 1), ResourceAmounts(cpu: 4), ResourceAmounts(cpu: 3), ResourceAmounts(cpu: 1),
    ]
    let committed = [
      ResourceAmounts(), ResourceAmounts(), ResourceAmounts(), ResourceAmounts(cpu: 3), ResourceAmounts(cpu: 9),
      ResourceAmounts(cpu: 3), ResourceAmounts(),
    ]
    var ranking = Ranking(
      SiteSet.all(7), scores: [1, 1, 1, 1, 1, 1, 2], limits: limits, committed: committed, few: few)
    let order = (0...7).map { ranking[$0] }
    let best = ranking.best
    #expect(order == [6, 1, 2, 0, 3, 4, 5, nil] && best == 2 && ranking.count == 7)
  }

  @Test(arguments: 1...3)
  func `the first few are the best ones in whatever order they come, whichever rank is asked for first`(few: Int) {
    let nothing = [ResourceAmounts](repeating: ResourceAmounts(), count: 4)
    // Every way in which four sites can have scores from 0 to 3.
    for number in 0..<256 {
      let scores = (0..<4).map { Int64((number >> (2 * $0)) & 3) }
      let wanted = (0..<4).sorted { scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1] }
      let ranking = Ranking(SiteSet.all(4), scores: scores, limits: nothing, committed: nothing, few: few)
      var asked = ranking
      let order = (0..<4).compactMap { asked[$0] }
      #expect(order == wanted, "\(scores)")
      let alone = (0..<4).compactMap { rank -> Int? in
        var fresh = ranking
        return fresh[rank]
      }
      #expect(alone == wanted, "\(scores)")
    }
  }

  /// By the first chain two are worth 760 each. By the other the second one is on a cluster that has a data centre of its
  /// own beside the first one's: 960 and 860.
  @Test func `a chain is worth what a cluster in several data centres adds to it`() {
    var world = World()
    world.region("ara") { $0.dataCenters = ["ara-a", "ara-b", "ara-c"].map { .init(name: $0) } }
    world.zone("ara-usuel") { $0.chain = "sealed" }
    world.clusters += [
      Resource("ara-2", World.cluster("ara-usuel", ["ara-a", "ara-b"])),
      Resource("ara-3", World.cluster("ara-usuel", ["ara-c"])),
    ]
    for (cluster, cores) in [("ara-2", 10), ("ara-3", 60), ("idf-1", 20), ("idf-2", 20)] as [(String, Int64)] {
      world.ledger.clusters[cluster] = .init(committed: ResourceAmounts(cpu: cores * 1000), version: 1)
    }
    world.project.spec.environments = [World.environment("prod1", "prod", replicas: 2)]
    let decision = world.decide()
    #expect(decision.places == ["prod1/0→ara-1", "prod1/1→ara-2"] && decision.chain == "sealed")
  }

  /// `ara-1` is in a region of its own; of the other one `dr-1` is in both data centres, and the last two in one each.
  private enum Spot { static let (ara, both, first, second) = (0, 1, 2, 3) }

  private static func problem() -> SearchProblem {
    var world = World()
    world.project.spec.environments = [World.environment("one", "prod"), World.environment("two", "prod")]
    let engine = world.engine
    return engine.planner(world.request, world.state(for: engine)).problem
  }

  @Test("what is on sites holds a group, or may still with those that are missing")
  func holding() {
    let problem = Self.problem()
    func group(
      _ count: Int, _ topology: ProjectSpec.Topology, isTogether: Bool = false, maxSkew: Int? = nil
    ) -> SearchGroup {
      let eligible = (0..<4).flatMap { problem.topologies.places(of: $0, by: topology) }
      return SearchGroup(
        environments: [], slots: Array(0..<count), topology: topology,
        single: problem.topologies.single(by: topology), isHard: true, isTogether: isTogether, maxSkew: maxSkew,
        eligible: maxSkew == nil ? [] : Set(eligible))
    }
    let cases: [(group: SearchGroup, sites: [Int], missing: Int, holds: Bool)] = [
      (group(2, .region, isTogether: true), [Spot.first, Spot.second], 0, true),
      (group(2, .region, isTogether: true), [Spot.ara, Spot.second], 0, false),
      (group(2, .region, isTogether: true), [], 2, true),
      (group(2, .dataCenter, isTogether: true), [Spot.both, Spot.first], 0, true),
      (group(3, .dataCenter, isTogether: true), [Spot.both, Spot.first, Spot.second], 0, false),
      (group(2, .dataCenter), [Spot.first, Spot.second], 0, true), (group(2, .dataCenter), [Spot.first, 2], 0, false),
      (group(2, .dataCenter), [Spot.both, Spot.first], 0, true), (group(2, .dataCenter), [Spot.both, 1], 0, false),
      (group(3, .dataCenter), [Spot.both, Spot.first, Spot.second], 0, false),
      (group(3, .dataCenter), [Spot.ara, Spot.first, Spot.second], 0, true),
      (group(3, .region, maxSkew: 1), [Spot.ara, Spot.first, Spot.second], 0, true),
      (group(3, .region, maxSkew: 1), [Spot.first, Spot.second, Spot.both], 0, false),
      (group(3, .region, maxSkew: 1), [Spot.first, Spot.second], 1, true),
      (group(3, .region, maxSkew: 1), [Spot.first, Spot.second], 0, false),
      (group(3, .region, maxSkew: 3), [Spot.first, Spot.second, Spot.both], 0, true),
    ]
    for (number, one) in cases.enumerated() {
      #expect(problem.canHold(one.group, one.sites, missing: one.missing) == one.holds, "\(number): \(one.sites)")
    }
  }

  @Test("one chain delivers to all, each where it is, what is nowhere apart")
  func delivering() throws {
    let problem = Self.problem()
    let chains = problem.judgement.subject.compiled.chains
    let (common, sealed) = (chains.number(named: "common"), chains.number(named: "sealed"))
    let cases: [(sites: [Int?], chain: Int?, delivers: Bool)] = [
      ([Spot.first, Spot.second], nil, true), ([Spot.first, Spot.second], common, true),
      ([Spot.first, Spot.second], sealed, false), ([Spot.both, Spot.first], nil, false),
      ([Spot.both, nil], sealed, true), ([Spot.both, nil], common, false), ([Spot.ara, Spot.both], nil, true),
      ([nil, nil], common, true),
    ]
    #expect(common != nil && sealed != nil && problem.slots.count == 2)
    for one in cases {
      #expect(problem.canDeliver(one.sites, by: one.chain) == one.delivers, "\(one.sites)")
    }
  }

  /// What the only slot of a world may have, in order: the site, with `kept` where it is and may stay, `moves` where it
  /// would leave that, and `new` where it is nowhere; nil where it has no place.
  private static func order(_ world: World, among sites: [Int]? = nil, keepsAnyway: Bool = false) -> [String]? {
    let engine = world.engine
    let problem = engine.planner(world.request, world.state(for: engine)).problem
    let admitted = sites.map { SiteSet($0, of: 4) }
    guard var orders = CandidateOrders(problem, among: admitted, keepsAnyway: keepsAnyway, chain: nil) else {
      return nil
    }
    func text(_ candidate: Candidate) -> String {
      "\(candidate.site) \(candidate.kept != nil ? "kept" : candidate.moves == 1 ? "moves" : "new")"
    }
    var found: [Candidate] = []
    while let next = orders.candidate(0, found.count) { found.append(next) }
    // Whoever asks only about some sites, or in no order, hears the same.
    let all = orders.candidates(0, among: SiteSet.all(4))
    #expect(all.map(text) == found.map(text))
    #expect(orders.sites(0).sorted() == found.map(\.site).sorted())
    for site in 0..<4 {
      let isThere = orders.contains(0) { $0 == site }
      let isFound = found.contains { $0.site == site }
      #expect(isThere == isFound)
    }
    return found.map(text)
  }

  @Test("a place that is kept comes first, a pin leaves no other, and a term only its own and what is kept anyway")
  func candidates() {
    var world = World()
    world.cluster("dr-1") { $0.state = .cordoned }
    #expect(Self.order(world) == ["0 new", "2 new", "3 new"])
    #expect(Self.order(world, among: [1, 2]) == ["2 new"] && Self.order(world, among: [1]) == nil)
    world.place("prod1", on: "idf-1")
    #expect(Self.order(world) == ["2 kept", "0 moves", "3 moves"])
    #expect(Self.order(world, among: [0]) == ["0 moves"])
    #expect(Self.order(world, among: [0], keepsAnyway: true) == ["2 kept", "0 moves"])
    #expect(Self.order(world, among: [1]) == nil && Self.order(world, among: [1], keepsAnyway: true) == ["2 kept"])
    world.pins = [Pin(environment: "prod1", replica: 0, cluster: "idf-2")]
    #expect(Self.order(world) == ["3 moves"] && Self.order(world, among: [0], keepsAnyway: true) == nil)
    world.pins[0].cluster = "idf-1"
    #expect(Self.order(world) == ["2 kept"])
    world.existing = []
    #expect(Self.order(world) == ["2 new"])
  }

  @Test("any of a few moves may be led back; of many none, each by itself, or all", arguments: [0, 1, 2, 5, 6, 7])
  func returns(moves: Int) {
    var world = World()
    world.project.spec.environments = (0..<8).map { World.environment("e\($0)", "prod", cpu: 2) }
    for number in 0..<moves {
      world.place("e\(number)", on: "ara-1", cpu: 2)
      world.mayReturn.append(
        ExistingPlacement(
          environment: "e\(number)", replica: 0, cluster: "idf-1", stage: "prod", quota: ResourceAmounts()))
    }
    let engine = world.engine
    let problem = engine.planner(world.request, world.state(for: engine)).problem
    let movable = Set(problem.slots.indices.filter { problem.slots[$0].mayReturn != nil })
    let worlds = Set(problem.returns.map { Set($0) })
    #expect(movable.count == moves && worlds.count == problem.returns.count)
    let isWithin = worlds.allSatisfy { $0.isSubset(of: movable) }
    #expect(isWithin && worlds.contains([]) && worlds.contains(movable))
    #expect(worlds.count == (moves < 6 ? 1 << moves : moves + 2))
    let areFew = worlds.allSatisfy { [0, 1, moves].contains($0.count) }
    #expect(areFew == (moves < 3 || moves > 5))
  }
}
