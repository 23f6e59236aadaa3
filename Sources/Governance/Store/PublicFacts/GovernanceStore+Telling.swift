import Board
import Events
import Foundation
import Model
import Postgres

/// What is told of the board's work to everybody on the bus.
extension GovernanceStore {
  /// The statement that tells what a proposal has come to; nil of a draft, which is the board's own.
  func tell(of proposal: Proposal, revision: Int64, by writer: FactWriter) throws -> PostgresQuery? {
    guard let state = ProposalFact.State(rawValue: proposal.state.rawValue), let proposedAt = proposal.proposedAt,
      let closesAt = proposal.closesAt
    else { return nil }
    let isOver = state != .open
    return try writer.insert([
      ProposalFact(
        epoch: writer.epoch, revision: revision, proposal: proposal.id, state: state, kind: proposal.kind.rawValue,
        operator: proposal.author, base: proposal.base, digest: try BoardDetail.digest(of: proposal.spec),
        proposedAt: proposedAt, closesAt: closesAt, effectiveAt: proposal.effectiveAt, restores: proposal.restores,
        amends: proposal.amends, amendedBy: proposal.amendedBy, rejection: proposal.rejection?.rawValue,
        result: isOver
          ? proposal.result.map {
            .init(for: $0.for, against: $0.against, abstain: $0.abstain, silent: $0.silent)
          } : nil, version: proposal.version)
    ])
  }

  /// The statements that tell what operators have said to a proposal, in the order of the acts.
  func tell(
    _ actions: [BoardAction], on proposal: UUID, revision: Int64, by writer: FactWriter
  ) throws -> [PostgresQuery] {
    try actions.compactMap { action in
      switch action {
      case .keep(let vote):
        try writer.insert([
          VoteFact(
            epoch: writer.epoch, revision: revision, proposal: proposal, operator: vote.operator,
            choice: vote.choice.rawValue, at: vote.at)
        ])
      case .say(let comment):
        try writer.insert([
          CommentFact(
            epoch: writer.epoch, revision: revision, proposal: proposal, operator: comment.operator, at: comment.at)
        ])
      case .write, .tell: nil
      }
    }
  }

  /// Tells of every version of the policy where it stands by the database's clock, where that was not told yet. Under
  /// the offer's lock, after whatever was written.
  func tellVersions(context: RequestContext, in connection: PostgresConnection) async throws {
    let rows = try await connection.query(Self.selectUntoldVersions)
    guard let first = rows.first else { return }
    let writer = try await FactWriter(
      at: Timestamp(try first.decode(Date.self, "now")), traceparent: context.traceparent, mint: mint, in: connection)
    let facts = try rows.map { row in
      let state = try row.decode(String.self, "state")
      guard let known = PolicyVersionFact.State(rawValue: state) else {
        throw StoreError(
          .conflict, "a version of the policy is “\(state)”, which this program does not know",
          fr: "une version de la politique est « \(state) », que ce programme ne connaît pas")
      }
      return PolicyVersionFact(
        epoch: writer.epoch, version: try row.decode("version"), state: known, origin: try row.decode("origin"),
        effectiveAt: Timestamp(try row.decode(Date.self, "effective_at")),
        digest: try BoardDetail.digest(of: row.decode(PostgresJSON.self, "document").model(PolicySpec.self)),
        proposal: try row.decode("proposal"),
        supersededBy: known.revision == 3 ? try row.decode("superseded_by") : nil)
    }
    try await connection.execute(try writer.insert(facts))
  }

  /// A version that another one with a higher number and no later date precedes never comes into force. One that was in
  /// force is so again, or over, whatever the clock says; and one whose end was told stays as it is.
  private static let selectUntoldVersions: PostgresQuery = """
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
    present AS MATERIALIZED (SELECT max(version) AS version FROM policy_versions, clock WHERE effective_at <= now),
    told AS MATERIALIZED (
      SELECT v.version, coalesce((SELECT max(f.revision) FROM public_facts f WHERE f.key = 'policy/' || v.version), 0) AS rank
      FROM policy_versions v),
    standing AS (
      SELECT v.version, v.effective_at, v.document, t.rank AS told,
        CASE WHEN v.version = present.version THEN 'inForce'
          WHEN v.effective_at <= clock.now AND t.rank = 2 THEN 'superseded'
          WHEN EXISTS (SELECT FROM policy_versions w
            WHERE w.version > v.version AND w.effective_at <= v.effective_at) THEN 'leftOut'
          WHEN v.effective_at > clock.now THEN 'awaited' ELSE 'superseded' END AS state
      FROM clock, present, policy_versions v JOIN told t ON t.version = v.version WHERE t.rank < 3)
    SELECT (SELECT now FROM clock) AS now, s.version, s.effective_at, s.document, s.state,
      coalesce(o.origin, 'applied') AS origin, o.proposal, (
        SELECT w.version FROM policy_versions w WHERE w.version > s.version
        ORDER BY greatest(w.effective_at, s.effective_at), w.version DESC LIMIT 1) AS superseded_by
    FROM standing s LEFT JOIN policy_origins o ON o.version = s.version
    WHERE s.told < CASE s.state WHEN 'awaited' THEN 1 WHEN 'inForce' THEN 2 ELSE 3 END ORDER BY s.version
    """
}
