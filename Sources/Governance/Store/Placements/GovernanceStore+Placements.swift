public import Foundation
import Model
import Postgres

extension GovernanceStore {
  /// One placement, removed ones included; what is only reserved is none yet.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func placement(_ id: UUID) async throws -> PlacementRecord {
    let rows = try await pool.withConnection {
      try await $0.query(
        "SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables) WHERE p.id = \(id) AND p.revision >= 1")
    }
    guard let row = rows.first else { throw StoreError.notFound(.placement, id.uuidString.lowercased()) }
    return try PlacementRecord(row: row)
  }

  /// Placements by project, environment and replica, `limit` (1 to 1000) at a time; what is only reserved is none yet.
  public func placements(
    _ filter: PlacementFilter = PlacementFilter(), limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<PlacementRecord> {
    try Cursor.check(limit: limit)
    let after = try Cursor.decode(cursor, as: PlacementKey.self)
    let rows = try await pool.withConnection {
      try await $0.query(Self.listPlacements(filter, after: after, limit: limit + 1))
    }
    return try Page(rows.map { try PlacementRecord(row: $0) }, limit: limit, key: PlacementKey.init)
  }

  static func listPlacements(_ filter: PlacementFilter, after key: PlacementKey?, limit: Int) -> PostgresQuery {
    var conditions: [PostgresQuery] = ["p.revision >= 1"]
    if let project = filter.project { conditions.append("p.project = \(project)") }
    if let zone = filter.zone { conditions.append("p.zone = \(zone)") }
    if let cluster = filter.cluster { conditions.append("p.cluster = \(cluster)") }
    if let namespace = filter.namespace { conditions.append("p.namespace = \(namespace)") }
    if let phase = filter.phase { conditions.append("p.phase = \(phase.rawValue)") }
    if !filter.includeRemoved { conditions.append("p.removed_at IS NULL") }
    if let reach = filter.reach {
      conditions.append("(p.zone = ANY(\(reach.zones)) OR p.project = ANY(\(reach.projects)))")
    }
    if let key {
      conditions.append(
        """
        (p.project, p.environment, p.replica, p.id)
          > (\(key.project), \(key.environment), \(Int32(clamping: key.replica)), \(key.id))
        """)
    }
    let restriction = PostgresQuery.join(conditions, separator: " AND ")
    // The page is cut before anything is joined to it, so that its cost does not grow with the table.
    return """
      SELECT \(PlacementRecord.columns) FROM (
        SELECT p.* FROM placements p WHERE \(restriction) ORDER BY p.project, p.environment, p.replica, p.id LIMIT \(limit)
      ) AS p JOIN reservations r ON r.placement = p.id ORDER BY p.project, p.environment, p.replica, p.id
      """
  }
}

/// The order of lists of placements.
struct PlacementKey: Codable, Sendable {
  var project: String
  var environment: String
  var replica: Int
  var id: UUID

  init(_ record: PlacementRecord) {
    project = record.spec.project
    environment = record.spec.environment
    replica = record.spec.replica
    id = record.spec.id
  }
}
