import Events
public import Foundation
import Model
import Postgres
import Requests

extension GovernanceStore {
  /// A request for a derogation.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`, also where it is out of reach.
  public func derogationRequest(
    _ id: UUID, within reach: DerogationReach = .everything
  ) async throws -> DerogationRecord {
    try await pool.withConnection { try await storedDerogation(id, within: reach, locked: false, in: $0) }
  }

  /// Requests for derogations within reach, the latest first.
  public func derogationRequests(
    _ filter: DerogationFilter = DerogationFilter(), within reach: DerogationReach = .everything, limit: Int = 100,
    cursor: String? = nil
  ) async throws -> Page<DerogationRecord> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    var conditions: [PostgresQuery] = ["number < \(before)", reach.condition]
    if let projects = filter.projects { conditions.append("project = ANY(\(projects))") }
    if let states = filter.states { conditions.append("state = ANY(\(states.map(\.rawValue)))") }
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT \(DerogationRecord.columns), clock_timestamp() AS now FROM derogation_requests
        WHERE \(.join(conditions, separator: " AND ")) ORDER BY number DESC LIMIT \(limit + 1)
        """)
    }
    let records = try rows.map { try DerogationRecord(row: $0, asOf: Timestamp(try $0.decode(Date.self, "now"))) }
    return try Page(records, limit: limit, key: \.number)
  }
}
