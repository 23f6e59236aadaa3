import Foundation
import Postgres
import TestSupport
import Testing

@testable import Store

/// Since when names of persons are sealed as pseudonyms only, as anchors say it.
struct PseudonymsFromTests {
  /// Entries before the schema knew it: each by its principal, sealed as the sealer does or waiting for that.
  struct Case: Sendable {
    var principals: [String]
    var sealed: Int
    var expected: Int64?
  }

  @Test(arguments: [
    Case(principals: [], sealed: 0, expected: 1),
    Case(principals: ["key:1", "person:0a", "governance:clock"], sealed: 3, expected: 1),
    Case(principals: ["oidc:ada", "key:1", "person:0a"], sealed: 3, expected: 2),
    Case(principals: ["person:erased", "key:1", "oidc:ada", "person:0a"], sealed: 4, expected: 4),
    Case(principals: ["person:0a", "oidc:ada"], sealed: 1, expected: nil),
  ])
  func `a database that is in use finds it in its trail`(example: Case) async throws {
    let configuration = try StoreFixture.patient(try await PostgresServer.shared().freshDatabase().url)
    _ = try await PostgresMigrator(Array(StoreMigrations.all.prefix(46))).migrate(configuration, logger: quiet)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      try await pool.withConnection { connection in
        for (number, principal) in example.principals.enumerated() {
          let position = number < example.sealed ? Int64(number + 1) : nil
          let link = position.map { _ in [UInt8](repeating: 7, count: 32) }
          _ = try await connection.query(
            """
            INSERT INTO audit_entries
              (at, principal, action, kind, name, body, digest, position, previous_link, link, sealed_at)
            VALUES (clock_timestamp(), \(principal), 'created', 'Project', 'p', '{}', sha256('{}'), \(position), \(link),
              \(link), \(position.map { _ in Date() }))
            """)
        }
      }
      #expect(try await StoreMigrations.migrate(configuration, logger: quiet).first == 47)
      let rows = try await pool.withConnection { try await $0.query("SELECT pseudonyms_from FROM audit_chain") }
      #expect(try rows.first?.decode(Int64?.self, "pseudonyms_from") == example.expected)
    }
  }

  @Test func `it does not change, and anchors carry it`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.sealAudit(limit: 1000)
      let head = try await fixture.store.auditHead().head
      #expect(try await fixture.store.account(of: head)?.pseudonymsFrom == 1)
      for other in ["2", "NULL"] {
        await #expect(throws: PostgresError.self) {
          try await fixture.pool.withConnection {
            try await $0.script("UPDATE audit_chain SET pseudonyms_from = \(other)")
          }
        }
      }
    }
  }
}
