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
