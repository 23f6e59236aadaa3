import Foundation
import Model
import Placement
import Testing

/// The ordered terms of projects come before scores in a batch, too.
@Suite struct BatchTermTests {
  /// Two clusters, of which the policy prefers the second.
  private static func world(_ cores: Int64...) -> BatchWorld {
    var batch = BatchWorld.clusters(cores)
    batch.world.policy.rules = [World.rule("second", .prefer, places: .in("cluster.name", "c1"), weight: 5)]
    return batch
  }

  @Test("a project alone in a batch holds the term that it holds by itself, and that is proven the best")
  func alone() {
    var batch = Self.world(20, 20)
    batch.addHolding("p", cpu: 4, terms: "c0")
    let answer = batch.place()
    #expect(answer.places == ["p→c0"])
    #expect(answer.outcome == .optimal && answer.value.terms == 0)
    #expect(answer["p"]?.isFirstChoice == true && answer["p"]?.plan?.preferenceTerm == 0)
  }

  @Test("who has a term comes before who only likes a place, whoever was first")
  func exchange() {
    var batch = Self.world(4, 20)
    batch.add("a", cpu: 4, likes: "c0", weight: 10)
    batch.addHolding("b", cpu: 4, terms: "c0")
    let answer = batch.place()
    #expect(answer.oneByOne.terms == 1)
    #expect(Set(answer.places) == ["a→c1", "b→c0"])
    #expect(answer.value.terms == 0 && answer.value.isBetter(than: answer.oneByOne))
    // Of two that want the same one has to do without; that nothing better exists is known from trying.
    batch.projects.removeFirst()
    batch.addHolding("c", cpu: 4, terms: "c0", "c1")
    let both = batch.place()
    #expect(both.value.terms == 1 && both.bound.terms == 0 && both.outcome == .optimal)
  }

  @Test("what rules make of chains counts like what they make of places, in what is placed and in its bound")
  func chainRules() {
    var batch = Self.world(20, 20)
    batch.world.zone("ara-usuel") { $0.chain = "common" }
    batch.world.zones.append(
      Resource("ara-sealed", ZoneSpec(region: "ara", sensitivity: .usuel, slug: "aras", chain: "sealed")))
    batch.world.clusters[1].spec.zone = "ara-sealed"
    batch.world.policy.rules.append(World.rule("common", .prefer, chains: .in("chain.name", "common"), weight: 10))
    batch.add("p", cpu: 4)
    let answer = batch.place()
    #expect(answer.places == ["p→c0"] && answer["p"]?.plan?.chain == "common")
    #expect(answer["p"]?.isFirstChoice == true && answer.outcome == .optimal && answer.provenLevels == 3)
    #expect(answer.value.preference == 2000 && answer.bound.preference == 2000)
  }

  /// Production stands in one region and development is new; the only term is the other region, and a rule prefers the
  /// first.
  private static func halfPlaced() -> BatchWorld {
    var batch = BatchWorld()
    batch.world.policy.rules = [World.rule("idf", .prefer, places: .in("region.name", "idf"), weight: 3)]
    var spec = batch.world.project.spec
    spec.environments = [World.environment("dev", "dev"), World.environment("prod", "prod")]
    spec.preferences.terms = [.in("region.name", "ara")]
    let held = ResourceAmounts(cpu: 4_000, memory: 8 << 30)
    batch.world.ledger.clusters["idf-1"] = .init(committed: held, version: 1)
    batch.add(
      Resource("p", spec),
      ExistingPlacement(environment: "prod", replica: 0, cluster: "idf-1", stage: "prod", quota: held))
    return batch
  }

