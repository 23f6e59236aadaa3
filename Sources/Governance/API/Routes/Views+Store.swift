import Contract
import Hummingbird
import Store

extension PlacementView {
  /// A stored placement as the API shows it.
  init(_ record: PlacementRecord) {
    self.init(
      spec: record.spec, createdAt: record.createdAt,
      status: Status(
        ready: record.isReady, current: record.isCurrent, decidedAt: record.decidedAt,
        publishedAt: record.publishedAt, removedAt: record.removedAt, observed: record.observed?.state,
        observedAt: record.observed?.storedAt))
  }
}

extension DecisionIdentity {
  /// What names a stored decision.
  init(_ summary: DecisionSummary) {
    self.init(
      id: summary.id, project: summary.project, placed: summary.placed, engineVersion: summary.engineVersion,
      policyVersion: summary.policyVersion, snapshotDigest: summary.snapshotDigest, attempts: summary.attempts,
      principal: summary.principal, decidedAt: summary.decidedAt)
  }
}

extension DecisionView {
  /// The answer to a wish, with its sentences in `language`.
  init(_ outcome: DecisionOutcome, language: Language) {
    self.init(
      decision: DecisionIdentity(outcome.decision), changed: outcome.changed,
      placements: outcome.placements.map { PlacementView($0) },
      pendingMoves: outcome.pendingMoves.map { PendingMove(placement: $0.placement, from: $0.from, to: $0.to) },
      explanation: ExplanationView(outcome.explanation, language: language))
  }
}

extension Response {
  /// A stored decision, explained.
  static func explanation(of record: DecisionRecord, _ language: Language) throws -> Response {
    try json(ExplanationView(record.decision, language: language), in: language)
  }
}
