public import Events
public import Foundation
public import Identity
public import Migration
import Model
import Postgres

/// The move of one environment as it is stored.
public struct MoveRecord: Codable, Sendable, Hashable {
  /// Where both copies are.
  public struct Route: Codable, Sendable, Hashable {
    /// The cluster that it leaves.
    public var fromCluster: String
    /// The cluster that it goes to.
    public var toCluster: String
    /// The region that it leaves.
    public var fromRegion: String
    /// The region that it goes to.
    public var toRegion: String
    /// Who runs what it leaves.
    public var sourceOperator: String
    /// Who runs what it goes to.
    public var targetOperator: String
  }

  /// The migration that it belongs to.
  public var migration: UUID
  /// Its place among the plan's moves, from 0.
  public var ordinal: Int
  /// The number of its wave, from 1.
  public var wave: Int
  /// The stage.
  public var stage: String
  /// Which replica it was, from 0.
  public var replica: Int
  /// Where both copies are.
  public var route: Route
  /// How far it has come.
  public internal(set) var move: EnvironmentMigration
  /// What the target waits for the console in; nil where it waits for nothing.
  public internal(set) var hold: UUID?
  /// The flows that have to lead to its target, where they were looked for; nil where they were not.
  public internal(set) var flows: [MoveFlow]?
  /// Counts its changes, from 1; the value of the `ETag`.
  public internal(set) var revision: Int64
  /// When it began.
  public internal(set) var startedAt: Timestamp?
  /// When it has ended.
  public internal(set) var endedAt: Timestamp?
  /// Of which moment this is, by the database's clock.
  public internal(set) var asOf: Timestamp
  /// Whether this is the stored answer to an earlier request.
  public internal(set) var isReplay = false

  private enum CodingKeys: String, CodingKey {
    case migration, ordinal, wave, stage, replica, route, move, hold, flows, revision, startedAt, endedAt, asOf
  }

  static let columns: PostgresQuery = """
    m.migration, m.ordinal, m.wave, m.stage, m.replica, m.from_cluster, m.to_cluster, m.from_region, m.to_region,
    m.source_operator, m.target_operator, m.hold, m.revision, m.started_at, m.ended_at, m.body
    """

  init(row: PostgresRow, asOf: Timestamp) throws {
    migration = try row.decode("migration")
    ordinal = Int(try row.decode(Int32.self, "ordinal"))
    wave = Int(try row.decode(Int32.self, "wave"))
    stage = try row.decode("stage")
    replica = Int(try row.decode(Int32.self, "replica"))
    route = Route(
      fromCluster: try row.decode("from_cluster"), toCluster: try row.decode("to_cluster"),
      fromRegion: try row.decode("from_region"), toRegion: try row.decode("to_region"),
      sourceOperator: try row.decode("source_operator"), targetOperator: try row.decode("target_operator"))
    move = try row.decode(PostgresJSON.self, "body").model(EnvironmentMigration.self)
    hold = try row.decode("hold")
    revision = try row.decode("revision")
    startedAt = try row.decode(Date?.self, "started_at").map(Timestamp.init)
    endedAt = try row.decode(Date?.self, "ended_at").map(Timestamp.init)
    self.asOf = asOf
  }

  var replayed: MoveRecord {
    var copy = self
    copy.isReplay = true
    return copy
  }

  /// Its identifier.
  public var id: UUID { move.id }

  /// Whether somebody whose reach this is may know of it: both operators, and the project's team.
  public func isWithin(_ reach: Scope) -> Bool {
    reach.covers(operator: route.sourceOperator) || reach.covers(operator: route.targetOperator)
      || reach.covers(project: move.terms.project)
  }
}
