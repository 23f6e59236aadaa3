public import Model
public import Placement

extension ExplanationView {
  /// Says in `language` what was stored of a decision that another version of the engine made: what it came to, the
  /// counts, and the best clusters. The verdicts of the others were not stored.
  public init(
    stored document: DecisionDocument, language: Language, extent: ExplanationExtent, console: ConsoleLookup
  ) {
    let plan = document.plan
    self.init(
      engineVersion: plan.engineVersion, project: plan.project, outcome: plan.outcome, chain: plan.chain,
      chains: document.chains.map { Chain($0, language) }, preferenceTerm: plan.preferenceTerm,
      derogations: plan.derogations, reasons: plan.reasons.map { ReasonView($0, language) }, conflict: plan.conflict,
      environments: document.environments.map { environment in
        let shown = environment.best.prefix(extent.limit)
        return Environment(
          environment: environment.environment, stage: environment.stage, replicas: environment.replicas,
          accepted: environment.accepted, refused: environment.candidates - environment.accepted,
          omitted: environment.candidates - shown.count,
          candidates: shown.map { Candidate($0, language, console($0.cluster)) }, lost: environment.lost)
      })
  }
}
