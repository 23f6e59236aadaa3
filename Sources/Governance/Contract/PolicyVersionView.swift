public import Board
public import Events
public import Foundation
public import Model

/// A version of the policy, and how it came about.
public struct PolicyVersionView: Codable, Sendable, Hashable {
  /// From 1.
  public var version: Int64
  /// The policy's name.
  public var name: String
  /// From when on it is in force, unless a later one is.
  public var effectiveAt: Timestamp
  /// Whether it is the one in force.
  public var inForce: Bool
  /// The version that has its place, or will have it from its own date on.
  public var supersededBy: Int64?
  /// How it came about.
  public var origin: BoardVersion.Origin
  /// The proposal that it was; absent where it was applied directly.
  public var proposal: UUID?
  /// The version that was decided, where this one carries it behind an emergency restriction.
  public var carries: Int64?
  /// Who wrote it: who applied it, or whose vote ended the ballot; the clock where the deadline did. Absent for whoever is neither on the
  /// board, nor administers, nor audits.
  public var principal: String?
  /// When it was written.
  public var createdAt: Timestamp
  /// SHA-256 of the text, hexadecimal, as the audit trail has it.
  public var digest: String
  /// The text; absent in lists.
  public var spec: PolicySpec?

  /// A version.
  public init(
    version: Int64, name: String, effectiveAt: Timestamp, inForce: Bool, supersededBy: Int64?,
    origin: BoardVersion.Origin, proposal: UUID?, carries: Int64? = nil, principal: String?, createdAt: Timestamp,
    digest: String, spec: PolicySpec?
  ) {
    self.version = version
    self.name = name
    self.effectiveAt = effectiveAt
    self.inForce = inForce
    self.supersededBy = supersededBy
    self.origin = origin
    self.proposal = proposal
    self.carries = carries
    self.principal = principal
    self.createdAt = createdAt
    self.digest = digest
    self.spec = spec
  }
}
