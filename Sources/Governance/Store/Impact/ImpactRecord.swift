public import Events
public import Foundation
public import Model
public import Policy
import Postgres

/// A question what a policy would change, and how far the answer is.
public struct ImpactRecord: Sendable, Hashable {
  /// How it stands.
  public enum State: String, Sendable, CaseIterable {
    /// Nobody works on it yet.
    case waiting
    /// Somebody does.
    case running
    /// There is a result, and nobody works on another one.
    case done
    /// It could not be worked out; ``ImpactRecord/failure`` says why.
    case failed
    /// Somebody did not want it any more.
    case cancelled
  }

  /// The latest result, and the moment that it was true of.
  public struct Result: Sendable, Hashable {
    /// SHA-256 of the result's canonical bytes, hexadecimal.
    public var digest: String
    /// The counts.
    public var summary: Impact.Summary
    /// The moment, by the database's clock.
    public var asOf: Timestamp
    /// The version of the policy that it is compared with: the one that is in force when the proposed one takes effect; nil
    /// where none is.
    public var policyVersion: Int64?
    /// Counts the changes of the offer.
    public var offerVersion: Int64
    /// SHA-256 of the offer's canonical bytes, hexadecimal.
    public var snapshotDigest: String
    /// The day that it was computed for.
    public var day: CalendarDay
    /// How long it took.
    public var seconds: Double
    /// Whether the world has moved since: it may be another one by now.
    public var isStale: Bool
  }

  /// The question's identifier.
  public var id: UUID
  /// What the policy belongs to, as whoever asked calls it.
  public var subject: String?
  /// When the policy is to take effect; nil for now.
  public var effectiveAt: Timestamp?
  /// Who asked.
  public var principal: String
  /// When.
  public var requestedAt: Timestamp
  /// How it stands.
  public var state: State
  /// Why it failed.
  public var failure: String?
  /// Whether it is computed again when the world has moved.
  public var follows: Bool
  /// How many projects were looked at in the computation that is under way, or the last one.
  public var projectsDone: Int64
  /// How many there are; nil before that is known.
  public var projectsTotal: Int64?
  /// The latest result; there may be one while another is being computed.
  public var result: Result?
}

extension ImpactRecord {
  /// Reads a row of ``GovernanceStore``'s impacts.
  static let select: PostgresQuery = """
    SELECT i.id, i.subject, i.effective_at, i.principal, i.requested_at, i.state, i.failure, i.follows,
      i.projects_done, i.projects_total, i.result, r.summary, i.as_of, i.policy_version, i.offer_version, i.snapshot_digest,
      i.day::text AS day, i.seconds, NOT (\(GovernanceStore.stillTrue)) AS stale
    FROM impacts i LEFT JOIN impact_results r ON r.digest = i.result
    """

  init(row: PostgresRow) throws {
    self.init(
      id: try row.decode("id"), subject: try row.decode("subject"),
      effectiveAt: try row.decode(Date?.self, "effective_at").map(Timestamp.init),
      principal: try row.decode("principal"),
      requestedAt: Timestamp(try row.decode(Date.self, "requested_at")), state: try row.impactState("state"),
      failure: try row.decode("failure"), follows: try row.decode("follows"),
      projectsDone: try row.decode("projects_done"), projectsTotal: try row.decode("projects_total"), result: nil)
    guard let digest = try row.decode([UInt8]?.self, "result") else { return }
    result = Result(
      digest: Digest.hexadecimal(digest),
      summary: try row.decode(PostgresJSON.self, "summary").model(Impact.Summary.self),
      asOf: Timestamp(try row.decode(Date.self, "as_of")), policyVersion: try row.decode("policy_version"),
      offerVersion: try row.decode("offer_version"),
      snapshotDigest: Digest.hexadecimal(try row.decode("snapshot_digest")),
      day: try GovernanceStore.day(row.decode("day")), seconds: try row.decode("seconds"),
      isStale: try row.decode("stale"))
  }
}

extension PostgresRow {
  fileprivate func impactState(_ column: String) throws -> ImpactRecord.State {
    let text = try decode(String.self, column)
    guard let state = ImpactRecord.State(rawValue: text) else {
      throw StoreError(
        .conflict, "the database holds an impact that is “\(text)”, which this program does not know",
        fr: "la base contient un impact « \(text) », que ce programme ne connaît pas")
    }
    return state
  }
}
