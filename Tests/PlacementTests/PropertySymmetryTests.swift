import Foundation
import Model
import Placement
import Testing

/// What must not matter: the order of lists, what regions and clusters are called, and who asks how often.
@Suite struct PropertySymmetryTests {
  @Test("the order of lists changes no byte, wherever it says nothing")
  func permutation() throws {
    for seed in Scenario.seeds(150) {
      var scenario = Scenario.random(seed)
      let bytes = try scenario.decide().canonicalBytes()
      var numbers = SeededGenerator(seed &+ 1_000)
      scenario.shuffle(&numbers)
      #expect(try scenario.decide().canonicalBytes() == bytes, "seed \(seed)")
    }
  }

  @Test("other names for regions and clusters in the same order change nothing but the names")
  func renamingInOrder() throws {
    for seed in Scenario.seeds(150) {
      let scenario = Scenario.random(seed).plainlyNamed
      let names = scenario.table { "\($0)9\($1)9" }
      let renamed = try scenario.decide().renamed(names)
      #expect(scenario.renamed(names).decide() == renamed, "seed \(seed)")
    }
  }

  @Test("other names for regions in any order change nothing but the names, and the order of reasons that hold them")
  func renamingRegions() throws {
    for seed in Scenario.seeds(150) {
      let scenario = Scenario.random(seed).plainlyNamed
      let names = scenario.table { $0 == "region" ? "region9\(99 - $1)9" : "\($0)00\($1)" }
      #expect(
        try scenario.renamed(names).decide().sorted == scenario.decide().renamed(names).sorted, "seed \(seed)")
    }
  }

  /// The promise: names break ties and nothing else. So with other names in another order the outcome, what every
  /// cluster says by itself and the worth of the whole stay; which of equally good assignments is taken may change.
  @Test("other names for clusters in any order change no verdict, no outcome, and not what the whole is worth")
  func renamingClusters() throws {
    for seed in Scenario.seeds(150) {
      let scenario = Scenario.random(seed).plainlyNamed
      let names = scenario.table { "\($0)9\(99 - $1)9" }
      let other = scenario.renamed(names)
      let (before, after) = (try scenario.decide().renamed(names).sorted, other.decide().sorted)
      guard before.outcome != .undecided, after.outcome != .undecided else { continue }
      #expect(after.outcome == before.outcome, "seed \(seed)")
      #expect(after.obstacles == before.obstacles, "seed \(seed)")
      #expect(after.environments.map(\.lost) == before.environments.map(\.lost), "seed \(seed)")
      #expect(after.byThemselves == before.byThemselves, "seed \(seed)")
      guard after.outcome == .placed else { continue }
      let value = NaiveAssignments(other).value(after.naive)
      #expect(value == NaiveAssignments(other).value(before.naive), "seed \(seed)")
      #expect(after.chain == before.chain && after.preferenceTerm == before.preferenceTerm, "seed \(seed)")
    }
  }

  @Test("the same inputs give the same bytes, again, and after they were written down and read")
  func determinism() throws {
    for seed in Scenario.seeds(150) {
      let scenario = Scenario.random(seed)
      let bytes = try scenario.decide().canonicalBytes()
      #expect(try scenario.decide().canonicalBytes() == bytes, "seed \(seed)")
      let written = try ModelJSON.encoder.encode(scenario)
      let read = try ModelJSON.decoder.decode(Scenario.self, from: written)
      #expect(read == scenario, "seed \(seed)")
      #expect(try read.decide().canonicalBytes() == bytes, "seed \(seed)")
      #expect(try ModelJSON.decoder.decode(Decision.self, from: bytes).canonicalBytes() == bytes, "seed \(seed)")
    }
  }

  @Test("a larger budget changes no answer that was decided, and no search visits more nodes than it may")
  func budgets() {
    for seed in Scenario.seeds(100) {
      var scenario = Scenario.random(seed)
      scenario.nodeBudget = 1_000_000
      let settled = scenario.decide()
      for budget in [1, 2, 3, 5, 8, 13, 30, 100, 1_000] {
        scenario.nodeBudget = budget
        var decision = scenario.decide()
        #expect(decision.nodes <= budget, "seed \(seed), budget \(budget)")
        if decision.outcome == .undecided {
          #expect(decision.reasons.map(\.code) == [.budgetExhausted], "seed \(seed), budget \(budget)")
          continue
        }
        decision.nodes = settled.nodes
        #expect(decision == settled, "seed \(seed), budget \(budget)")
      }
    }
  }
}

extension Decision {
  /// What stands in the way, but for the name of the place that is the example of it: of places that are alike in
  /// everything else, the first by name is.
  fileprivate var obstacles: [NaiveReason] {
    reasons.map { reason in
      var reason = NaiveReason(reason)
      reason.about["name"] = nil
      reason.about["zone"] = nil
      return reason
    }.sorted()
  }

  /// What the clusters say by themselves, without what depends on which assignment was taken.
  fileprivate var byThemselves: [[CandidateVerdict]] {
    environments.map { explanation in
      explanation.candidates.map { verdict in
        var verdict = verdict
        verdict.chosen = []
        verdict.reasons.removeAll { [.outranked, .outsideHeldTerm].contains($0.code) }
        return verdict
      }
    }
  }
}

extension Scenario {
  /// Shuffles every list whose order says nothing. Terms, capacity rules and rules have their order by the
  /// specification.
  fileprivate mutating func shuffle(_ numbers: inout SeededGenerator) {
    operators.shuffle(using: &numbers)
    regions.shuffle(using: &numbers)
    zones.shuffle(using: &numbers)
    clusters.shuffle(using: &numbers)
    chains.shuffle(using: &numbers)
    policy.dataClasses.shuffle(using: &numbers)
    existing.shuffle(using: &numbers)
    derogations.shuffle(using: &numbers)
    staleZones.shuffle(using: &numbers)
    project.spec.environments.shuffle(using: &numbers)
    project.spec.dataClasses.shuffle(using: &numbers)
    project.spec.services.shuffle(using: &numbers)
    project.spec.interconnections.shuffle(using: &numbers)
    project.spec.tolerations.shuffle(using: &numbers)
    project.spec.preferences.weighted.shuffle(using: &numbers)
    for index in regions.indices {
      regions[index].spec.dataCenters.shuffle(using: &numbers)
      regions[index].spec.qualifications.shuffle(using: &numbers)
      regions[index].spec.services.shuffle(using: &numbers)
      regions[index].spec.interconnections.shuffle(using: &numbers)
      regions[index].spec.audience.organisations.shuffle(using: &numbers)
      regions[index].spec.taints.shuffle(using: &numbers)
    }
    for index in clusters.indices {
      clusters[index].spec.dataCenters.shuffle(using: &numbers)
      clusters[index].spec.stages.shuffle(using: &numbers)
      clusters[index].spec.projects.shuffle(using: &numbers)
    }
    for index in chains.indices {
      chains[index].spec.regions.shuffle(using: &numbers)
      chains[index].spec.sensitivities.shuffle(using: &numbers)
    }
  }
}
