import Events
public import Foundation
public import Identity
public import Migration
import Model
import Postgres

/// Which moves are wanted.
public struct MoveFilter: Sendable, Hashable {
  /// Of this migration only; all where nil.
  public var migration: UUID?
  /// Of this project only; all where nil.
  public var project: String?
  /// Away from this operator or to it only; all where nil.
  public var `operator`: String?
  /// At this step only; all where nil.
  public var step: MigrationStep?
  /// That stand so only; all where nil.
  public var standing: EnvironmentMigration.Standing?
  /// That wait for something of this party only; all where nil.
  public var awaiting: MigrationParty?
  /// Of this wave only; all where nil.
  public var wave: Int?

  /// A filter.
  public init(
    migration: UUID? = nil, project: String? = nil, operator: String? = nil, step: MigrationStep? = nil,
    standing: EnvironmentMigration.Standing? = nil, awaiting: MigrationParty? = nil, wave: Int? = nil
  ) {
    self.migration = migration
    self.project = project
    self.operator = `operator`
    self.step = step
    self.standing = standing
    self.awaiting = awaiting
    self.wave = wave
  }
}

/// What an environment has become that was moved.
public struct MovedEnvironment: Codable, Sendable, Hashable {
  /// The project's name.
  public var project: String
  /// What it was called.
  public var environment: String
  /// The UUID that its namespaces are, or were, named after.
  public var environmentID: UUID
  /// What it is called now.
  public var movedTo: String
  /// The UUID that the namespaces of what it has become are named after; nil while nothing is there, and the console may still
  /// give it another.
  public var movedToID: UUID?
  /// How far it is on the way: users are led to the new name at `cutOver`, and the old one is no more at `removed`.
  public var step: MigrationStep
}

/// How many moves stand how, and since when the oldest of them does.
public struct MoveCount: Sendable, Hashable {
  /// The step.
  public var step: MigrationStep
  /// The standing.
  public var standing: EnvironmentMigration.Standing
  /// How many.
  public var count: Int
  /// For how long the oldest of them has been at the step.
  public var oldest: Duration
}

extension GovernanceStore {
  /// Moves within reach, in the order of their migrations' plans, the latest migration first.
  public func moves(
    _ filter: MoveFilter = MoveFilter(), within reach: Scope = .everything, limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<MoveRecord> {
    try Cursor.check(limit: limit)
    var conditions: [PostgresQuery] = ["true"]
    if let after = try Cursor.decode(cursor, as: MoveCursor.self) {
      // Nothing keeps a cursor from being made up: it may name a place that no plan has.
      let ordinal = Int32(clamping: after.ordinal)
      conditions.append("(g.number < \(after.number) OR (g.number = \(after.number) AND m.ordinal > \(ordinal)))")
    }
    if case .own(let operators, let projects) = reach {
      conditions.append(
        """
        (\(operators.condition("m.source_operator")) OR \(operators.condition("m.target_operator"))
          OR \(projects.condition("m.project")))
        """)
    }
    if let id = filter.migration { conditions.append("m.migration = \(id)") }
    if let name = filter.project { conditions.append("m.project = \(name)") }
    if let name = filter.operator { conditions.append("(m.source_operator = \(name) OR m.target_operator = \(name))") }
    if let step = filter.step { conditions.append("m.step = \(step.rawValue)") }
    if let standing = filter.standing { conditions.append("m.standing = \(standing.rawValue)") }
    if let party = filter.awaiting { conditions.append("m.awaited ? \(party.rawValue)") }
    if let wave = filter.wave { conditions.append("m.wave = \(Int32(clamping: wave))") }
    let (numbers, records) = try await pool.withConnection { connection in
      let rows = try await connection.query(
        """
        SELECT \(MoveRecord.columns), g.number, clock_timestamp() AS now
        FROM moves m JOIN migrations g ON g.id = m.migration
        WHERE \(.join(conditions, separator: " AND ")) ORDER BY g.number DESC, m.ordinal LIMIT \(limit + 1)
        """)
      let records = try rows.map { try MoveRecord(row: $0, asOf: Timestamp(try $0.decode(Date.self, "now"))) }
      return (
        try rows.map { try $0.decode(Int64.self, "number") }, try await withFlows(records, in: connection)
      )
    }
    let numbered = zip(numbers, records).map { NumberedMove(number: $0, record: $1) }
    let page = try Page(numbered, limit: limit, key: \.cursor)
    return Page(items: page.items.map(\.record), next: page.next)
  }

  /// What the environments of a project have become that were moved, by their old names: more than one where replicas went at
  /// different times.
  public func movedEnvironments(of project: String) async throws -> [MovedEnvironment] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT DISTINCT ON (e.environment COLLATE "C", m.target_environment COLLATE "C")
          e.environment, e.environment_id, m.target_environment AS moved_to, n.environment_id AS moved_to_id, m.step
        FROM moves m
        JOIN environment_identities e ON e.project = m.project AND e.environment = m.environment
        JOIN environment_identities n ON n.project = m.project AND n.environment = m.target_environment
        WHERE m.project = \(project) AND \(MoveStatements.leads)
        ORDER BY e.environment COLLATE "C", m.target_environment COLLATE "C", m.since DESC
        """)
    }
    return try rows.map { row in
      let step: MigrationStep = try row.known("step")
      return MovedEnvironment(
        project: project, environment: try row.decode("environment"), environmentID: try row.decode("environment_id"),
        movedTo: try row.decode("moved_to"),
        movedToID: step == .preparingTarget ? nil : try row.decode("moved_to_id"), step: step)
    }
  }

  /// How many moves stand how, and how many have ended at which step: of these there is no age.
  public func moveCounts() async throws -> [MoveCount] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT step, standing, count(*) AS count, coalesce(\(Self.age(of: "min(since)")), 0) AS oldest
        FROM moves WHERE standing <> 'ended' GROUP BY step, standing
        UNION ALL SELECT step, 'ended', count(*), 0
        FROM moves WHERE step IN ('done', 'rolledBack', 'failed') GROUP BY step ORDER BY step, standing
        """)
    }
    return try rows.map { row in
      MoveCount(
        step: try row.known("step"), standing: try row.known("standing"),
        count: Int(try row.decode(Int64.self, "count")), oldest: try row.age("oldest") ?? .zero)
    }
  }
}

private struct MoveCursor: Codable, Sendable {
  var number: Int64
  var ordinal: Int
}

private struct NumberedMove: Sendable {
  var number: Int64
  var record: MoveRecord

  var cursor: MoveCursor { MoveCursor(number: number, ordinal: record.ordinal) }
}
