import Contract
import Foundation
import Postgres
import TestSupport

extension SystemUnderTest {
  /// Runs `body` on a connection of the test's own.
  func withDatabase<Result>(_ body: (PostgresConnection) async throws -> Result) async throws -> Result {
    try await PostgresConnection.withConnection(try PostgresServer.configuration(databaseURL), body)
  }

  /// The only number that a query answers with.
  func count(_ query: PostgresQuery) async throws -> Int64 {
    try await withDatabase { try await $0.query(query).first?.decode(Int64.self, at: 0) ?? 0 }
  }

  /// Checks that what commits together is all there: an audit entry for each decision, a reservation for each placement,
  /// an outbox row for each revision, and a ledger that is the sum of the reservations.
  func expectBooksBalance() async throws {
    let faults: [(String, PostgresQuery)] = [
      (
        "clusters whose ledger is not the sum of their reservations",
        """
        SELECT count(*) FROM capacity_ledger l LEFT JOIN (
          SELECT cluster, sum(cpu) AS cpu, sum(memory) AS memory, sum(gpu) AS gpu, sum(storage) AS storage,
            sum(pods) AS pods FROM reservations WHERE state <> 'released' GROUP BY cluster) r USING (cluster)
        WHERE (l.committed_cpu, l.committed_memory, l.committed_gpu, l.committed_storage, l.committed_pods)
          IS DISTINCT FROM (coalesce(r.cpu, 0), coalesce(r.memory, 0), coalesce(r.gpu, 0), coalesce(r.storage, 0),
            coalesce(r.pods, 0))
        """
      ),
      (
        "projects whose decisions and audit entries differ in number",
        """
        SELECT count(*) FROM (SELECT project, count(*) FROM decisions GROUP BY project) d
        FULL JOIN (SELECT name AS project, count(*) FROM audit_entries
          WHERE action IN ('decided', 'reserved') GROUP BY name) a
          USING (project) WHERE d.count IS DISTINCT FROM a.count
        """
      ),
      (
        "placements without a reservation",
        """
        SELECT count(*) FROM placements p LEFT JOIN reservations r ON r.placement = p.id WHERE r.placement IS NULL
        """
      ),
      (
        "placements with a revision that was never announced, or announced without being there",
        """
        SELECT count(*) FROM placements p WHERE p.revision <> (
          SELECT count(DISTINCT o.revision) FROM outbox o WHERE o.placement = p.id AND o.revision <= p.revision)
          OR EXISTS (SELECT FROM outbox o WHERE o.placement = p.id AND o.revision > p.revision)
        """
      ),
    ]
    for (what, query) in faults {
      let found = try await count(query)
      try demand(found == 0, "\(found) \(what)")
    }
    try await busHasEverything()
  }

  /// Waits until nothing waits for the bus: a report may have something told again at any moment, which is gone at once.
  private func busHasEverything() async throws {
    try await eventually("nothing waits for the bus") {
      try await count("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0
    }
  }

  /// Waits until so many placements are ready and nothing waits for the bus, then checks the whole end state.
  func settle(_ api: TestAPI, _ placements: Int, checksOrder: Bool = true) async throws {
    try await api.waitUntilReady(placements)
    try await busHasEverything()
    try await expectEndState(api, checksOrder: checksOrder)
  }

  /// As ``settle(_:_:checksOrder:)``, where what was edited by hand may look ready until it is seen.
  func eventuallyEndState(
    _ api: TestAPI, _ placements: Int
  ) async throws {
    try await api.waitUntilReady(placements)
    try await eventually("the end state is right") {
      try await expectEndState(api)
      return true
    }
    try await settle(api, placements)
  }

  /// The instance that leads the relay by the database's word, if it is one of these.
  func leader(among instances: [Governance]) async throws -> Governance? {
    let holder = try await withDatabase { connection in
      try await connection.query("SELECT holder FROM relay_leases WHERE name = 'relay'").first?.decode(
        String.self, at: 0)
    }
    return instances.first { holder?.hasSuffix("/\($0.program.pid)") == true }
  }
}
