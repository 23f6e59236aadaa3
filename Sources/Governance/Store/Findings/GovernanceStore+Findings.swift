public import Foundation
import Model
import Postgres

/// Which findings are asked for.
public struct FindingFilter: Sendable, Hashable {
  /// How a finding stands.
  public enum State: String, Sendable, CaseIterable {
    /// Nothing has happened yet.
    case open
    /// It is open, and its deadline has passed.
    case overdue
    /// It has ended.
    case resolved
  }

  /// Whose findings somebody may see.
  public struct Reach: Sendable, Hashable {
    /// Those at these operators.
    public var operators: [String]
    /// And those of these projects.
    public var projects: [String]

    /// A reach.
    public init(operators: [String], projects: [String]) {
      self.operators = operators
      self.projects = projects
    }
  }

  /// Of one project only.
  public var project: String?
  /// Of the regions of one operator only.
  public var `operator`: String?
  /// Of those that break one rule only.
  public var rule: String?
  /// In one state only; open ones where it is not said, overdue ones included.
  public var state: State
  /// Only what somebody may see; everything where it is not said.
  public var reach: Reach?

  /// A filter.
  public init(
    project: String? = nil, operator: String? = nil, rule: String? = nil, state: State = .open
  ) {
    self.project = project
    self.operator = `operator`
    self.rule = rule
    self.state = state
  }
}

/// How many findings stand how.
public struct FindingCounts: Sendable, Hashable {
  /// Open ones within their deadline.
  public var open: Int64
  /// Open ones whose deadline has passed.
  public var overdue: Int64
  /// Ended ones.
  public var resolved: Int64
}

extension GovernanceStore {
  /// Findings by project, environment and replica, `limit` (1 to 1000) at a time.
  public func findings(
    _ filter: FindingFilter = FindingFilter(), limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<FindingRecord> {
    try Cursor.check(limit: limit)
    let after = try Cursor.decode(cursor, as: FindingKey.self)
    let rows = try await pool.withConnection { connection in
      try await connection.query(Self.listFindings(filter, after: after, limit: limit + 1))
    }
    return try Page(rows.map { try FindingRecord(row: $0) }, limit: limit, key: FindingKey.init)
  }

  /// One finding.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func finding(_ id: UUID) async throws -> FindingRecord {
    let rows = try await pool.withConnection {
      try await $0.query("SELECT \(FindingRecord.columns) FROM findings WHERE id = \(id)")
    }
    guard let row = rows.first else {
      let name = id.uuidString.lowercased()
      throw StoreError(.notFound, "there is no finding “\(name)”", fr: "il n’existe pas de constat « \(name) »")
    }
    return try FindingRecord(row: row)
  }

  /// How many findings there are, by state.
  public func findingCounts() async throws -> FindingCounts {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT count(*) FILTER (WHERE resolved_at IS NULL AND due_on >= \(Self.today)::date) AS open,
          count(*) FILTER (WHERE resolved_at IS NULL AND due_on < \(Self.today)::date) AS overdue,
          count(*) FILTER (WHERE resolved_at IS NOT NULL) AS resolved
        FROM findings
        """)
    }
    let row = try rows.only
    return FindingCounts(
      open: try row.decode("open"), overdue: try row.decode("overdue"), resolved: try row.decode("resolved"))
  }

  private static func listFindings(_ filter: FindingFilter, after key: FindingKey?, limit: Int) -> PostgresQuery {
    var conditions: [PostgresQuery] =
      switch filter.state {
      case .open: ["resolved_at IS NULL"]
      case .overdue: ["resolved_at IS NULL", "due_on < \(today)::date"]
      case .resolved: ["resolved_at IS NOT NULL"]
      }
    if let reach = filter.reach {
      conditions.append("(operator = ANY(\(reach.operators)) OR project = ANY(\(reach.projects)))")
    }
    if let project = filter.project { conditions.append("project = \(project)") }
    if let name = filter.operator { conditions.append("operator = \(name)") }
    if let rule = filter.rule { conditions.append("\(rule) = ANY(rules)") }
    if let key {
      conditions.append(
        """
        (project, environment, replica, id)
          > (\(key.project), \(key.environment), \(Int32(clamping: key.replica)), \(key.id))
        """)
    }
    return """
      SELECT \(FindingRecord.columns) FROM findings WHERE \(PostgresQuery.join(conditions, separator: " AND "))
      ORDER BY project, environment, replica, id LIMIT \(limit)
      """
  }
}

/// The order of lists of findings.
private struct FindingKey: Codable, Sendable {
  var project: String
  var environment: String
  var replica: Int
  var id: UUID

  init(_ record: FindingRecord) {
    project = record.project
    environment = record.environment
    replica = record.replica
    id = record.id
  }
}
