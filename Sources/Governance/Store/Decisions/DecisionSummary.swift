public import Events
public import Foundation

/// What names a stored decision and its inputs.
public struct DecisionSummary: Codable, Sendable, Hashable {
  /// The identifier.
  public var id: UUID
  /// Grows from decision to decision.
  public var number: Int64
  /// The project's name.
  public var project: String
  /// Whether the project was placed.
  public var placed: Bool
  /// How often it was made until what it was made on held still; 1 mostly.
  public var attempts: Int
  /// What had moved, each time it had to be made again: `offer`, `policy`, `epoch`, `day`, `heartbeats`, `project`,
  /// `placements`, `reservations`, `ledger`, or `ledger of` the cluster that somebody else was faster on; `plan` where the
  /// place was lost that it was planned to have beside others.
  public var moved: [String]
  /// The engine's version.
  public var engineVersion: String
  /// The policy's version.
  public var policyVersion: Int64
  /// SHA-256 of the offer it was made on, hexadecimal.
  public var snapshotDigest: String
  /// The epoch of the database.
  public var epoch: Int64
  /// Who asked.
  public var principal: String
  /// When, by the database's clock.
  public var decidedAt: Timestamp
}
