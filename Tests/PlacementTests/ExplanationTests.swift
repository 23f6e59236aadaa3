import Foundation
import Model
import Placement
import Testing

@Suite struct ExplanationTests {
  private static func crowded() -> World {
    var world = World()
    world.project.spec.environments = [
      World.environment("dev1", "dev"), World.environment("prod1", "prod", replicas: 2),
    ]
    world.ledger.clusters["idf-2"] = .init(committed: ResourceAmounts(cpu: 99_000), version: 3)
    return world
  }

  @Test("what is explained within some nodes is what is explained with all of them, and only what is placed is")
  func bounded() {
    var (placed, searched) = (0, 0)
    for seed in PropertyTests.seeds {
      let world = World.random(seed)
      let (engine, state) = (world.engine, world.state(for: world.engine))
      let whole = engine.explain(world.request, on: state)
      let plan = whole.plan
      for nodes in [0, 1, plan.nodes - 1, plan.nodes, plan.nodes + 1, 100_000] where nodes >= 0 {
        let explanation = engine.explain(world.request, on: state, within: nodes)
        #expect(explanation.map { $0.decision == whole.decision } ?? true, "seed \(seed), \(nodes) nodes")
        #expect(plan.outcome == .placed || explanation == nil, "seed \(seed), \(nodes) nodes")
        #expect(plan.outcome != .placed || nodes <= plan.nodes || explanation != nil, "seed \(seed), \(nodes) nodes")
        if plan.outcome == .placed, explanation == nil { searched += 1 }
      }
      placed += plan.outcome == .placed ? 1 : 0
    }
    #expect(placed > 10 && searched > 10, "\(placed) placed, \(searched) cut short")
  }

  @Test("what is read one by one is what the whole decision says")
  func parts() throws {
    for seed in PropertyTests.seeds {
      let world = World.random(seed)
      let engine = world.engine
      let explanation = world.explain()
      let decision = explanation.decision
      var plan = explanation.plan
      if plan.outcome == .unplaceable {
        plan.reasons.removeAll { $0.code != .noCandidate }
        plan.conflict = nil
      }
      #expect(engine.plan(world.request, on: world.state(for: engine)) == plan, "seed \(seed)")
      #expect(engine.decide(world.inputs) == decision, "seed \(seed)")
      #expect(explanation.environments == decision.environments.map(\.environment))
      #expect(explanation.candidateCount == engine.clusters.count)
      for (number, environment) in decision.environments.enumerated() {
        #expect(explanation.stage(number) == environment.stage)
        #expect(explanation.replicas(number) == environment.replicas)
        #expect(explanation.lost(number) == environment.lost)
        #expect(explanation.acceptedCount(number) == environment.candidates.count { $0.accepted })
        for (site, candidate) in environment.candidates.enumerated() {
          #expect(engine.site(named: candidate.cluster) == site)
          #expect(explanation.verdict(number, site: site) == candidate)
        }
      }
    }
  }

