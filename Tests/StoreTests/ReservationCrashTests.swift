import Foundation
import Model
import Postgres
import Store
import Testing

/// The server process ends within a transaction, before a row of one table is written or after.
struct ReservationCrashTests {
  /// What a crash can fall into, and the tables that it writes.
  enum Operation: String, CaseIterable, Sendable {
    case reserve, confirm, cancel, expire, declareLoss

    var tables: [String] {
      switch self {
      case .reserve:
        [
          "idempotency_keys", "project_identities", "environment_identities", "capacity_ledger", "decisions", "holds",
          "placements", "reservations", "audit_entries",
        ]
      case .confirm:
        [
          "idempotency_keys", "project_identities", "environment_identities", "holds", "reservations", "placements",
          "outbox", "audit_entries",
        ]
      case .cancel: ["idempotency_keys", "holds", "reservations", "placements", "capacity_ledger", "audit_entries"]
      case .expire: ["reservations", "placements", "capacity_ledger", "audit_entries"]
      case .declareLoss: ["idempotency_keys", "reservations", "placements", "capacity_ledger", "audit_entries"]
      }
    }
  }

  @Test(arguments: Operation.allCases)
  func `a crash at any step changes nothing, and the same again succeeds`(_ operation: Operation) async throws {
    for table in operation.tables {
      try await StoreFixture.run { fixture in
        try await fixture.offer()
        let scene = try await fixture.scene(for: operation)
        let before = try await fixture.contents()
        for moment in ["BEFORE", "AFTER"] {
          try await fixture.crash(moment, table)
          await #expect(throws: PostgresError.self, "\(moment) \(table)") { try await scene() }
          try await fixture.pool.withConnection { try await $0.script("DROP TRIGGER crash ON \(table)") }
          #expect(try await fixture.contents() == before, "\(moment) \(table)")
        }
        try await scene()
        #expect(try await fixture.contents() != before)
        #expect(try await fixture.ledgerAddsUp())
      }
    }
  }
}

extension StoreFixture {
  /// All that an operation needs beforehand; calling what comes back performs it.
  fileprivate func scene(
    for operation: ReservationCrashTests.Operation
  ) async throws -> @Sendable () async throws -> Void {
    let store = store
    switch operation {
    case .reserve:
      let request = PlacementRequest(project: Offered.project("alpha"))
      return { _ = try await store.reserve(request, ttl: .seconds(60), idempotencyKey: "k", context: someone) }
    case .confirm:
      let (reservation, console) = (try await reserve("alpha"), ConfirmationRequest.fresh())
      return {
        _ = try await store.confirm(reservation: reservation.id, console, idempotencyKey: "k", context: someone)
      }
    case .cancel:
      let reservation = try await reserve("alpha")
      return { _ = try await store.cancel(reservation: reservation.id, idempotencyKey: "k", context: someone) }
    case .expire:
      try await elapse(try await reserve("alpha"))
      return { _ = try await store.expireReservations() }
    case .declareLoss:
      _ = try await place("alpha")
      let removed = try await store.remove(RemovalRequest(project: "alpha"), context: someone).placements
      let id = try #require(removed.first).spec.id
      return { _ = try await store.declareLoss(of: id, reason: "perdu", idempotencyKey: "k", context: someone) }
    }
  }

  /// Has the server process end at the next write to a table.
  fileprivate func crash(_ moment: String, _ table: String) async throws {
    try await pool.withConnection { connection in
      try await connection.script(
        """
        CREATE OR REPLACE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS
          $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NEW; END$$;
        CREATE TRIGGER crash \(moment) INSERT OR UPDATE ON \(table) FOR EACH ROW EXECUTE FUNCTION crash();
        """)
    }
  }

  /// Every row of every table that reservations touch, digested.
  fileprivate func contents() async throws -> [String] {
    let tables = Set(ReservationCrashTests.Operation.allCases.flatMap(\.tables)).sorted()
    return try await pool.withConnection { connection in
      var digests: [String] = []
      for table in tables {
        let rows = try await connection.query(
          "SELECT coalesce(md5(string_agg(t::text, ';' ORDER BY t::text)), '') FROM \(unescaped: table) t")
        digests.append("\(table) \(try #require(rows.first).decode(String.self, at: 0))")
      }
      return digests
    }
  }
}
