import Model
import Placement
import Testing

@Suite struct ObstacleTests {
  private static func twice(_ cpu: Int64 = 60) -> World {
    var world = World()
    world.clusters.removeAll { $0.name.hasPrefix("idf") }
    world.project.spec.environments = [World.environment("prod1", "prod", cpu: cpu, replicas: 2)]
    return world
  }

  @Test("where no constraint stands alone in the way, an irreducible set is named")
  func together() {
    var world = Self.twice()
    world.chains.removeAll { $0.name == "sealed" }
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable && decision.conflict == .together)
    // One cluster is left, and the other one can be reached by no chain.
    #expect(decision.reasons.map(\.code) == [.chainCannotDeliver, .spreadUnsatisfiable])
  }

  @Test("each constraint that would help alone is named, and helps")
  func alone() {
    let world = Self.twice(4)
    let decision = world.decide()
    #expect(decision.conflict == .alone)
    #expect(decision.reasons.map(\.code) == [.restrictedZoneReserved, .spreadUnsatisfiable])
    var relaxed = world
    relaxed.project.spec.environments[0].replicas = 1
    #expect(relaxed.decide().outcome == .placed)
    relaxed = world
    relaxed.zone("idf-dr") { $0.sensitivity = .usuel }
    #expect(relaxed.decide().outcome == .placed)
  }

  @Test("a rule on chains that alone stands in the way is named")
  func chainRule() {
    var world = World()
    world.policy.rules = [World.rule("no-chain", .forbid, chains: .term("chain.name", .exists))]
    let decision = world.decide()
    #expect(decision.conflict == .alone)
    #expect(decision.reasons.contains { $0.code == .ruleForbids && $0.parameters["rule"] == "no-chain" })
    #expect(decision.reasons.contains { $0.code == .noCandidate })
  }

  @Test("of two rules that refuse every chain none stands alone in the way: without the one there is still the other")
  func twoChainRules() {
    var world = World()
    world.policy.rules = ["no-chain", "none-either"].map {
      World.rule($0, .forbid, chains: .term("chain.name", .exists))
    }
    let decision = world.decide()
    #expect(decision.conflict == .alone)
    #expect(decision.reasons.map(\.code) == [.chainCannotDeliver, .noCandidate])
    world.policy.rules.removeFirst()
    #expect(world.decide().reasons.contains { $0.code == .ruleForbids && $0.parameters["rule"] == "none-either" })
  }

  @Test("what stands in the way does not depend on the budget")
  func budget() {
    for seed in PropertyTests.seeds {
      var world = World.random(seed)
      let decision = world.decide()
      guard decision.outcome == .unplaceable else { continue }
      for budget in [1, 3, 50] {
        world.nodeBudget = budget
        let other = world.decide()
        if other.outcome == .unplaceable {
          #expect(other.reasons == decision.reasons && other.conflict == decision.conflict, "seed \(seed)")
        }
      }
    }
  }

  @Test("every unplaceable project is told what stands in the way")
  func always() {
    for seed in PropertyTests.seeds {
      let decision = World.random(seed).decide()
      guard decision.outcome == .unplaceable else { continue }
      #expect(decision.conflict != nil, "seed \(seed)")
      #expect(decision.reasons.contains { $0.code != .noCandidate }, "seed \(seed)")
    }
  }

  @Test("on a cluster that promised too much, what is short makes up for that as well")
  func overPromised() {
    var world = World()
    world.ledger.clusters["ara-1"] = .init(committed: ResourceAmounts(cpu: 120_000))
    let reason = world.decide().verdict("ara-1")?.topReason
    #expect(reason?.parameters["short"] == "24" && reason?.parameters["free"] == "0")
  }
}
