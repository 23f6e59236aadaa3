import Foundation
import Migration
import Model
import Placement
import PlantedMoves
import TestSupport
import Testing

@Suite("Plans of chance")
struct EveryCourseTests {
  private static var rounds: Int {
    ProcessInfo.processInfo.environment["REGIE_PROOF_SEEDS"].flatMap { Int($0) } ?? 150
  }
  private static var first: UInt64? {
    ProcessInfo.processInfo.environment["REGIE_PROOF_SEED"].flatMap { UInt64($0) }
  }

  @Test("move as many as any course can, and hold")
  func most() throws {
    let start = Self.first ?? Dice.fresh("as many as any course can").seed % 1_000_000
    var (blocked, chained, dayless) = (0, 0, 0)
    for seed in start..<start + UInt64(Self.rounds) {
      let world = Self.world(seed)
      let plan = try PlanChecker.checked(world.inputs, "seed \(seed)")
      let most = Course(world.inputs).most()
      #expect(plan.moves.count == most, "seed \(seed): \(plan.course) \(plan.held)")
      #expect(!plan.isExhausted, "seed \(seed)")
      dayless += plan.blocked.contains { $0.cause == .days } ? 1 : 0
      blocked += plan.blocked.isEmpty ? 0 : 1
      chained += Set(plan.moves.map(\.to)).isDisjoint(with: plan.moves.map(\.from)) ? 0 : 1
    }
    // What never happens proves nothing.
    if Self.first == nil {
      #expect(
        blocked > 10 && chained > 5 && dayless > 5, "\(blocked) blocked, \(chained) chained, \(dayless) without a day")
    }
  }

  /// Up to five movers and four clusters, nearly full, with all that ties projects together.
  private static func world(_ seed: UInt64) -> MoveWorld {
    var dice = Dice(seed: seed)
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &dice) < percent }
    let names = ["a", "b", "c", "d"]
    var world = MoveWorld([:])
    for name in names {
      world.add(name, cores: Int64.random(in: 4...12, using: &dice), region: chance(30) ? "shared" : nil)
    }
    if chance(30) {
      world.chains.append(Resource("second", world.chains[0].spec))
      for index in 0...1 { world.chains[index].spec.regions.removeAll { _ in chance(25) } }
    }
    if chance(30) {
      world.policy.capacity = [.init(id: "dev", stages: ["dev"], overcommit: Quantity(milli: 1500))]
    }
    var movers = 0
    for number in 0..<3 {
      let count = Int.random(in: 1...2, using: &dice)
      guard movers + 2 * count <= 6 else { break }
      let stages = (0..<count).map { _ in chance(50) ? "prod" : "dev" }
      func text(_ stage: String) -> String {
        let places = names.shuffled(using: &dice).prefix(chance(25) ? 2 : 1)
        return "\(stage) \(Int.random(in: 1...4, using: &dice)) \(places.joined(separator: " "))"
      }
      let change: (inout ProjectSpec) -> Void = { spec in
        if chance(20) { spec.colocation = [.init(topology: chance(50) ? .region : .cluster)] }
        if chance(20) { spec.spread = [.init(topology: .region, maxSkew: chance(50) ? 1 : 2)] }
      }
      if count == 1 {
        world.project("p\(number)", ["one": text(stages[0])], change)
      } else {
        world.project("p\(number)", ["one": text(stages[0]), "two": text(stages[1])], change)
      }
      movers = world.projects.flatMap(\.replicas).count
    }
    for name in names {
      if chance(20) { world.cluster(name) { $0.stages = ["dev"] } }
      if chance(10) { world.cluster(name) { $0.state = chance(50) ? .cordoned : .closed } }
      if chance(30) { world.residents[name] = Int64.random(in: 1...4, using: &dice) }
    }
    let ids = world.projects.flatMap { $0.replicas.map(\.id) }
    world.scope =
      chance(50) ? .selection(Array(ids.shuffled(using: &dice).prefix(5))) : .clusters(Array(names.prefix(1)))
    if chance(25), world.projects.count > 1 {
      world.limits.dependencies = [
        .init(first: .init(project: "p0", environment: "one"), then: .init(project: "p1", environment: "one"))
      ]
    }
    if chance(25) { world.limits.inFlightPerOperator = 1 }
    if chance(25) { world.limits.retentionDays = 2 }
    world.limits.rehearses = chance(70)
    if chance(60) { setDays(of: &world, &dice) }
    return world
  }

  /// Few days, and what holds on them.
  private static func setDays(of world: inout MoveWorld, _ dice: inout Dice) {
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &dice) < percent }
    let count = Int.random(in: 1...3, using: &dice)
    world.limits.days = [0, 1, 2, 4].shuffled(using: &dice).prefix(count).sorted().map { WaveTests.day($0) }
    if chance(50) { world.limits.perDay = Int.random(in: 1...2, using: &dice) }
    if count == 1, chance(50) { world.limits.wavesPerDay = 2 }
    if chance(40) { world.limits.inFlightPerOperator = Int.random(in: 1...2, using: &dice) }
    if chance(30) { world.limits.productionPerProject = 2 }
    if chance(20) { world.motive = .disaster }
    let reaches: [Blackout.Reach] = [
      .everything, .operator("o-b"), .operator("o-c"), .region("r-b"), .region("shared"), .cluster("c"), .cluster("d"),
      .project("p0"), .project("p1"), .project("p2"),
    ]
    for _ in 0..<Int.random(in: 0...2, using: &dice) {
      let (from, length) = (Int.random(in: 0...4, using: &dice), Int.random(in: 0...2, using: &dice))
      let reach = reaches.randomElement(using: &dice) ?? .everything
      world.limits.blackouts.append(
        Blackout(from: WaveTests.day(from), until: WaveTests.day(from + length), reach: reach))
    }
  }
}
