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

  @Test("a place that was passed by says why: a pin, the term that was asked of it, or its rank")
  func passedBy() {
    var outside = 0
    for seed in Scenario.seeds(150) {
      for scenario in [Scenario.random(seed), .halfPlaced(seed)] {
        let decision = scenario.decide()
        guard decision.outcome == .placed else { continue }
        let checker = NaiveAssignments(scenario)
        let (held, new) = (checker.heldTerm(decision.naive), checker.newEnvironments(decision.naive))
        #expect(decision.preferenceTermOfNew == checker.heldTermOfNew(decision.naive), "seed \(seed)")
        for explanation in decision.environments {
          let own = scenario.slots.filter { $0.environment.name == explanation.environment }
          let isPinned = own.allSatisfy { !scenario.pinned($0).isEmpty }
          let term = held ?? (new.contains(explanation.environment) ? decision.preferenceTermOfNew : nil)
          for verdict in explanation.candidates where verdict.accepted && verdict.chosen.isEmpty {
            let isOutside = term.map { !scenario.isIn(scenario.project.spec.preferences.terms[$0], verdict.cluster) }
            let code: ReasonCode = isPinned ? .pinnedElsewhere : isOutside ?? false ? .outsideHeldTerm : .outranked
            let last = verdict.reasons.last
            #expect(last?.code == code, "seed \(seed), \(explanation.environment) on \(verdict.cluster)")
            guard code == .outsideHeldTerm, let term else { continue }
            #expect(last?.parameters["term"] == String(term + 1), "seed \(seed)")
            outside += held == nil ? 1 : 0
          }
        }
      }
    }
    guard Scenario.seeds(150).count >= 150 else { return }
    #expect(outside > 5, "\(outside) outside of a term that only what is new holds")
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

extension Scenario {
  /// Whether a cluster is in a term.
  fileprivate func isIn(_ term: LabelSelector, _ cluster: String) -> Bool {
    place(of: cluster).map { NaiveSelector(term).holds(NaiveFacts.of($0, on: day)) } ?? false
  }
}

extension Decision {
  /// The assignment in the checker's words.
  var naive: NaiveAssignment { NaiveAssignment(clusters: assignments.map(\.cluster), chain: chain ?? "") }
}
