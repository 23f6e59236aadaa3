import Model
import Testing

@testable import Placement

/// The page that answers show, made without the verdicts that it stands for.
@Suite struct PageTests {
  @Test("a page says of the best clusters what their verdicts say, in the same order")
  func sameAsBest() {
    var (rules, kept, others) = (0, 0, 0)
    for seed in PropertyTests.seeds {
      let world = Self.opinionated(seed)
      let (engine, explanation) = (world.engine, world.explain())
      let told = RuleReasons(of: engine)
      for environment in explanation.environments.indices {
        for count in [1, 3, 20] {
          let page = explanation.page(count, of: environment, rules: told)
          let verdicts = page.map { Self.verdict($0, in: engine, told) }
          #expect(verdicts == explanation.best(count, of: environment), "seed \(seed), best \(count)")
        }
        for candidate in explanation.page(20, of: environment, rules: told) {
          rules += candidate.told.count { if case .rule = $0 { true } else { false } }
          others += candidate.told.count { if case .reason = $0 { true } else { false } }
          if candidate.components.stickiness > 0 { kept += 1 }
        }
      }
    }
    // Worlds without any of them would prove nothing.
    #expect(rules > 200 && kept > 20 && others > 200, "\(rules) rules, \(kept) kept, \(others) others")
  }

  @Test func `of a cluster that was not taken a page tells why, as its verdict does`() {
    var (termed, pinned) = (World(), World())
    termed.project.spec.preferences.terms = [.in("region.name", "idf")]
    pinned.pins = [Pin(environment: "prod1", replica: 0, cluster: "idf-2")]
    let cases: [(world: World, told: [String])] = [
      (World(), ["ara-1", "idf-1 Outranked", "idf-2 Outranked"]),
      (termed, ["idf-1", "ara-1 OutsideHeldTerm", "idf-2 Outranked"]),
      (pinned, ["idf-2", "ara-1 PinnedElsewhere", "idf-1 PinnedElsewhere"]),
    ]
    for (world, told) in cases {
      let (engine, explanation) = (world.engine, world.explain())
      let rules = RuleReasons(of: engine)
      let verdicts = explanation.page(20, of: 0, rules: rules).map { Self.verdict($0, in: engine, rules) }
      let texts = verdicts.map { ([$0.cluster] + $0.reasons.map(\.code.rawValue)).joined(separator: " ") }
      #expect(texts == told)
      #expect(verdicts == explanation.best(20, of: 0))
    }
  }

  /// A world of which much is to be told: rules whose motives are not in the order of their numbers, wishes and soft taints.
  private static func opinionated(_ seed: UInt64) -> World {
    var world = World.random(seed)
    var numbers = SeededGenerator(seed)
    for number in 0..<6 {
      let effect: PolicySpec.Effect = numbers.pick([.prefer, .avoid])
      world.policy.rules.append(
        PolicySpec.Rule(
          id: "opinion-\(number)", motive: LocalizedText(fr: "motif \(numbers.pick([1, 2, 3]))"),
          subject: LabelSelector(), effect: effect,
          places: .in("region.name", numbers.pick(["region-0", "region-1", "region-2"])),
          weight: numbers.pick([-3, 1, 4])))
    }
    world.project.spec.preferences.weighted += [3, 1, -2].map { weight in
      ProjectSpec.WeightedTerm(weight: weight, target: .in("zone.slug", "z\(numbers.pick([0, 1, 2, 3]))"))
    }
    for region in world.regions.map(\.name) where numbers.chance(50) {
      world.region(region) { region in
        region.taints += ["b", "a"].map { Taint(key: $0, effect: .preferNoPlacement) }
      }
    }
    if numbers.chance(90) {
      // Some of what is there may have lost its right to be there since.
      world.existing = world.decide().assignments.map {
        ExistingPlacement(
          environment: $0.environment, replica: $0.replica, cluster: $0.cluster, stage: $0.stage, quota: $0.quota)
      }
      if numbers.chance(50), let there = world.existing.first { world.cluster(there.cluster) { $0.state = .cordoned } }
    }
    return world
  }

  private static func verdict(
    _ candidate: RankedCandidate, in engine: Engine, _ rules: RuleReasons
  ) -> CandidateVerdict {
    let place = engine.place(candidate.site)
    return CandidateVerdict(
      cluster: engine.clusters[candidate.site], zone: place.zone, region: place.region, operator: place.operator,
      accepted: true, chosen: candidate.chosen,
      reasons: candidate.told.compactMap { told in
        switch told {
        case .rule(let number): rules.reasons[number]
        case .outranked(let score, let chosen):
          Reason(.outranked, ["score": String(score), "chosen": String(chosen)])
        case .reason(let reason): reason
        }
      }, score: candidate.score, components: candidate.components)
  }
}
