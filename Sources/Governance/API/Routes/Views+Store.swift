import Contract
import Hummingbird
import Logging
import Model
import Placement
import Store

extension PlacementView {
  /// A stored placement as the API shows it.
  init(_ record: PlacementRecord) {
    self.init(
      spec: record.spec, createdAt: record.createdAt,
      status: Status(
        ready: record.isReady, current: record.isCurrent, decidedAt: record.decidedAt,
        publishedAt: record.publishedAt, removedAt: record.removedAt, observed: record.observed?.state,
        observedAt: record.observed?.storedAt, chainDecision: record.chainDecision,
        lossDeclared: record.isLostUnseen ? true : nil))
  }
}

extension DecisionIdentity {
  /// What names a stored decision.
  init(_ summary: DecisionSummary) {
    self.init(
      id: summary.id, project: summary.project, placed: summary.placed, engineVersion: summary.engineVersion,
      policyVersion: summary.policyVersion, snapshotDigest: summary.snapshotDigest, attempts: summary.attempts,
      moved: summary.moved, principal: summary.principal, decidedAt: summary.decidedAt)
  }
}

extension DecisionView {
  /// The answer to a wish.
  init(_ outcome: DecisionOutcome, explanation: ExplanationView) {
    self.init(
      decision: DecisionIdentity(outcome.decision), changed: outcome.changed,
      placements: outcome.placements.map { PlacementView($0) },
      pendingMoves: outcome.pendingMoves.map { PendingMove(placement: $0.placement, from: $0.from, to: $0.to) },
      explanation: explanation)
  }
}

extension ReplayView {
  /// What has come of making a stored decision again.
  init(_ result: ReplayResult, language: Language) {
    let (outcome, path): (Outcome, String?) =
      switch result.verdict {
      case .equal: (.equal, nil)
      case .differs(let path): (.different, path)
      case .otherEngine: (.otherEngine, nil)
      }
    self.init(
      decision: DecisionIdentity(result.decision), engineVersion: EngineVersion.current, outcome: outcome,
      differsAt: path, language: language)
  }
}

extension ExplanationView {
  /// A stored decision, explained as it was made.
  init(
    _ explained: DecisionRecord.Explained, to reader: ExplanationReader, language: Language, extent: ExplanationExtent
  ) {
    switch explained {
    case .byEngine(let explanation, let engine):
      self.init(explanation, to: reader, language: language, extent: extent, console: engine.console)
    case .asStored(let stored):
      self.init(stored: stored.document, offer: stored.offer, to: reader, language: language, extent: extent)
    }
  }

  /// What each chain said to the project, by name.
  static func chains(of explained: DecisionRecord.Explained, _ language: Language) -> [Chain] {
    let verdicts =
      switch explained {
      case .byEngine(let explanation, _): explanation.chains
      case .asStored(let stored): stored.document.chains
      }
    return verdicts.map { Chain($0, language) }
  }
}

extension GovernanceStore {
  /// How the console knows the clusters on offer. It is an addition: what was reserved or confirmed is answered all the same
  /// where that can not be told now.
  func consoles(_ logger: Logger) async -> ExplanationView.ConsoleLookup {
    do {
      return try await basis(of: []).engine.console
    } catch {
      logger.warning("it could not be told how the console knows clusters", metadata: ["error": "\(error)"])
      return { _ in nil }
    }
  }
}

extension Engine {
  /// How the console knows a cluster of the offer.
  func console(_ cluster: String) -> ClusterSpec.Console? {
    site(named: cluster).flatMap { offer.clusters[$0].spec.console }
  }
}