  @Test("what is new holds the term that it holds by itself beside what stays outside of it, and is told so")
  func halfHeld() throws {
    var batch = Self.halfPlaced()
    let answer = batch.place()
    #expect(answer.places == ["p→ara-1", "p→idf-1"])
    #expect(answer.value.terms == 1 && answer.value.newTerms == 0 && answer.bound.newTerms == 0)
    #expect(answer.value.preference == 3600 && answer.bound.preference == 3600)
    #expect(answer["p"]?.isFirstChoice == true && answer.outcome == .optimal)
    #expect(answer["p"]?.plan?.preferenceTerm == nil && answer["p"]?.plan?.preferenceTermOfNew == 0)
    let engine = batch.engine
    let explanation = engine.explain(batch.projects[0], on: batch.state(engine))
    #expect(explanation.plan == answer["p"]?.plan && explanation.record.plan.preferenceTermOfNew == 0)
    let decision = explanation.decision
    #expect(decision.codes("idf-2", environment: 0) == [.rulePrefers, .outsideHeldTerm])
    #expect(decision.verdict("idf-2", environment: 0)?.reasons.last?.parameters == ["term": "1"])
    // What stays was asked for no term.
    #expect(decision.codes("idf-2", environment: 1) == [.rulePrefers, .outranked])
    // Where all stays there is nothing new that could hold one.
    batch.projects[0].project.spec.environments.removeFirst()
    let staying = try #require(batch.place()["p"]?.plan)
    #expect(staying.assignments.map(\.kept) == [true] && staying.preferenceTermOfNew == nil)
    #expect(batch.place().value.newTerms == 0 && batch.place().provenLevels == 2)
  }

  @Test("neither a less full cluster nor a better one is worth the term of what is new")
  func crowdedTerm() {
    var batch = Self.halfPlaced()
    batch.world.ledger.clusters["ara-1"] = .init(committed: ResourceAmounts(cpu: 50_000, memory: 8 << 30), version: 1)
    let answer = batch.place()
    #expect(answer.places == ["p→ara-1", "p→idf-1"])
    #expect(answer.value.newTerms == 0 && answer.value.preference == 3600 && answer.value.fullest == 540)
    #expect(answer.provenLevels == 2 && answer.bound.fullest == 40)
  }

  @Test("what is new has its term before what another project only likes")
  func termOfNewBeforeLiking() {
    var batch = Self.halfPlaced()
    batch.world.cluster("ara-1") { $0.capacity.cpu = Quantity(4) }
    batch.add("q", cpu: 4, likes: "ara-1", weight: 10)
    batch.projects.swapAt(0, 1)
    let answer = batch.place()
    #expect(answer.oneByOne.newTerms == 1 && answer.oneByOne.preference == 3600 + 600 + 2000)
    #expect(answer.value.newTerms == 0 && answer.value.preference == 3600 + 600)
    #expect(answer["p"]?.plan?.assignments.map(\.cluster) == ["ara-1", "idf-1"])
    #expect(!answer.value.isBetter(than: answer.bound))
  }

  @Test("placing more is worth more than a term")
  func more() {
    var batch = Self.world(4, 20)
    batch.addHolding("a", cpu: 4, terms: "c0")
    batch.add("b", cpu: 4, only: ["c0"])
    let answer = batch.place()
    #expect(Set(answer.places) == ["a→c1", "b→c0"])
    #expect(answer.value.placed == 2 && answer.value.terms == 1)
  }

  /// What stands is on a cluster that both chains reach, the new one would best be where only the other chain does.
  @Test("a batch gives what stands no other chain for a term, nor for a less full cluster")
  func chains() {
    var batch = BatchWorld.clusters(20, 6)
    batch.world.regions[1].spec.dataCenters = [.init(name: "idf-a")]
    batch.world.clusters.append(Resource("idf-1", World.cluster("idf-usuel", ["idf-a"], cpu: 20)))
    batch.world.zone("idf-usuel") { $0.chain = "common" }
    var spec = batch.world.project.spec
    spec.environments = [World.environment("new", "prod"), World.environment("old", "prod")]
    spec.preferences.terms = [.in("cluster.name", "idf-1")]
    let held = ResourceAmounts(cpu: 4_000, memory: 8 << 30)
    let old = ExistingPlacement(
      environment: "old", replica: 0, cluster: "c1", stage: "prod", quota: held, chain: "sealed")
    batch.world.ledger.clusters["c1"] = .init(committed: held, version: 1)
    batch.world.ledger.clusters["c0"] = .init(committed: ResourceAmounts(cpu: 14_000, memory: 8 << 30), version: 1)
    batch.add(Resource("p", spec), old)
    let alone = batch.engine.plan(batch.projects[0], on: batch.state(batch.engine))
    #expect(alone.chain == "sealed" && alone.preferenceTerm == nil)
    // Elsewhere it would be less crowded, and hold its term.
    let answer = batch.place()
    #expect(answer["p"]?.plan?.chain == "sealed" && answer["p"]?.plan?.preferenceTerm == nil)
    #expect(answer.value.placed == 1 && answer.value.rechained == 0 && answer.bound.rechained == 0)
    #expect(!answer.value.isBetter(than: answer.bound))
    // Where it has no place otherwise, being placed is worth more than the chain.
    batch.add("q", cpu: 6, only: ["c0"])
    let crowded = batch.place()
    #expect(crowded["p"]?.plan?.chain == "common" && crowded.value.rechained == 1 && crowded.bound.rechained == 0)
    #expect(crowded.value.placed == 2)
  }

