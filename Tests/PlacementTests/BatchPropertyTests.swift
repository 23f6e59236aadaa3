import Foundation
import Model
import Placement
import Testing

/// Properties of any batch. A failure names its seed.
@Suite struct BatchPropertyTests {
  static let seeds: [UInt64] = Array(1...80)

  @Test("the random batches are worth it: some gain by searching, some are proven, some are not")
  func batchesAreVaried() {
    let answers = Self.seeds.map { BatchWorld.random($0).place() }
    #expect(answers.count { $0.value.isBetter(than: $0.oneByOne) } > 5)
    #expect(answers.count { $0.value.placed > $0.oneByOne.placed } > 1)
    for outcome in BatchAnswer.Outcome.allCases { #expect(answers.count { $0.outcome == outcome } > 3, "\(outcome)") }
    for status: BatchEntry.Status in [.placed, .unplaceable, .crowdedOut, .wouldMove, .withheld] {
      #expect(answers.contains { $0.entries.contains { $0.status == status } }, "\(status)")
    }
    #expect(answers.contains { $0.placed.contains { !$0.isFirstChoice } })
  }

  @Test("never worse than one by one in the given order, never better than the bound")
  func betweenOneByOneAndBound() {
    for seed in Self.seeds {
      let batch = BatchWorld.random(seed)
      let answer = batch.place()
      let engine = batch.engine
      var ledger = BatchLedger(batch.state(engine), engine)
      var placed = 0
      for var request in batch.projects {
        if batch.mayMove { request.mayMove = true } else { request.keepExisting = true }
        let plan = engine.plan(request, on: ledger.state)
        guard plan.outcome == .placed, batch.mayMove || plan.assignments.allSatisfy({ $0.movedFrom == nil }) else {
          continue
        }
        let fits = ledger.commit(plan, of: request)
        #expect(fits, "seed \(seed)")
        placed += 1
      }
      #expect(answer.oneByOne.placed == placed, "seed \(seed)")
      #expect(answer.oneByOne.preference == ledger.preference, "seed \(seed)")
      #expect(!answer.value.isBetter(than: answer.bound) || answer.value == answer.bound, "seed \(seed)")
      if batch.allOrNothing && answer.placed.isEmpty { continue }
      #expect(!answer.oneByOne.isBetter(than: answer.value), "seed \(seed)")
      #expect(answer.value.placed <= answer.bound.placed, "seed \(seed)")
      #expect(answer.value.preference <= answer.bound.preference, "seed \(seed)")
      #expect(answer.value.fullest >= answer.bound.fullest, "seed \(seed)")
    }
  }

  @Test("committed in the reported order every plan holds, is legal, and says what the engine says of it")
  func commits() throws {
    for seed in Self.seeds {
      let batch = BatchWorld.random(seed)
      let answer = batch.place()
      let engine = batch.engine
      var ledger = BatchLedger(batch.state(engine), engine)
      for entry in answer.placed {
        var request = batch.projects[entry.position]
        if batch.mayMove { request.mayMove = true } else { request.keepExisting = true }
        guard let plan = entry.plan, plan.outcome == .placed else {
          Issue.record("seed \(seed): no plan for \(entry.project)")
          return
        }
        let explanation = engine.explain(request, on: ledger.state)
        #expect(entry.isFirstChoice == (explanation.plan == plan), "seed \(seed) \(entry.project)")
        for assignment in plan.assignments where assignment.components.stickiness == 0 {
          let environment = explanation.environments.firstIndex(of: assignment.environment)!
          let verdict = explanation.verdict(environment, site: engine.site(named: assignment.cluster)!)
          // The verdict shows a replica that is there rather than a new one.
          guard verdict.components?.stickiness == 0 else { continue }
          #expect(verdict.accepted, "seed \(seed) \(entry.project)")
          #expect(verdict.components?.balance == assignment.components.balance, "seed \(seed) \(entry.project)")
          #expect(verdict.components?.affinity == assignment.components.affinity, "seed \(seed) \(entry.project)")
        }
        var world = batch.world
        world.project = request.project
        world.existing = request.existing
        (world.keepExisting, world.mayMove) = (request.keepExisting, request.mayMove)
        for (site, name) in engine.clusters.enumerated() { world.ledger.clusters[name] = ledger.state.entry(site) }
        let choices = plan.assignments.map {
          NaiveChecker.Choice(environment: $0.environment, replica: $0.replica, cluster: $0.cluster)
        }
        let violations = NaiveChecker(world: world).violations(choices, chain: plan.chain ?? "")
        #expect(violations.isEmpty, "seed \(seed) \(entry.project): \(violations)")
        let fits = ledger.commit(plan, of: request)
        #expect(fits, "seed \(seed) \(entry.project)")
      }
      #expect(answer.value.placed == answer.placed.count, "seed \(seed)")
      #expect(answer.value.preference == ledger.preference, "seed \(seed)")
      for entry in answer.entries where entry.status == .crowdedOut {
        var request = batch.projects[entry.position]
        if batch.mayMove { request.mayMove = true } else { request.keepExisting = true }
        // What stands in its way is looked for within what the batch has left; all else is as the engine says it.
        let plain = engine.plan(request, on: ledger.state)
        var told = try #require(entry.plan)
        #expect(!told.reasons.isEmpty && told.conflict != nil, "seed \(seed) \(entry.project)")
        #expect(plain.reasons.allSatisfy(told.reasons.contains), "seed \(seed) \(entry.project)")
        (told.reasons, told.conflict) = (plain.reasons, plain.conflict)
        #expect(told == plain, "seed \(seed) \(entry.project)")
      }
    }
  }

  @Test("every project has one entry, and the same batch the same bytes")
  func complete() throws {
    for seed in Self.seeds {
      let batch = BatchWorld.random(seed)
      let answer = batch.place()
      #expect(answer.entries.map(\.position).sorted() == Array(batch.projects.indices), "seed \(seed)")
      let bytes = try ModelJSON.encoder.encode(answer)
      #expect(try ModelJSON.encoder.encode(batch.place()) == bytes, "seed \(seed)")
      #expect(try ModelJSON.decoder.decode(BatchAnswer.self, from: bytes) == answer, "seed \(seed)")
      let request = try ModelJSON.encoder.encode(batch.batch)
      #expect(try ModelJSON.decoder.decode(BatchRequest.self, from: request) == batch.batch, "seed \(seed)")
    }
  }

  @Test("the order of the request changes neither bound nor what is proven optimal")
  func permutation() {
    var optimal = 0
    for seed in Self.seeds {
      var batch = BatchWorld.random(seed)
      batch.nodeBudget = 20_000
      let answer = batch.place()
      var numbers = SeededGenerator(seed)
      batch.projects.shuffle(using: &numbers)
      let shuffled = batch.place()
      #expect(shuffled.bound.placed == answer.bound.placed, "seed \(seed)")
      guard answer.outcome == .optimal else { continue }
      optimal += 1
      #expect(!shuffled.value.isBetter(than: answer.value), "seed \(seed)")
      if shuffled.outcome == .optimal { #expect(shuffled.value == answer.value, "seed \(seed)") }
    }
    #expect(optimal > 10)
  }

  @Test("more nodes never make it worse than one by one, and a decided answer stays")
  func budgets() {
    for seed in Self.seeds.prefix(30) {
      var batch = BatchWorld.random(seed)
      batch.allOrNothing = false
      var optimum: BatchObjective?
      for budget in [1, 50, 500, 5000, 50_000] {
        batch.nodeBudget = budget
        let answer = batch.place()
        #expect(!answer.oneByOne.isBetter(than: answer.value), "seed \(seed), budget \(budget)")
        if let optimum { #expect(!answer.value.isBetter(than: optimum), "seed \(seed), budget \(budget)") }
        if answer.outcome == .optimal { optimum = answer.value }
      }
    }
  }

  @Test("what came about by exchanges says what is left at its turn, not what was when it was tried")
  func balanceAtItsTurn() {
    var others = 0
    for seed: UInt64 in 1...40 {
      var numbers = SeededGenerator(seed)
      var batch = BatchWorld.clusters((0..<5).map { _ in Int64.random(in: 14...24, using: &numbers) })
      for index in 0..<14 {
        let cluster = "c\(Int.random(in: 0..<5, using: &numbers))"
        batch.add("p\(index)", cpu: Int64.random(in: 3...9, using: &numbers), likes: cluster)
      }
      let engine = batch.engine
      var ledger = BatchLedger(batch.state(engine), engine)
      for entry in batch.place().placed {
        guard let plan = entry.plan, let assignment = plan.assignments.first else { continue }
        let explanation = engine.explain(batch.projects[entry.position], on: ledger.state)
        let verdict = explanation.verdict(0, site: engine.site(named: assignment.cluster)!)
        #expect(verdict.components == assignment.components, "seed \(seed) \(entry.project)")
        #expect(verdict.score == assignment.score, "seed \(seed) \(entry.project)")
        let fits = ledger.commit(plan, of: batch.projects[entry.position])
        #expect(fits, "seed \(seed) \(entry.project)")
        if !entry.isFirstChoice { others += 1 }
      }
    }
    #expect(others > 10)
  }
}
