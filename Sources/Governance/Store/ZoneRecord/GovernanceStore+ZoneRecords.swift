public import Events
import Foundation
import Postgres

/// The number that a zone's next record bears.
public struct ZoneRecordNumber: Sendable, Hashable {
  /// The zone's slug.
  public let zone: String
  /// The epoch of the database.
  public let epoch: Int64
  /// Grows with every record of the zone.
  public let sequence: Int64
  /// By the database's clock.
  public let at: Timestamp

  /// A number as a test would make one.
  public init(zone: String, epoch: Int64, sequence: Int64, at: Timestamp) {
    self.zone = zone
    self.epoch = epoch
    self.sequence = sequence
    self.at = at
  }
}

extension GovernanceStore {
  /// What the bus has acknowledged, the latest of each placement, in the order of zones and offsets.
  public func publishedStates() async throws -> [PublishedState] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT placement, zone, epoch, revision, digest, partition, "offset" FROM published_states
        ORDER BY zone, partition, "offset"
        """)
    }
    return try rows.map { try PublishedState(row: $0) }
  }

  /// Numbers the next records of zones, before they are sent: no number is ever sent twice.
  ///
  /// - Returns: None while nothing may be published; see ``suspension()``.
  /// - Throws: ``StoreError`` of kind `leaseLost` when a later term has begun.
  public func numberZoneRecords(_ zones: [String], term: Int64) async throws -> [ZoneRecordNumber] {
    guard !zones.isEmpty else { return [] }
    let answers = try await pool.withConnection { connection in
      try await connection.pipeline([
        "SELECT FROM relay_leases WHERE name = 'relay' AND term = \(term)",
        """
        INSERT INTO zone_records AS r (zone, sequence, numbered_at)
        SELECT z.zone, 1, clock_timestamp() FROM unnest(\(zones)) AS z (zone)
        WHERE EXISTS (SELECT FROM relay_leases WHERE name = 'relay' AND term = \(term))
          AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
        ON CONFLICT (zone) DO UPDATE SET sequence = r.sequence + 1, numbered_at = excluded.numbered_at
        RETURNING zone, sequence, numbered_at, (SELECT epoch FROM epoch) AS epoch
        """,
      ])
    }
    guard !answers[0].isEmpty else { throw StoreError.leaseLost(term: term) }
    return try answers[1].map { row in
      ZoneRecordNumber(
        zone: try row.decode("zone"), epoch: try row.decode("epoch"), sequence: try row.decode("sequence"),
        at: Timestamp(try row.decode(Date.self, "numbered_at")))
    }
  }
}
