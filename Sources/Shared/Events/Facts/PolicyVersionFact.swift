public import Foundation

/// What a version of the policy has come to.
public struct PolicyVersionFact: PublicFact {
  /// Where a version stands in time; each has a revision of its own.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Its date is to come.
    case awaited
    /// Decisions are made under it.
    case inForce
    /// Another has taken its place.
    case superseded
    /// Another has taken its place before it was ever in force.
    case leftOut

    /// A version never goes back.
    public var revision: Int64 {
      switch self {
      case .awaited: 1
      case .inForce: 2
      case .superseded, .leftOut: 3
      }
    }
  }

  /// Its type on the bus.
  public static var type: String { EventType.policyVersion }

  /// The epoch of the database.
  public var epoch: Int64
  /// Grows with each state of it, from 1.
  public var revision: Int64
  /// The version, from 1.
  public var version: Int64
  /// Where it stands.
  public var state: State
  /// How it came about: `applied`, `ratified`, `emergency`, `emergencyEnd` or `carried`.
  public var origin: String
  /// From when on it is in force, unless a later one is.
  public var effectiveAt: Timestamp
  /// SHA-256 of its text, 64 hexadecimal digits.
  public var digest: String
  /// The proposal that it was; absent where it was applied directly.
  public var proposal: UUID?
  /// The version that has taken its place.
  public var supersededBy: Int64?

  /// The record's key.
  public var key: String { "policy/\(version)" }

  /// What is told of a version.
  public init(
    epoch: Int64, version: Int64, state: State, origin: String, effectiveAt: Timestamp, digest: String,
    proposal: UUID? = nil, supersededBy: Int64? = nil
  ) {
    self.epoch = epoch
    revision = state.revision
    self.version = version
    self.state = state
    self.origin = origin
    self.effectiveAt = effectiveAt
    self.digest = digest
    self.proposal = proposal
    self.supersededBy = supersededBy
  }
}
