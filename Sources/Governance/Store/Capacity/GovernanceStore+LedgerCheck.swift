public import Events
import Foundation
import Logging
import Model
public import Policy
import Postgres

/// A difference between the ledger and what reservations hold, and since when it is known.
public struct KnownLedgerDifference: Sendable, Hashable {
  /// The difference.
  public var difference: LedgerDifference
  /// When it was found, by the database's clock.
  public var foundAt: Timestamp
}

/// What a look at the ledger has found.
public struct LedgerCheck: Sendable, Hashable {
  /// All that differs now.
  public var differences: [LedgerDifference]
  /// What of it was not known.
  public var opened: [LedgerDifference]
  /// How many have ended.
  public var ended: Int
}

extension GovernanceStore {
  /// Compares what the ledger says with what reservations hold, both of one moment, and writes down what has changed of their
  /// differences, and says what is new in the log. The ledger is left as it is.
  public func checkLedger() async throws -> LedgerCheck {
    let found = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) {
      try await CapacityBooks(withUse: false, in: $0).differences
    }
    let answers = try await pool.withTransaction { connection in
      try await connection.pipeline([
        // The numbers of a difference that lasts are those of now, and the moment is of when it began. Two instances that
        // look at once write the same.
        """
        INSERT INTO ledger_differences AS d (cluster, resource, ledger, held)
        SELECT * FROM unnest(\(found.map(\.cluster)), \(found.map(\.resource.rawValue)), \(found.map(\.ledger)),
          \(found.map(\.held)))
        ON CONFLICT (cluster, resource) WHERE ended_at IS NULL DO UPDATE SET ledger = excluded.ledger,
          held = excluded.held
        RETURNING cluster, resource, (xmax = 0) AS fresh
        """,
        """
        UPDATE ledger_differences SET ended_at = clock_timestamp()
        WHERE ended_at IS NULL AND NOT (cluster, resource) IN (
          SELECT * FROM unnest(\(found.map(\.cluster)), \(found.map(\.resource.rawValue))))
        RETURNING id
        """,
      ])
    }
    let fresh = Set(
      try answers[0].filter { try $0.decode(Bool.self, "fresh") }.map {
        "\(try $0.decode(String.self, "cluster"))/\(try $0.decode(String.self, "resource"))"
      })
    let opened = found.filter { fresh.contains("\($0.cluster)/\($0.resource.rawValue)") }
    for difference in opened {
      logger.error(
        "The ledger says that something else is promised than what reservations hold; nothing is mended by itself",
        metadata: [
          "cluster": "\(difference.cluster)", "resource": "\(difference.resource.rawValue)",
          "ledger": "\(difference.ledger)", "held": "\(difference.held)",
        ])
    }
    return LedgerCheck(differences: found, opened: opened, ended: answers[1].count)
  }

  /// Since when differences are known, by cluster and resource.
  public func knownLedgerDifferences() async throws -> [KnownLedgerDifference] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT cluster, resource, ledger, held, found_at FROM ledger_differences WHERE ended_at IS NULL
        ORDER BY cluster COLLATE "C", id
        """)
    }
    return try rows.map { row in
      KnownLedgerDifference(
        difference: LedgerDifference(
          cluster: try row.decode("cluster"), resource: try row.known("resource"), ledger: try row.decode("ledger"),
          held: try row.decode("held")), foundAt: Timestamp(try row.decode(Date.self, "found_at")))
    }
  }
}