  @Test("reasons as numbers are those of the verdicts, one by one, in the order of the codes")
  func typedReasons() {
    for seed in PropertyTests.seeds {
      let world = World.random(seed)
      let explanation = world.explain()
      for environment in explanation.environments.indices {
        var found = [[TypedReason]](repeating: [], count: explanation.candidateCount)
        explanation.forEachReason(of: environment) { found[$0].append($1) }
        for (site, reasons) in found.enumerated() {
          let verdict = explanation.verdict(environment, site: site)
          #expect(reasons.map(\.code) == verdict.reasons.map(\.code), "seed \(seed)")
          for reason in reasons { #expect(Self.agrees(reason, verdict.reasons, world), "seed \(seed): \(reason)") }
        }
      }
    }
  }

  /// Whether one of the reasons has the numbers of a typed one.
  private static func agrees(_ typed: TypedReason, _ reasons: [Reason], _ world: World) -> Bool {
    reasons.contains { reason in
      guard reason.code == typed.code else { return false }
      switch typed.code {
      case .ruleRequires, .ruleForbids: return reason.parameters["rule"] == world.policy.rules[typed.item].id
      case .rulePrefers, .ruleAvoids:
        return reason.parameters["rule"] == world.policy.rules[typed.item].id
          && reason.parameters["weight"] == String(typed.needed)
      case .wishMet: return reason.parameters["weight"] == String(typed.needed)
      case .outsideHeldTerm: return reason.parameters["term"] == String(typed.item + 1)
      case .outranked:
        return reason.parameters["score"] == String(typed.needed) && reason.parameters["chosen"] == String(typed.limit)
      case .capacityShort:
        return reason.parameters["resource"] == CountedResource.allCases[typed.item].rawValue
          && reason.parameters["short"].flatMap { Quantity($0) }
            == Quantity(milli: typed.needed - typed.limit + typed.committed)
      default: return true
      }
    }
  }

  @Test("the best come first: chosen, then by score, free capacity and name")
  func best() {
    let explanation = Self.crowded().explain()
    #expect(explanation.environments == ["dev1", "prod1"])
    #expect(explanation.best(9, of: 1).map(\.cluster) == ["ara-1", "idf-1"])
    #expect(explanation.best(1, of: 1).map(\.cluster) == ["ara-1"])
    #expect(explanation.best(-1, of: 0).isEmpty)
    #expect(explanation.acceptedCount(1) == 2)
    var world = World()
    world.cluster("ara-1") { $0.capacity.cpu = Quantity(50) }
    world.cluster("idf-2") { $0.capacity.memory = Quantity("500Gi") }
    world.policy.scoring = .init(balance: 0)
    #expect(world.explain().best(9, of: 0).map(\.cluster) == ["idf-2", "idf-1", "ara-1"])
  }

  @Test("the document keeps the plan, each reason with its clusters, and the best candidates")
  func document() throws {
    let explanation = Self.crowded().explain()
    let document = explanation.record
    #expect(document.plan == explanation.plan)
    let prod = try #require(document.environments.last)
    #expect(prod.candidates == 4 && prod.accepted == 2 && prod.replicas == 2 && prod.stage == "prod")
    #expect(prod.refusals.map(\.reason.code) == [.restrictedZoneReserved, .capacityShort])
    #expect(prod.refusals.map(\.sites.description) == ["1", "3"])
    #expect(prod.refusals[1].reason.parameters == ["resource": "cpu", "needed": "4"])
    #expect(prod.verdicts == nil && !prod.best.isEmpty && explanation.kept(1) == explanation.said(1))
    #expect(prod.lost == explanation.lost(1))
    let bytes = try document.canonicalBytes()
    #expect(try ModelJSON.decoder.decode(DecisionDocument.self, from: bytes) == document)
    #expect(try Self.crowded().explain().record.canonicalBytes() == bytes)
  }

  @Test("a cluster's numbers are a site, a score and at most six parts of it; what ends in nothing is left out")
  func ranked() throws {
    typealias Ranked = DecisionDocument.Ranked
    let plain = Ranked(site: 7, score: 960, components: ScoreComponents(balance: 960))
    let full = Ranked(
      site: 0, score: -4,
      components: ScoreComponents(balance: 1, affinity: 2, stickiness: 3, locality: 4, taints: 5, spread: 6))
    for (ranked, text) in [
      (plain, "[7,960,960]"), (full, "[0,-4,1,2,3,4,5,6]"),
      (Ranked(site: 1, score: 0, components: ScoreComponents()), "[1,0]"),
      (Ranked(site: 2, score: 5, components: ScoreComponents(taints: -1000)), "[2,5,0,0,0,0,-1000]"),
    ] {
      let bytes = try ModelJSON.encoder.encode(ranked)
      #expect(String(decoding: bytes, as: UTF8.self) == text)
      #expect(try ModelJSON.decoder.decode(Ranked.self, from: bytes) == ranked)
    }
    for text in ["[]", "[1]", "[-1,0]", "[0,1,2,3,4,5,6,7,8]", #"["a",1]"#, "{}"] {
      #expect(throws: DecodingError.self, "\(text)") {
        try ModelJSON.decoder.decode(Ranked.self, from: Data(text.utf8))
      }
    }
  }

  @Test("sets of clusters are written as ranges, and read back")
  func ranges() throws {
    let sites = [0, 1, 2, 5, 7, 8]
    let ranges = SiteRanges(sites)
    #expect(ranges.description == "0-2,5,7-8")
    #expect(ranges.sites == sites && ranges.count == 6)
    #expect(ranges.contains(2) && !ranges.contains(3))
    #expect(SiteRanges([]).description.isEmpty)
    let bytes = try ModelJSON.encoder.encode([ranges, SiteRanges([])])
    #expect(try ModelJSON.decoder.decode([SiteRanges].self, from: bytes) == [ranges, SiteRanges([])])
  }

  @Test(
    "what is no ascending list of ranges is refused",
    arguments: ["x", "3-1", "1,1", "4,2", "1-2-3", "-1", "1-", "-", ",", "1,"])
  func badRanges(_ text: String) throws {
    let bytes = try JSONEncoder().encode([text])
    #expect(throws: DecodingError.self) { try ModelJSON.decoder.decode([SiteRanges].self, from: bytes) }
  }

  @Test func `clusters that several rules refuse are counted together`() {
    var world = World()
    world.policy.rules = [
      World.rule("not-ara", .forbid, places: .in("region.name", "ara")),
      World.rule("not-idf-1", .forbid, places: .in("cluster.name", "idf-1")),
    ]
    let lost = world.decide().environments[0].lost.map { "\($0.code.rawValue) \($0.count)" }
    #expect(lost == ["RestrictedZoneReserved 1", "RuleForbids 2"])
  }

  @Test func `a place that a replica has beside the one it keeps is outranked at the score it has there`() {
    var world = World()
    world.place("prod1", on: "idf-1")
    world.place("prod1", on: "idf-2")
    let (engine, explanation) = (world.engine, world.explain())
    #expect(explanation.plan.assignments.map(\.cluster) == ["idf-1"])
    var outranked: [String: [Int64]] = [:]
    explanation.forEachReason(of: 0) { site, reason in
      if reason.code == .outranked { outranked[engine.clusters[site]] = [reason.needed, reason.limit] }
    }
    // What is there adds nothing, and sticks: 960 + 3 × 1000.
    #expect(outranked == ["ara-1": [960, 3960], "idf-2": [3960, 3960]])
    let verdict = explanation.decision.verdict("idf-2")
    #expect(verdict?.reasons == [Reason(.outranked, ["score": "3960", "chosen": "3960"])])
  }
}
