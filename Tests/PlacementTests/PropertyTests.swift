import Foundation
import Model
import Placement
import Testing

/// Properties that hold in any world. A failure names its seed.
@Suite struct PropertyTests {
  static let seeds: [UInt64] = Array(1...120)

  @Test("the random worlds are worth it: many are placed, many are not, and few are undecided")
  func worldsAreVaried() {
    let outcomes = Self.seeds.map { World.random($0).decide().outcome }
    #expect(outcomes.count { $0 == .placed } > 15)
    #expect(outcomes.count { $0 == .unplaceable } > 15)
    #expect(!outcomes.contains(.undecided))
  }

  @Test("the order of inputs changes no byte")
  func permutation() throws {
    for seed in Self.seeds {
      var world = World.random(seed)
      let bytes = try world.decide().canonicalBytes()
      var numbers = SeededGenerator(seed)
      world.operators.shuffle(using: &numbers)
      world.regions.shuffle(using: &numbers)
      world.zones.shuffle(using: &numbers)
      world.clusters.shuffle(using: &numbers)
      world.chains.shuffle(using: &numbers)
      world.project.spec.environments.shuffle(using: &numbers)
      #expect(try world.decide().canonicalBytes() == bytes, "seed \(seed)")
    }
  }

  @Test("an ineligible cluster more changes no assignment, wherever its name comes")
  func ineligibleCluster() {
    for seed in Self.seeds {
      var world = World.random(seed)
      let before = world.decide()
      for name in ["a-first", "z-last"] {
        var cluster = World.cluster("zone-0", ["z"], cpu: 100_000)
        cluster.state = .closed
        world.clusters.append(Resource(name, cluster))
      }
      let after = world.decide()
      #expect(after.assignments == before.assignments, "seed \(seed)")
      #expect(after.outcome == before.outcome && after.chain == before.chain, "seed \(seed)")
      #expect(after.environments.allSatisfy { $0.candidates.count == 9 }, "seed \(seed)")
    }
  }

  @Test("raising the capacity of a cluster that stays too small changes no assignment")
  func stillTooSmall() {
    for seed in Self.seeds {
      var world = World.random(seed)
      world.clusters.append(Resource("tiny", World.cluster("zone-0", ["a"], cpu: 1)))
      let before = world.decide()
      world.cluster("tiny") { $0.capacity.cpu = Quantity("1500m") }
      #expect(world.decide().assignments == before.assignments, "seed \(seed)")
    }
  }

  @Test("no assignment violates a restriction, and every one is complete")
  func noViolation() {
    for seed in Self.seeds {
      let world = World.random(seed)
      let decision = world.decide()
      guard decision.outcome == .placed else {
        #expect(decision.assignments.isEmpty && !decision.reasons.isEmpty, "seed \(seed)")
        continue
      }
      let choices = decision.assignments.map {
        NaiveChecker.Choice(environment: $0.environment, replica: $0.replica, cluster: $0.cluster)
      }
      let violations = NaiveChecker(world: world).violations(choices, chain: decision.chain ?? "")
      #expect(violations.isEmpty, "seed \(seed): \(violations)")
      #expect(choices.count == world.project.spec.environments.reduce(0) { $0 + ($1.replicas ?? 1) }, "seed \(seed)")
    }
  }

  @Test(
    "the search finds an assignment whenever there is one, and the best one",
    arguments: 1...60 as ClosedRange<UInt64>)
  func bruteForce(_ seed: UInt64) {
    var world = World.random(seed)
    world.project.spec.environments = Array(world.project.spec.environments.prefix(2))
    if world.project.spec.environments.count == 2 { world.project.spec.environments[0].replicas = nil }
    world.policy.rules.removeAll { $0.chains != nil && $0.signed != 0 }
    let decision = world.decide()
    let best = BruteForce(world: world, decision: decision).best
    guard decision.outcome == .placed else {
      #expect(best == nil, "seed \(seed)")
      return
    }
    let found = BruteForce.Value(
      moves: decision.assignments.count { $0.movedFrom != nil && $0.isAnchored(in: world, decision) },
      score: decision.assignments.reduce(0) { $0 + $1.score })
    #expect(found == best, "seed \(seed)")
  }

  @Test("relaxing a constraint never shrinks what is possible")
  func relaxation() {
    let relaxations: [(String, (inout World) -> Void)] = [
      ("no rules", { $0.policy.rules = [] }),
      ("one rule less", { if !$0.policy.rules.isEmpty { $0.policy.rules.removeFirst() } }),
      ("open", { world in for region in world.regions { world.region(region.name) { $0.state = .open } } }),
      ("no taints", { world in for region in world.regions { world.region(region.name) { $0.taints = [] } } }),
      ("larger", { world in world.clusters.forEach { world.cluster($0.name) { $0.capacity.cpu = Quantity(500) } } }),
      ("no spread", { $0.project.spec.spread = [] }),
      ("fresh", { $0.staleZones = [] }),
      ("tolerant", { $0.project.spec.tolerations = [Toleration(operator: .exists)] }),
      ("any chain", { world in for zone in world.zones { world.zone(zone.name) { $0.chain = nil } } }),
      (
        "more chains",
        { world in
          for chain in world.chains { world.chain(chain.name) { $0.regions = ["region-0", "region-1", "region-2"] } }
        }
      ),
    ]
    for seed in Self.seeds {
      let before = World.random(seed).decide()
      for (name, relax) in relaxations {
        var world = World.random(seed)
        relax(&world)
        let after = world.decide()
        for (old, new) in zip(before.environments, after.environments) {
          let lost = zip(old.candidates, new.candidates).filter { $0.accepted && !$1.accepted }
          #expect(lost.isEmpty, "seed \(seed), \(name)")
        }
        // A place that opens is eligible, and a hard spread then wants it filled as well: as in Kubernetes. Neither room
        // nor a heartbeat opens one.
        let opensNothing = ["no spread", "larger", "fresh"].contains(name)
        guard opensNothing || world.project.spec.spread.isEmpty else { continue }
        if before.outcome == .placed { #expect(after.outcome == .placed, "seed \(seed), \(name)") }
      }
    }
  }

  @Test("placing again what was placed keeps every replica where it is")
  func stability() {
    for seed in Self.seeds {
      var world = World.random(seed)
      let first = world.decide()
      guard first.outcome == .placed else { continue }
      world.existing = first.assignments.map {
        ExistingPlacement(
          environment: $0.environment, replica: $0.replica, cluster: $0.cluster, stage: $0.stage, quota: $0.quota)
      }
      for assignment in first.assignments where !assignment.kept {
        world.ledger.clusters[assignment.cluster, default: .init()].committed.cpu += assignment.quota.cpu
        world.ledger.clusters[assignment.cluster, default: .init()].committed.memory += assignment.quota.memory
      }
      let second = world.decide()
      #expect(second.places == first.places, "seed \(seed)")
      #expect(second.assignments.allSatisfy { $0.kept }, "seed \(seed)")
    }
  }
}

extension PolicySpec.Rule {
  fileprivate var signed: Int { effect == .prefer || effect == .avoid ? weight ?? 1 : 0 }
}
