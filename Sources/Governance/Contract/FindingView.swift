public import Events
public import Foundation
public import Model

/// A placement that does not comply with the policy in force.
public struct FindingView: Codable, Sendable, Hashable {
  /// How it stands.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Nothing has happened yet.
    case open
    /// Nothing has happened, and the deadline has passed.
    case overdue
    /// It has ended.
    case resolved
  }

  /// The finding's identifier.
  public var id: UUID
  /// How it stands.
  public var state: State
  /// The placement.
  public var placement: UUID
  /// Whose it is: the project.
  public var project: String
  /// The environment's name.
  public var environment: String
  /// Which replica, from 0.
  public var replica: Int
  /// Where it is.
  public var cluster: String
  /// The zone's slug.
  public var zone: String
  /// The region's name.
  public var region: String
  /// Who runs the region.
  public var `operator`: String
  /// The version of the policy under which it was found.
  public var policyVersion: Int64
  /// The rules that it breaks.
  public var rules: [String]
  /// What drives it out, or keeps its chain from delivering to it: codes, and sentences in one language.
  public var reasons: [ExplanationView.ReasonView]
  /// True where only its chain is in the way: it may stay where it is, and the next decision on the project chooses another one.
  public var mayStay: Bool?
  /// When it was found.
  public var openedAt: Timestamp
  /// The last day for a migration, a derogation or, where it may stay, a decision.
  public var dueOn: CalendarDay
  /// When it ended.
  public var resolvedAt: Timestamp?
  /// What ended it: `migrated`, `removed`, `derogation`, `policy` or `circumstances`.
  public var resolution: String?

  /// A finding.
  public init(
    id: UUID, state: State, placement: UUID, project: String, environment: String, replica: Int, cluster: String,
    zone: String, region: String, operator: String, policyVersion: Int64, rules: [String],
    reasons: [ExplanationView.ReasonView], mayStay: Bool? = nil,
    openedAt: Timestamp, dueOn: CalendarDay, resolvedAt: Timestamp?, resolution: String?
  ) {
    self.id = id
    self.state = state
    self.placement = placement
    self.project = project
    self.environment = environment
    self.replica = replica
    self.cluster = cluster
    self.zone = zone
    self.region = region
    self.operator = `operator`
    self.policyVersion = policyVersion
    self.rules = rules
    self.reasons = reasons
    self.mayStay = mayStay
    self.openedAt = openedAt
    self.dueOn = dueOn
    self.resolvedAt = resolvedAt
    self.resolution = resolution
  }
}