  @Test("an objective that was stored before chains were held is read; fewer other chains are better than any term")
  func objective() throws {
    let stored = Data(#"{"placed":1,"terms":2,"preference":3,"fullest":4}"#.utf8)
    let read = try ModelJSON.decoder.decode(BatchObjective.self, from: stored)
    #expect(read == BatchObjective(placed: 1, terms: 2, preference: 3, fullest: 4))
    let other = BatchObjective(placed: 1, rechained: 1, terms: 0, preference: 9, fullest: 0)
    #expect(read.isBetter(than: other) && !other.isBetter(than: read))
    #expect(try ModelJSON.decoder.decode(BatchObjective.self, from: ModelJSON.encoder.encode(other)) == other)
    // What is new comes after the whole, and before any score.
    let later = BatchObjective(placed: 1, terms: 2, newTerms: 1, preference: 9, fullest: 0)
    #expect(read.isBetter(than: later) && !later.isBetter(than: read))
    #expect(later.isBetter(than: BatchObjective(placed: 1, terms: 3, preference: 9, fullest: 0)))
    #expect(try ModelJSON.decoder.decode(BatchObjective.self, from: ModelJSON.encoder.encode(later)) == later)
  }

  @Test("one project’s batch holds the term of its decision; no batch holds later ones than one by one")
  func properties() {
    var held = 0
    for seed in 1...60 as ClosedRange<UInt64> {
      var batch = BatchWorld.random(seed)
      (batch.allOrNothing, batch.nodeBudget) = (false, 20_000)
      var numbers = SeededGenerator(seed)
      for index in batch.projects.indices {
        batch.projects[index].keepExisting = true
        let names = (0..<3).map { _ in numbers.pick(batch.world.clusters).name }
        batch.projects[index].project.spec.preferences.terms = [
          .in("cluster.name", names[0], names[1]), .in("cluster.name", names[1], names[2]),
        ]
      }
      let answer = batch.place()
      if answer.value.placed == answer.oneByOne.placed {
        #expect(answer.value.terms <= answer.oneByOne.terms, "seed \(seed)")
      }
      let terms = answer.placed.map { entry in
        entry.plan?.preferenceTerm ?? batch.projects[entry.position].project.spec.preferences.terms.count
      }
      #expect(answer.value.terms == terms.reduce(0, +), "seed \(seed)")
      let newTerms = answer.placed.map { entry -> Int in
        guard let plan = entry.plan, plan.preferenceTerm == nil else { return 0 }
        return plan.assignments.allSatisfy(\.kept) ? 0 : plan.preferenceTermOfNew ?? 2
      }
      #expect(answer.value.newTerms == newTerms.reduce(0, +), "seed \(seed)")
      #expect(!answer.value.isBetter(than: answer.bound) || answer.value == answer.bound, "seed \(seed)")
      var single = batch
      single.projects = [batch.projects[0]]
      let engine = single.engine
      let decision = engine.plan(single.projects[0], on: single.state(engine))
      guard let entry = single.place().placed.first else { continue }
      #expect(entry.plan?.preferenceTerm == decision.preferenceTerm, "seed \(seed)")
      held += decision.preferenceTerm == nil ? 0 : 1
    }
    #expect(held > 5)
  }
}

extension BatchWorld {
  fileprivate mutating func addHolding(_ name: String, cpu: Int64, terms: String...) {
    add(name, cpu: cpu)
    projects[projects.count - 1].project.spec.preferences.terms = terms.map { .in("cluster.name", $0) }
  }
}
