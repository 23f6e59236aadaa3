import Model
import Placement
import Testing

/// Re-judging, and the shorter ways of asking, against the naive checker and against the whole decision.
@Suite struct CheckerStandingTests {
  @Test("a replica may stay where it is if the checker says so, else by what refuses it; its best place is the plan's")
  func standings() {
    var (stay, leave, wrong) = (0, 0, 0)
    for seed in Scenario.seeds(250) {
      let scenario = Scenario.random(seed, twists: Twist.offer + Twist.circumstances + Twist.circumstances)
      let judge = NaiveJudge(scenario: scenario)
      let standings = scenario.rejudge()
      // Where something is best does not hang on what it keeps others from while it stands.
      let plan = scenario.plan(mayMove: true)
      #expect(standings.map(\.existing) == scenario.existing, "seed \(seed)")
      for standing in standings {
        let slot = scenario.slots.first {
          $0.environment.name == standing.existing.environment && $0.replica == standing.existing.replica
        }
        guard let slot else {
          #expect(!standing.mayStay && standing.reasons.isEmpty && standing.best == nil, "seed \(seed)")
          #expect(standing.chainReasons.isEmpty, "seed \(seed)")
          continue
        }
        let mayStay = judge.mayStay(slot, standing.existing.cluster)
        #expect(standing.mayStay == mayStay, "seed \(seed): \(standing.existing)")
        let chain = standing.existing.isGoing ? nil : standing.existing.chain
        let objections: Set<NaiveReason> =
          chain.map {
            NaiveChains(scenario: scenario).objections(to: $0, slot.environment, on: standing.existing.cluster)
          } ?? []
        #expect(Set(standing.chainReasons.map(NaiveReason.init)) == objections, "seed \(seed): \(standing)")
        wrong += mayStay && !standing.chainReasons.isEmpty ? 1 : 0
        stay += mayStay ? 1 : 0
        leave += mayStay ? 0 : 1
        let best = plan.assignments.first {
          $0.environment == slot.environment.name && $0.replica == slot.replica
        }
        #expect(standing.best == best?.cluster, "seed \(seed)")
        guard !mayStay else {
          #expect(standing.reasons.isEmpty, "seed \(seed)")
          continue
        }
        // What drives it out is among the reasons, whatever else keeps new ones away.
        guard scenario.clusters.contains(where: { $0.name == standing.existing.cluster }) else {
          #expect(standing.reasons.map(\.code) == [.unresolvedReference], "seed \(seed): \(standing)")
          continue
        }
        let always = judge.verdict(slot.environment, standing.existing.cluster).always
        #expect(always.isSubset(of: standing.reasons.map { NaiveReason($0) }), "seed \(seed): \(standing)")
        #expect(!standing.reasons.isEmpty, "seed \(seed): \(standing)")
      }
    }
    guard Scenario.seeds(250).count >= 250 else { return }
    #expect(stay > 50 && leave > 50, "\(stay) may stay, \(leave) may not")
    #expect(wrong > 5, "\(wrong) may stay and have a chain that may not deliver to them")
  }

  @Test("what is judged and planned freely in one is what each of the two says alone")
  func together() {
    var (kept, emptied) = (0, 0)
    for seed in Scenario.seeds(250) {
      // The usual twists empty something nearly always.
      var scenario = Scenario.random(seed, twists: Twist.circumstances + (seed.isMultiple(of: 2) ? [] : Twist.offer))
      // What is free to go goes for little.
      scenario.policy.scoring = .init(stickiness: 0)
      let (engine, request) = (scenario.engine, scenario.request)
      let state = scenario.state(for: engine)
      let (standings, plan) = engine.rejudgeAndPlanFreely(request, on: state)
      var free = request
      free.keepExisting = false
      #expect(standings == engine.rejudge(request, on: state) && plan == engine.plan(free, on: state), "seed \(seed)")
      let states = scenario.regions.map(\.spec.state) + scenario.clusters.map(\.spec.state)
      let isEmptied = states.contains(.draining)
      emptied += isEmptied ? 1 : 0
      kept += !isEmptied && plan != engine.plan(request, on: state) ? 1 : 0
    }
    if Scenario.seeds(250).count >= 250 {
      #expect(kept > 5 && emptied > 5, "\(kept) differ from what is kept, in \(emptied) something is emptied")
    }
  }

  @Test("the plan alone is the plan of the whole, and what is kept says what the whole says")
  func shorterWays() throws {
    for seed in Scenario.seeds(150) {
      let scenario = Scenario.random(seed)
      let explanation = scenario.explain()
      let (decision, record) = (explanation.decision, explanation.record)
      // What stands in the way is worked out only where it is explained.
      var plan = scenario.plan()
      if plan.outcome == .unplaceable {
        (plan.reasons, plan.conflict) = (explanation.plan.reasons, explanation.plan.conflict)
      }
      #expect(plan == explanation.plan && record.plan == explanation.plan, "seed \(seed)")
      let whole = decision.plan
      #expect(whole == explanation.plan, "seed \(seed)")
      for (number, environment) in decision.environments.enumerated() {
        let accepted = environment.candidates.filter(\.accepted)
        #expect(explanation.acceptedCount(number) == accepted.count, "seed \(seed)")
        #expect(explanation.lost(number) == environment.lost, "seed \(seed)")
        for (site, verdict) in environment.candidates.enumerated() {
          #expect(explanation.verdict(number, site: site) == verdict, "seed \(seed)")
        }
        let best = explanation.best(100, of: number)
        #expect(best.map(\.cluster).sorted() == accepted.map(\.cluster), "seed \(seed)")
        let chosen = best.prefix { !$0.chosen.isEmpty }.count
        #expect(best.dropFirst(chosen).allSatisfy { $0.chosen.isEmpty }, "seed \(seed): chosen ones come first")
        let kept = record.environments[number]
        #expect(kept.candidates == environment.candidates.count && kept.accepted == accepted.count, "seed \(seed)")
        #expect(kept.lost == environment.lost, "seed \(seed)")
        #expect(explanation.kept(number) == explanation.said(number), "seed \(seed)")
        Self.compare(kept.refusals, environment.candidates, seed)
      }
      let bytes = try record.canonicalBytes()
      #expect(try scenario.explain().record.canonicalBytes() == bytes, "seed \(seed)")
    }
  }

  /// Each refusal that is kept holds for exactly the clusters that say so in the whole.
  private static func compare(
    _ kept: [DecisionDocument.Finding], _ candidates: [CandidateVerdict], _ seed: UInt64
  ) {
    for finding in kept {
      let sites = candidates.indices.filter { site in
        candidates[site].refusals.contains { reason in
          reason.code == finding.reason.code
            && finding.reason.parameters.allSatisfy { reason.parameters[$0.key] == $0.value }
        }
      }
      #expect(finding.sites.sites == sites, "seed \(seed): \(finding)")
    }
    let codes = Set(candidates.flatMap { $0.refusals.map(\.code) })
    #expect(Set(kept.map(\.reason.code)) == codes, "seed \(seed)")
  }
}

extension Decision {
  /// What is left without the verdicts.
  fileprivate var plan: Plan {
    var plan = Scenario.calm.plan()
    (plan.engineVersion, plan.policyVersion, plan.project, plan.day) = (engineVersion, policyVersion, project, day)
    (plan.outcome, plan.chain, plan.preferenceTerm, plan.derogations) = (outcome, chain, preferenceTerm, derogations)
    plan.preferenceTermOfNew = preferenceTermOfNew
    (plan.assignments, plan.reasons, plan.conflict, plan.nodes) = (assignments, reasons, conflict, nodes)
    return plan
  }
}
