import Foundation
import Model
import Placement
import Postgres
import Testing
import Trail

@testable import Store

/// What is stored of decisions is compared with what it has to be: where one is explained, and where the trail is verified.
struct DecisionVerificationTests {
  /// Whoever reads an offer or a ledger passes over what is appended, and comes to the same answer. With another
  /// name in it the engine would place elsewhere, or nowhere. What can not be read is another thing as well.
  static let contents = [
    "UPDATE offer_snapshots SET bytes = bytes || ' '::bytea",
    "UPDATE ledger_checkpoints SET bytes = bytes || ' '::bytea",
    """
    UPDATE offer_snapshots SET bytes = bytes || ' '::bytea;
    UPDATE decisions SET engine_version = 'regie-placement/99'
    """,
    "UPDATE offer_snapshots SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'nord-1', 'nord-9'), 'UTF8')",
    "UPDATE offer_snapshots SET bytes = '{'::bytea",
    "UPDATE ledger_checkpoints SET bytes = decode('80', 'hex')",
  ]

  static let missing = ["DELETE FROM offer_snapshots", "DELETE FROM ledger_checkpoints"]

  @Test(arguments: contents + missing)
  func `a decision is made again and explained by what its digests name, and by nothing else`(sql: String) async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let id = try await fixture.place("alpha").decision.id
      try await fixture.tamper(sql)
      let unexplained = try await refusal { _ = try await fixture.store.explanation(of: id) }
      #expect(unexplained?.kind == .conflict && unexplained?.message.contains("digest") == true)
      let unmade = try await refusal { _ = try await fixture.store.replay(id) }
      #expect(unmade != nil && unmade == unexplained)
    }
  }

  @Test(arguments: contents + missing)
  func `what was decided is answered once more, whatever became of what it was made on, and explained to nobody else`(
    sql: String
  ) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let placed = try await fixture.place("alpha", key: "k")
      let id = placed.decision.id
      try await fixture.tamper(sql)
      for key in ["k", nil] {
        let again = try await fixture.place("alpha", key: key)
        #expect(again.decision.id == id && again.placements == placed.placements)
        #expect(again.isReplay == (key != nil))
        #expect(again.answer.plan.assignments.map(\.cluster) == placed.placements.map(\.spec.cluster))
        guard case .asStored(let stored) = again.answer else {
          Issue.record("on other contents the engine would tell something else as what was decided")
          return
        }
        // By another offer than that of then the numbers of clusters are no names.
        let named = stored.offer.clusters.map(\.name)
        let known = sql.contains("offer_snapshots") ? [] : ["nord-1"]
        #expect(named == known)
      }
      let unexplained = try await refusal { _ = try await fixture.store.explanation(of: id) }
      #expect(unexplained?.message.contains("digest") == true)
    }
  }

  @Test func `what was decided and reserved is what the trail tells of`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      try await fixture.confirm(try await fixture.reserve("beta"), .fresh())
      _ = try await fixture.place("gamma", quota: Offered.quota(cpu: 1_000_000))
      let actions = try await fixture.count(
        "SELECT count(DISTINCT action) FROM audit_entries WHERE \(Self.isOfDecision)")
      #expect(actions == 2)
      _ = try await fixture.store.sealAudit(limit: 1000)
      #expect(try await fixture.store.verifyAudit().findings == [])
    }
  }

  private static let isOfDecision: PostgresQuery = "kind = 'Project' AND action IN ('decided', 'reserved')"

  static let tamperings = [
    "UPDATE decisions SET decision = convert_to(replace(convert_from(decision, 'UTF8'), 'nord-1', 'nord-9'), 'UTF8')",
    "DELETE FROM decisions",
  ]

  @Test(arguments: tamperings)
  func `a decision that is not the one that the trail tells of is reported, and where`(sql: String) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let decided = try await fixture.place("alpha").decision.id
      let reserved = try await fixture.reserve("beta").decision
      _ = try await fixture.store.sealAudit(limit: 1000)
      try await fixture.tamper(sql)
      let found = try await fixture.store.verifyAudit().findings
      #expect(found.map(\.kind) == [.decision, .decision])
      let decisions: [String?] = [decided, reserved].map { $0.uuidString.lowercased() }
      #expect(found.map(\.subject) == decisions)
      let entries = try await fixture.pool.withConnection {
        try await $0.query("SELECT position FROM audit_entries WHERE \(Self.isOfDecision) ORDER BY position")
      }
      let positions = try entries.map { try $0.decode(Int64.self, "position") }
      #expect(found.map(\.position) == positions)
    }
  }
}
