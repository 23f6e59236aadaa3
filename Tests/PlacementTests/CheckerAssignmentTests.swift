import Model
import Placement
import Testing

/// What the engine answers for the project as a whole, against the naive checker.
@Suite struct CheckerAssignmentTests {
  @Test("no assignment violates anything: places alone, places together, chain, contract; each replica has one")
  func assignments() {
    for seed in Scenario.seeds(300) {
      let scenario = Scenario.random(seed)
      let decision = scenario.decide()
      guard decision.outcome == .placed else {
        #expect(decision.assignments.isEmpty && decision.chain == nil, "seed \(seed)")
        #expect(decision.preferenceTerm == nil && !decision.reasons.isEmpty, "seed \(seed)")
        continue
      }
      let checker = NaiveAssignments(scenario)
      #expect(
        decision.assignments.map { "\($0.environment)/\($0.replica)" }
          == checker.slots.map { "\($0.environment.name)/\($0.replica)" }, "seed \(seed)")
      let violations = checker.violations(decision.naive)
      #expect(violations.isEmpty, "seed \(seed): \(violations)")
      #expect(decision.reasons.isEmpty, "seed \(seed)")
    }
  }

  @Test("each assignment says truly where it is, what it reserves up to which limit, and whether it stays or moves")
  func details() {
    for seed in Scenario.seeds(300) {
      let scenario = Scenario.random(seed)
      let judge = NaiveJudge(scenario: scenario)
      for (slot, assignment) in zip(scenario.slots, scenario.decide().assignments) {
        guard let place = scenario.place(of: assignment.cluster) else { continue }
        let room = NaiveRoom(place, stage: slot.environment.stage, in: scenario)
        let held = scenario.held(slot, on: assignment.cluster)
        #expect(assignment.stage == slot.environment.stage, "seed \(seed)")
        #expect(assignment.zone == place.zone.spec.slug && assignment.zoneName == place.zone.name, "seed \(seed)")
        #expect(assignment.region == place.region.name, "seed \(seed)")
        #expect(assignment.operator == place.region.spec.operator, "seed \(seed)")
        for resource in CountedResource.allCases {
          #expect(assignment.limit[resource] == room.limit(resource), "seed \(seed), \(resource)")
          #expect(assignment.quota[resource] == NaiveRoom.wanted(slot.environment)[resource], "seed \(seed)")
        }
        #expect(assignment.ledgerVersion == scenario.ledger[assignment.cluster].version, "seed \(seed)")
        #expect(assignment.kept == (held != nil), "seed \(seed)")
        let elsewhere = scenario.existing.filter {
          $0.environment == slot.environment.name && $0.replica == slot.replica && !$0.isGoing
        }.map(\.cluster)
        #expect((assignment.movedFrom != nil) == (held == nil && !elsewhere.isEmpty), "seed \(seed)")
        #expect(assignment.movedFrom.map(elsewhere.contains) ?? true, "seed \(seed)")
        if scenario.keepExisting, held != nil { #expect(judge.mayStay(slot, assignment.cluster), "seed \(seed)") }
      }
    }
  }

  @Test("scores recombine: the parts weigh what the whole says, and an explanation names who was chosen")
  func scores() {
    for seed in Scenario.seeds(200) {
      let scenario = Scenario.random(seed)
      let decision = scenario.decide()
      let scores = NaiveScore(scenario: scenario)
      for (slot, assignment) in zip(scenario.slots, decision.assignments) {
        #expect(assignment.score == scores.total(assignment.components), "seed \(seed)")
        guard let place = scenario.place(of: assignment.cluster) else { continue }
        var alone = scores.components(
          slot.environment, place, held: scenario.held(slot, on: assignment.cluster))
        (alone.locality, alone.spread) = (assignment.components.locality, assignment.components.spread)
        #expect(assignment.components == alone, "seed \(seed)")
      }
      for explanation in decision.environments {
        for verdict in explanation.candidates {
          let chosen = decision.assignments.filter {
            $0.environment == explanation.environment && $0.cluster == verdict.cluster
          }.map(\.replica)
          #expect(verdict.chosen == chosen, "seed \(seed)")
          #expect(chosen.isEmpty || verdict.accepted, "seed \(seed)")
          let isRunnerUp = decision.outcome == .placed && verdict.accepted && chosen.isEmpty
          let says = verdict.reasons.contains { [.outranked, .outsideHeldTerm, .pinnedElsewhere].contains($0.code) }
          #expect(says == isRunnerUp, "seed \(seed), \(verdict.cluster)")
        }
      }
    }
  }

  @Test("the whole of what is asked for is held against the contract, and every excess is named")
  func contracts() {
    for seed in Scenario.seeds(300) {
      let scenario = Scenario.random(seed)
      let decision = scenario.decide()
      let excesses = NaiveContract(scenario: scenario).excesses
      let said = Set(decision.reasons.filter { $0.code == .contractLimit }.map { NaiveReason($0) })
      #expect(said == excesses, "seed \(seed)")
      if !excesses.isEmpty { #expect(decision.outcome == .unplaceable, "seed \(seed)") }
    }
  }

  @Test("the derogations named are those that are in force and waive a rule about the project")
  func derogations() {
    for seed in Scenario.seeds(300) {
      let scenario = Scenario.random(seed)
      #expect(scenario.decide().derogations == NaiveRules(scenario: scenario).usedDerogations, "seed \(seed)")
    }
  }
}

extension Decision {
  /// The assignment in the checker's words.
  var naive: NaiveAssignment { NaiveAssignment(clusters: assignments.map(\.cluster), chain: chain ?? "") }
}
