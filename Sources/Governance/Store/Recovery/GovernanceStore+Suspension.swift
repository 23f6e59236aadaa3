public import Events
import Foundation
import Postgres

/// Why nothing is decided or published: the database is older than what it has said on the bus.
public struct Suspension: Sendable, Hashable {
  /// Since when, by the database's clock.
  public let at: Timestamp
  /// What shows it.
  public let because: String
}

extension GovernanceStore {
  /// What the database refuses with while it is suspended; see migration 0007.
  public static let suspendedState = "RG002"

  /// Stops all instances from deciding and publishing, of whatever version, until somebody recovers (protocol rule 13).
  public func suspend(because reason: String) async throws {
    try await pool.withConnection {
      _ = try await $0.execute(
        """
        UPDATE epoch SET suspended_at = clock_timestamp(), suspended_because = \(reason) WHERE suspended_at IS NULL
        """)
    }
  }

  /// Why nothing is decided or published; nil while all is well.
  public func suspension() async throws -> Suspension? {
    let rows = try await pool.withConnection { try await $0.query(Self.selectSuspension) }
    return try rows.first.map { try Suspension(row: $0) }
  }

  static let selectSuspension: PostgresQuery =
    "SELECT suspended_at, suspended_because FROM epoch WHERE suspended_at IS NOT NULL"

  /// The database's own account of a zone (its slug), to be read after the topic.
  public func account(of zone: String) async throws -> RestoreSigns.Account {
    let answers = try await pool.withConnection {
      try await $0.pipeline([
        "SELECT epoch FROM epoch", "SELECT sequence FROM zone_records WHERE zone = \(zone)",
        "SELECT id, epoch, revision FROM placements WHERE zone = \(zone)",
      ])
    }
    let versions = try answers[2].map { row in
      (
        try row.decode(UUID.self, "id"),
        StateVersion(epoch: try row.decode("epoch"), revision: try row.decode("revision"))
      )
    }
    return RestoreSigns.Account(
      epoch: try answers[0].only.decode("epoch"), sequence: try answers[1].first?.decode("sequence") ?? 0,
      versions: Dictionary(versions, uniquingKeysWith: { first, _ in first }))
  }
}

extension Suspension {
  init(row: PostgresRow) throws {
    self.init(at: Timestamp(try row.decode(Date.self, "suspended_at")), because: try row.decode("suspended_because"))
  }
}
