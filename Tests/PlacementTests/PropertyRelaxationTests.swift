import Model
import Placement
import Testing

/// More freedom, and freedom elsewhere.
@Suite struct PropertyRelaxationTests {
  /// Worlds in which one thing is in the way that it seldom is at random.
  private static var narrow: [(String, Scenario)] {
    var (chains, centres, promises, spread) = (Scenario.calm, Scenario.calm, Scenario.calm, Scenario.calm)
    chains.eachChain { $0.audience.organisations = ["others"] }
    centres.eachCluster { $0.dataCenters = ["a"] }
    centres.project.spec.residency = .init(subdivisions: ["FR-IDF"])
    promises.policy.capacity = [.init(id: "half", overcommit: Quantity(milli: 500))]
    promises.project.spec.environments = [Scenario.environment("prod", "prod", cpu: 60)]
    for name in ["c1", "c2"] { spread.cluster(name) { $0.capacity.cpu = Quantity(4) } }
    spread.project.spec.environments[1].replicas = 4
    spread.project.spec.environments[1].distinct = .cluster
    spread.project.spec.spread = [.init(topology: .region)]
    // Two places are full; or the third one is, and has room for one once less is promised there; or is not heard.
    var (crowded, unheard) = (Scenario.calm, Scenario.calm)
    crowded.project.spec.environments = (0..<6).map { Scenario.environment("e\($0)", "prod", cpu: 1) }
    crowded.project.spec.spread = [.init(topology: .region, maxSkew: 3)]
    unheard.project.spec = crowded.project.spec
    unheard.staleZones = ["alp-u"]
    for name in ["c2", "c5"] { crowded.cluster(name) { $0.capacity.cpu = Quantity(3) } }
    crowded.cluster("c1") { $0.capacity.cpu = Quantity(1) }
    crowded.ledger.clusters["c1"] = .init(committed: ResourceAmounts(cpu: 500), version: 1)
    // A limit of a contract only refuses what grows.
    var limits = Scenario.calm
    limits.policy.limits = [.init(subject: LabelSelector(), production: ResourceList(cpu: Quantity(1)))]
    // Of many random rules the first seldom is the only one that takes something away.
    var rules = Scenario.calm
    rules.policy.rules = [Scenario.rule("rule-0", .forbid, places: .in("cluster.name", "c1"))]
    let spreads = Scenario.spreads.map { ($0.name, $0.scenario) }
    return spreads + [
      ("chains", chains), ("data centres", centres), ("promises", promises), ("spread", spread),
      ("crowded", crowded), ("unheard", unheard), ("limits", limits), ("rules", rules),
    ]
  }

  /// What may not break a hard spread: anything else may open a place, which then is eligible and wants to be filled, or
  /// take away what fills one. So it is in Kubernetes. Neither room nor what agents say opens a place.
  private static let ofSpreads = [
    "no spread", "soft spreads", "wider spreads", "nothing kept together", "no terms", "larger clusters",
    "ten times as much may be promised", "no contractual limits", "smaller quotas", "nothing is promised",
    "all agents are heard", "copies on distinct clusters only",
  ]

  @Test("a weaker constraint takes no cluster away, and leaves what was placed placeable: each kind of constraint")
  func relaxing() {
    var gained: [String: Int] = [:]
    let seeds = Scenario.seeds(160)
    let random = seeds.map {
      ("seed \($0)", Scenario.random($0, twists: $0.isMultiple(of: 2) ? Twist.all : Twist.structure))
    }
    for (seed, world) in random + Self.narrow {
      var scenario = world
      scenario.nodeBudget = 1_000_000
      let before = scenario.decide()
      for relaxation in Relaxation.all where !scenario.mentions(relaxation.attributes) {
        var relaxed = scenario
        relaxation.apply(&relaxed)
        guard relaxed != scenario else { continue }
        let after = relaxed.decide()
        for old in before.environments {
          guard let new = after.environments.first(where: { $0.environment == old.environment }) else { continue }
          let lost = zip(old.candidates, new.candidates).filter { $0.accepted && !$1.accepted }
          #expect(lost.isEmpty, "\(seed), \(relaxation.name): \(lost.map(\.1))")
          let won = zip(old.candidates, new.candidates).count { !$0.accepted && $1.accepted }
          gained[relaxation.name, default: 0] += won
        }
        if !scenario.isSpreadHard || Self.ofSpreads.contains(relaxation.name) {
          #expect(before.outcome != .placed || after.outcome == .placed, "\(seed), \(relaxation.name)")
        }
        if before.outcome != .placed, after.outcome == .placed { gained[relaxation.name, default: 0] += 1 }
      }
    }
    guard seeds.count >= 160 else { return }
    // Terms only prefer: to have none opens nothing.
    let idle = Relaxation.all.map(\.name).filter { gained[$0, default: 0] == 0 }
    #expect(idle == ["no terms"], "these never mattered")
  }

