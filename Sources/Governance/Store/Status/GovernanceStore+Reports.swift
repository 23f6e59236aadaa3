public import Events
public import Foundation
import Postgres

/// The number of the latest report of a placement that is stored.
public struct StoredReport: Sendable, Hashable {
  /// The placement.
  public let placement: UUID
  /// The life of the agent.
  public let incarnation: Int64
  /// Its number in that life.
  public let sequence: Int64

  /// A number as a test would make one.
  public init(placement: UUID, incarnation: Int64, sequence: Int64) {
    self.placement = placement
    self.incarnation = incarnation
    self.sequence = sequence
  }
}

extension GovernanceStore {
  /// How long a request for reports is carried by the zone's records.
  private static let requestAge = 300

  /// The latest reports that are stored of a zone's placements (its slug), in the order of placements; of those that are
  /// forgotten none.
  public func reports(of zone: String) async throws -> [StoredReport] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT id, observed_incarnation, observed_sequence FROM placements
        WHERE zone = \(zone) AND observed_sequence IS NOT NULL AND forgotten_at IS NULL ORDER BY id
        """)
    }
    return try rows.map { row in
      StoredReport(
        placement: try row.decode("id"), incarnation: try row.decode("observed_incarnation"),
        sequence: try row.decode("observed_sequence"))
    }
  }

  /// Asks a life of a zone's agent to report on the placements of these buckets once more: the zone's next record says so.
  public func requestReports(zone: String, incarnation: Int64, buckets: [Int]) async throws {
    try await pool.withConnection {
      _ = try await $0.pipeline([
        """
        INSERT INTO report_requests (zone, request, incarnation, buckets, requested_at)
        VALUES (\(zone), \(UUID()), \(incarnation), \(buckets.map(Int64.init)), clock_timestamp())
        ON CONFLICT (zone) DO UPDATE SET request = excluded.request, incarnation = excluded.incarnation,
          buckets = excluded.buckets, requested_at = excluded.requested_at
        """,
        Self.announceOutbox,
      ])
    }
  }

  /// The requests that zones' records carry now.
  public func reportRequests() async throws -> [String: ReportRequest] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT zone, request, incarnation, buckets FROM report_requests
        WHERE requested_at > clock_timestamp() - \(Self.requestAge) * interval '1 second' ORDER BY zone
        """)
    }
    return try Dictionary(
      rows.map { row in
        (
          try row.decode(String.self, "zone"),
          ReportRequest(
            id: try row.decode("request"), incarnation: try row.decode("incarnation"),
            buckets: try row.decode([Int64].self, "buckets").map(Int.init))
        )
      }, uniquingKeysWith: { first, _ in first })
  }
}
