public import Events
public import Foundation
public import Model
public import Policy

/// A question what a policy would change, and how far the answer is.
public struct ImpactView: Codable, Sendable, Hashable {
  /// How it stands.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Nobody works on it yet.
    case waiting
    /// Somebody does.
    case running
    /// There is a result.
    case done
    /// It could not be worked out.
    case failed
    /// Somebody did not want it any more.
    case cancelled
  }

  /// How far the computation that is under way is, or how far the last one came.
  public struct Progress: Codable, Sendable, Hashable {
    /// The projects that were looked at.
    public var done: Int64
    /// The projects that there are; absent before that is known.
    public var total: Int64?

    /// So far.
    public init(done: Int64, total: Int64?) {
      self.done = done
      self.total = total
    }
  }

  /// The latest result, and the moment that it was true of.
  public struct Result: Codable, Sendable, Hashable {
    /// SHA-256 of the whole result; absent like the counts, since it shows whether two questions have found the same.
    public var digest: String?
    /// The counts; absent where the caller is told of what is on its own clusters only: by a few questions they would tell
    /// where a project is.
    public var summary: Impact.Summary?
    /// The moment, by the database's clock.
    public var asOf: Timestamp
    /// The version of the policy that it is compared with; absent where none was in force.
    public var policyVersion: Int64?
    /// Counts the changes of the offer.
    public var offerVersion: Int64
    /// SHA-256 of the offer.
    public var snapshotDigest: String
    /// The day that it was computed for.
    public var day: CalendarDay
    /// Seconds that it took.
    public var seconds: Double
    /// Whether the world has moved since.
    public var stale: Bool

    /// A result.
    public init(
      digest: String?, summary: Impact.Summary?, asOf: Timestamp, policyVersion: Int64?, offerVersion: Int64,
      snapshotDigest: String, day: CalendarDay, seconds: Double, stale: Bool
    ) {
      self.digest = digest
      self.summary = summary
      self.asOf = asOf
      self.policyVersion = policyVersion
      self.offerVersion = offerVersion
      self.snapshotDigest = snapshotDigest
      self.day = day
      self.seconds = seconds
      self.stale = stale
    }
  }

  /// The question's identifier.
  public var id: UUID
  /// What the policy belongs to: a proposal; absent for a document of its own.
  public var subject: String?
  /// When it was asked.
  public var requestedAt: Timestamp
  /// How it stands.
  public var state: State
  /// Why it failed.
  public var failure: String?
  /// Whether it is computed again when the world has moved.
  public var follows: Bool
  /// How far it is.
  public var progress: Progress
  /// The latest result; there may be one while another is computed.
  public var result: Result?

  /// A question.
  public init(
    id: UUID, subject: String?, requestedAt: Timestamp, state: State, failure: String?, follows: Bool,
    progress: Progress, result: Result?
  ) {
    self.id = id
    self.subject = subject
    self.requestedAt = requestedAt
    self.state = state
    self.failure = failure
    self.follows = follows
    self.progress = progress
    self.result = result
  }
}
