public import Events
public import Foundation
public import Model
public import Placement
import Postgres

/// A placement that does not comply with the policy in force, and what became of it. Nothing is moved for it: somebody
/// migrates, obtains a derogation or, where it may stay, decides again.
public struct FindingRecord: Sendable, Hashable {
  /// What ended it.
  public enum Resolution: String, Sendable, CaseIterable {
    /// The replica lives elsewhere.
    case migrated
    /// The placement is removed, or to be.
    case removed
    /// A derogation waives what it broke.
    case derogation
    /// Another version of the policy does not object.
    case policy
    /// The offer, the day, the project or the chain that delivers to it is another one.
    case circumstances
  }

  /// The finding's identifier.
  public var id: UUID
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
  /// The region's name; empty where the cluster is not on offer any more.
  public var region: String
  /// Who runs the region; likewise.
  public var `operator`: String
  /// The version of the policy under which it was found.
  public var policyVersion: Int64
  /// The rules that it breaks, sorted.
  public var rules: [String]
  /// What drives it out, or keeps its chain from delivering to it, in the order of the codes.
  public var reasons: [Reason]
  /// Whether only its chain is in the way: it may stay where it is, and the next decision on the project chooses another one.
  public var mayStay: Bool
  /// When it was found.
  public var openedAt: Timestamp
  /// The last day for a migration, a derogation or, where it may stay, a decision.
  public var dueOn: CalendarDay
  /// Whether that day has passed, and nothing has happened.
  public var isOverdue: Bool
  /// When it ended.
  public var resolvedAt: Timestamp?
  /// What ended it.
  public var resolution: Resolution?
}

extension FindingRecord {
  /// Columns that ``init(row:)`` reads.
  static let columns: PostgresQuery = """
    id, placement, project, environment, replica, cluster, zone, region, operator, policy_version, rules, reasons, may_stay,
    opened_at, due_on::text AS due_on, resolved_at, resolution,
    (resolved_at IS NULL AND due_on < (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date) AS overdue
    """

  init(row: PostgresRow) throws {
    self.init(
      id: try row.decode("id"), placement: try row.decode("placement"), project: try row.decode("project"),
      environment: try row.decode("environment"), replica: Int(try row.decode(Int32.self, "replica")),
      cluster: try row.decode("cluster"), zone: try row.decode("zone"), region: try row.decode("region"),
      operator: try row.decode("operator"), policyVersion: try row.decode("policy_version"),
      rules: try row.decode("rules"),
      reasons: try row.decode(PostgresJSON.self, "reasons").model([Reason].self), mayStay: try row.decode("may_stay"),
      openedAt: Timestamp(try row.decode(Date.self, "opened_at")),
      dueOn: try GovernanceStore.day(row.decode("due_on")), isOverdue: try row.decode("overdue"),
      resolvedAt: try row.decode(Date?.self, "resolved_at").map(Timestamp.init),
      resolution: try row.decode(String?.self, "resolution").flatMap { Resolution(rawValue: $0) })
  }
}
