public import Foundation
public import Model

/// What a finding has come to: a placement that does not comply with the policy. Whose it is and where, is for those
/// who may see the placement.
public struct FindingFact: PublicFact {
  /// How it stands; each state has a revision of its own.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Somebody has to migrate, or to obtain a derogation.
    case open
    /// It has ended.
    case resolved
  }

  /// Its type on the bus.
  public static var type: String { EventType.finding }

  /// The epoch of the database.
  public var epoch: Int64
  /// Grows with each state of it, from 1.
  public var revision: Int64
  /// The finding.
  public var finding: UUID
  /// The placement.
  public var placement: UUID
  /// How it stands.
  public var state: State
  /// The version of the policy under which it was found.
  public var policyVersion: Int64
  /// When it was found.
  public var openedAt: Timestamp
  /// The last day for a migration or a derogation.
  public var dueOn: CalendarDay
  /// When it ended.
  public var resolvedAt: Timestamp?
  /// What ended it: `migrated`, `removed`, `derogation`, `policy` or `circumstances`.
  public var resolution: String?

  /// The record's key.
  public var key: String { "finding/\(finding.uuidString.lowercased())" }

  /// What is told of a finding: it is open where nothing has ended it.
  public init(
    epoch: Int64, finding: UUID, placement: UUID, policyVersion: Int64, openedAt: Timestamp, dueOn: CalendarDay,
    resolvedAt: Timestamp? = nil, resolution: String? = nil
  ) {
    self.epoch = epoch
    (state, revision) = resolution == nil ? (.open, 1) : (.resolved, 2)
    self.finding = finding
    self.placement = placement
    self.policyVersion = policyVersion
    self.openedAt = openedAt
    self.dueOn = dueOn
    self.resolvedAt = resolvedAt
    self.resolution = resolution
  }
}