  @Test("a region that can host nothing changes nothing for the others, whatever it is called")
  func ineligibleRegion() {
    for seed in Scenario.seeds(120) {
      let scenario = Scenario.random(seed)
      let before = scenario.decide()
      for name in ["0-first", "zz-last"] {
        var more = scenario
        var region = Scenario.region("north", "FR-OCC")
        region.state = .closed
        more.regions.append(Resource(name, region))
        more.zones.append(Resource(name, ZoneSpec(region: name, sensitivity: .usuel, slug: "more")))
        more.clusters.append(Resource(name, Scenario.cluster(name, ["a"], cpu: 100_000)))
        let after = more.decide()
        #expect(after.outcome == before.outcome && after.chain == before.chain, "seed \(seed), \(name)")
        #expect(after.assignments == before.assignments, "seed \(seed), \(name)")
        #expect(after.preferenceTerm == before.preferenceTerm && after.nodes == before.nodes, "seed \(seed), \(name)")
        for (new, old) in zip(after.environments, before.environments) {
          let others = new.candidates.filter { $0.cluster != name }
          #expect(others == old.candidates, "seed \(seed), \(name)")
          let verdict = new.candidates.first { $0.cluster == name }
          #expect(verdict?.accepted == false, "seed \(seed), \(name)")
        }
      }
    }
  }

  @Test("a cluster of a zone that is not there changes nothing at all but that it is judged as well")
  func danglingCluster() {
    for seed in Scenario.seeds(80) {
      var scenario = Scenario.random(seed)
      let before = scenario.decide()
      scenario.clusters.append(Resource("a-ghost", Scenario.cluster("nowhere", ["a"])))
      let after = scenario.decide()
      #expect(after.outcome == before.outcome && after.assignments == before.assignments, "seed \(seed)")
      let told = before.reasons.filter { $0.code != .noCandidate }
      #expect(after.reasons.filter { $0.code != .noCandidate } == told, "seed \(seed)")
    }
  }

  @Test("a cluster that grows and stays too small changes its own amounts and nothing else")
  func stillTooSmall() {
    for seed in Scenario.seeds(120) {
      var scenario = Scenario.random(seed)
      var numbers = SeededGenerator(seed)
      scenario.policy.capacity = []
      let known = scenario.clusters.filter { scenario.place(of: $0.name) != nil }
      guard !known.isEmpty else { continue }
      var tiny = numbers.pick(known)
      tiny.metadata.name = numbers.pick(["0-tiny", "zz-tiny"])
      tiny.spec.capacity.cpu = Quantity("1100m")
      scenario.clusters.append(tiny)
      let before = scenario.decide()
      scenario.cluster(tiny.name) { $0.capacity.cpu = Quantity("3999m") }
      let after = scenario.decide()
      #expect(after.assignments == before.assignments && after.outcome == before.outcome, "seed \(seed)")
      let told = [before, after].map { $0.reasons.filter { $0.parameters["cluster"] != tiny.name } }
      #expect(told[1] == told[0] && after.nodes == before.nodes, "seed \(seed)")
      for (new, old) in zip(after.environments, before.environments) {
        #expect(new.lost == old.lost, "seed \(seed)")
        for (newer, older) in zip(new.candidates, old.candidates) where newer.cluster != tiny.name {
          #expect(newer == older, "seed \(seed)")
        }
        let verdict = new.candidates.first { $0.cluster == tiny.name }
        #expect(verdict?.reasons.contains { $0.code == .capacityNeverFits } == true, "seed \(seed)")
      }
    }
  }
}

extension Scenario {
  fileprivate var isSpreadHard: Bool { project.spec.spread.contains { $0.whenUnsatisfiable != .placeAnyway } }
}
