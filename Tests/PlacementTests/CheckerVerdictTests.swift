import Model
import Placement
import Testing

/// Every verdict of the engine against the naive judge, which is written from the specification alone. A failure names
/// its seed; `REGIE_PROOF_SEEDS` and `REGIE_PROOF_SEED` ask for more, or for that one.
@Suite struct CheckerVerdictTests {
  @Test("every cluster's verdict is the naive judge's: refusals with their amounts, acceptance, preferences and score")
  func verdicts() {
    Self.expectNaive(Scenario.seeds(400)) { Scenario.random($0) }
  }

  @Test("the same where clusters were probed, without an answer or with one, and rules ask for what was found")
  func probed() {
    Self.expectNaive(Scenario.seeds(200)) { Scenario.probed($0) }
  }

  private static func expectNaive(_ seeds: [UInt64], _ scenario: (UInt64) -> Scenario) {
    for seed in seeds {
      let scenario = scenario(seed)
      let decision = scenario.decide()
      #expect(decision.environments.map(\.environment) == scenario.project.spec.environments.map(\.name).sorted())
      for explanation in decision.environments {
        let environment = scenario.project.spec.environments.first { $0.name == explanation.environment }
        guard let environment else { continue }
        #expect(explanation.candidates.map(\.cluster) == scenario.clusters.map(\.name).sorted(), "seed \(seed)")
        for verdict in explanation.candidates {
          let differences = Self.differences(verdict, environment, scenario)
          #expect(differences.isEmpty, "seed \(seed), \(environment.name) on \(verdict.cluster): \(differences)")
        }
      }
    }
  }

  @Test("the same among more clusters than a machine word has bits")
  func manyClusters() {
    for seed in Scenario.seeds(12) {
      let scenario = Scenario.large(seed)
      for explanation in scenario.decide().environments.prefix(1) {
        guard let environment = scenario.project.spec.environments.first(where: { $0.name == explanation.environment })
        else { continue }
        #expect(explanation.candidates.map(\.cluster) == scenario.clusters.map(\.name).sorted(), "seed \(seed)")
        for verdict in explanation.candidates {
          let differences = Self.differences(verdict, environment, scenario)
          #expect(differences.isEmpty, "seed \(seed), \(environment.name) on \(verdict.cluster): \(differences)")
        }
      }
    }
  }

  /// What differs between a verdict and what the naive judge says.
  static func differences(
    _ verdict: CandidateVerdict, _ environment: ProjectSpec.Environment, _ scenario: Scenario
  ) -> [String] {
    let judge = NaiveJudge(scenario: scenario)
    let expected = judge.verdict(environment, verdict.cluster)
    var wrong: [String] = []
    let refusals = Set(verdict.refusals.map { NaiveReason($0) })
    if refusals != expected.refusals {
      wrong.append("says \(refusals.sorted()), not \(expected.refusals.sorted())")
    }
    let staying = scenario.slots.filter { $0.environment == environment && judge.mayStay($0, verdict.cluster) }
    if verdict.accepted != (expected.takesNew || !staying.isEmpty) { wrong.append("accepted: \(verdict.accepted)") }
    if verdict.reasons != verdict.reasons.sorted() { wrong.append("the reasons are not in order") }
    guard let place = scenario.place(of: verdict.cluster) else {
      if verdict.accepted { wrong.append("accepted nowhere") }
      return wrong
    }
    if verdict.zone != place.zone.spec.slug || verdict.region != place.region.name
      || verdict.operator != place.region.spec.operator
    {
      wrong.append("is in \(verdict.zone), \(verdict.region), \(verdict.operator)")
    }
    let scores = NaiveScore(scenario: scenario)
    let preferences = Set(verdict.reasons.filter { $0.code < .outsideHeldTerm }.map { NaiveReason($0) })
      .subtracting(refusals)
    let wanted = verdict.accepted ? scores.reasons(environment, place) : []
    if preferences != wanted {
      wrong.append("prefers \(preferences.sorted()), not \(wanted.sorted())")
    }
    let held = staying.map { scenario.held($0, on: verdict.cluster) }
    let options = (held.isEmpty ? [nil] : held).map { scores.components(environment, place, held: $0) }
    switch (verdict.components, verdict.score) {
    case (let components?, let score?):
      if !verdict.accepted { wrong.append("a score of what is refused") }
      if !options.contains(components) { wrong.append("\(components) is none of \(options)") }
      if score != scores.total(components) { wrong.append("\(score) is not what \(components) weigh") }
    case (nil, nil): if verdict.accepted { wrong.append("no score of what is accepted") }
    default: wrong.append("a score without its components, or components without a score")
    }
    return wrong
  }

  @Test("the clusters lost are counted by their first reason, and with those that accept they are all there are")
  func counts() {
    for seed in Scenario.seeds(150) {
      let scenario = Scenario.random(seed)
      for explanation in scenario.decide().environments {
        let refused = explanation.candidates.filter { !$0.refusals.isEmpty }
        let byCode = Dictionary(grouping: refused) { $0.refusals.map(\.code).min() }.mapValues(\.count)
        #expect(explanation.lost.map(\.code) == byCode.keys.compactMap { $0 }.sorted(), "seed \(seed)")
        #expect(explanation.lost.allSatisfy { $0.count == byCode[$0.code] }, "seed \(seed)")
        let lost = explanation.lost.reduce(0) { $0 + $1.count }
        let takeNew = explanation.candidates.count { $0.refusals.isEmpty }
        #expect(lost + takeNew == scenario.clusters.count, "seed \(seed)")
      }
    }
  }

  @Test("the random worlds are worth it: every reason code and every outcome is seen, many times both ends")
  func everythingIsSeen() {
    var codes: [ReasonCode: Int] = [:]
    var outcomes: [Decision.Outcome: Int] = [:]
    let seeds = Scenario.seeds(400)
    for seed in seeds {
      let decision = Scenario.random(seed).decide()
      outcomes[decision.outcome, default: 0] += 1
      for reason in decision.reasons + decision.environments.flatMap({ $0.candidates.flatMap(\.reasons) }) {
        codes[reason.code, default: 0] += 1
      }
    }
    guard seeds.count >= 400 else { return }
    let missing = ReasonCode.allCases.filter { codes[$0] == nil }
    #expect(missing.isEmpty, "never seen: \(missing.map(\.rawValue))")
    #expect(outcomes[.placed, default: 0] > 60 && outcomes[.unplaceable, default: 0] > 60, "\(outcomes)")
    #expect(outcomes[.undecided, default: 0] > 0, "\(outcomes)")
  }

  @Test("what is short on a cluster that promises more than it may is all that would have to be freed")
  func overPromised() {
    var scenario = Scenario.calm
    scenario.ledger.clusters["c1"] = .init(committed: ResourceAmounts(cpu: 130_000), version: 1)
    let verdict = scenario.decide().environments[0].candidates.first { $0.cluster == "c1" }
    #expect(verdict?.topReason?.parameters["short"] == "34")
  }

  @Test("a cluster that is refused is not praised")
  func refusedIsNotPraised() {
    var scenario = Scenario.calm
    scenario.cluster("c1") { $0.state = .cordoned }
    scenario.project.spec.preferences.weighted = [.init(weight: 5, target: .in("cluster.name", "c1"))]
    let verdict = scenario.decide().environments[0].candidates.first { $0.cluster == "c1" }
    #expect(verdict?.reasons.map(\.code) == [.clusterCordoned])
  }
}
