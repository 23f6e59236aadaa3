import Events
import Foundation
import Model
import Postgres
import Testing
import Trail

@testable import Store

/// The sealer's statements and the verification, on a real server.
struct AuditSealingTests {
  @Test func `what was done is sealed in order, once, and verifies`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let written = try await fixture.count("SELECT count(*) FROM audit_entries")
      #expect(written >= 8)
      let before = try await fixture.store.verifyAudit()
      #expect(before.isSound && before.entries == 0 && before.unsealed == written)
      #expect(before.oldestUnsealedAge != nil)

      let first = try #require(try await fixture.store.sealAudit(limit: 3))
      #expect(first.sealed == 3 && first.mayHaveMore && first.head.position == 3)
      let rest = try #require(try await fixture.store.sealAudit(limit: 1000))
      #expect(rest.sealed == Int(written) - 3 && !rest.mayHaveMore)
      let nothing = try #require(try await fixture.store.sealAudit(limit: 1000))
      #expect(nothing == AuditProgress(head: rest.head, sealed: 0, mayHaveMore: false))

      let after = try await fixture.store.verifyAudit()
      #expect(after.isSound && after.entries == Int(written) && after.unsealed == 0 && after.head == rest.head)
      #expect(after.oldestUnsealedAge == nil)
      let entries = try await fixture.store.auditEntries(limit: 1000).items.reversed()
      #expect(entries.map(\.seal?.position) == (1...written).map { $0 })
    }
  }

  @Test func `an entry whose detail is written already has the encoder's bytes`() throws {
    let context = RequestContext(
      principal: "key:1", roles: ["console", "auditor"], traceparent: "00-a-b-01",
      reason: "Parce que « c’est \"ainsi\" »")
    let at = Timestamp(microseconds: 1_790_000_000_123_456)
    for context in [context, RequestContext(principal: "governance:judge")] {
      let encoded = try AuditWriter.row(
        at: at, context: context, action: "decided", kind: "Project", name: "é/1", detail: ["a": 1])
      let written = AuditWriter.row(
        at: at, context: context, action: "decided", kind: "Project", name: "é/1", written: Array(#"{"a":1}"#.utf8))
      #expect(String(decoding: written.bytes, as: UTF8.self) == String(decoding: encoded.bytes, as: UTF8.self))
    }
  }

  /// The statement of `docs/concepts/audit.md`: it knows nothing of this program.
  @Test func `the documented SQL makes the same links`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      try await fixture.pool.withConnection { connection in
        _ = try await connection.execute(
          """
          INSERT INTO audit_entries (at, principal, action, kind, name, body, digest) VALUES
            ('1969-12-31 23:59:59.999999+00', 'é', '', 'K', '名', '', sha256(''))
          """)
      }
      _ = try await fixture.store.sealAudit(limit: 1000)
      let sql = try AuditPage.statement()
      let rows = try await fixture.pool.withConnection { try await $0.query(PostgresQuery(unescaped: sql)) }
      #expect(rows.isEmpty, "all of the chain agrees")
      try await fixture.tamper("UPDATE audit_entries SET name = 'x' WHERE position = 2")
      let found = try await fixture.pool.withConnection { try await $0.query(PostgresQuery(unescaped: sql)) }
      #expect(try found.map { try $0.decode(Int64.self, "position") } == [2])
    }
  }

  static let tamperings: [(String, [AuditFinding.Kind])] = [
    ("UPDATE audit_entries SET body = 'x' WHERE position = 3", [.body]),
    ("UPDATE audit_entries SET body = 'x', digest = sha256('x') WHERE position = 3", [.entry]),
    ("UPDATE audit_entries SET principal = 'someone else' WHERE position = 3", [.entry, .person]),
    ("UPDATE audit_entries SET at = at - interval '1 microsecond' WHERE position = 3", [.entry]),
    ("UPDATE audit_entries SET link = sha256('x') WHERE position = 3", [.entry, .linkage]),
    ("UPDATE audit_entries SET previous_link = NULL WHERE position = 3", [.entry, .linkage]),
    ("DELETE FROM audit_entries WHERE position = 3", [.gap]),
    ("DELETE FROM audit_entries WHERE position > 5", [.head]),
    ("DELETE FROM audit_entries", [.head]),
    ("UPDATE audit_entries SET position = NULL, link = NULL, sealed_at = NULL WHERE position = 3", [.gap]),
    ("UPDATE audit_entries SET position = -9223372036854775808 WHERE position = 3", [.order, .entry, .gap, .gap]),
    ("UPDATE audit_chain SET position = 2, link = (SELECT link FROM audit_entries WHERE position = 2)", [.head]),
    (
      """
      INSERT INTO audit_entries (at, principal, action, kind, name, body, digest, position, previous_link, link, sealed_at)
      SELECT at, principal, action, kind, name, body, digest, c.position + 1, c.link, sha256('x'), now()
      FROM audit_entries e, audit_chain c WHERE e.position = 3
      """, [.entry, .person, .head]
    ),
  ]

  @Test(arguments: tamperings)
  func `tampering as the database's owner is reported`(sql: String, kinds: [AuditFinding.Kind]) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.sealAudit(limit: 1000)
      #expect(try await fixture.store.verifyAudit().isSound)
      try await fixture.tamper(sql)
      let verification = try await fixture.store.verifyAudit()
      #expect(!verification.isSound)
      // Where the entry of a policy is gone, so is what tells of its version.
      let ofTrail = verification.findings.map(\.kind).filter { $0 != .version }
      #expect(ofTrail == kinds, "\(verification.findings)")
    }
  }

  @Test func `two swapped entries are reported`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.sealAudit(limit: 1000)
      try await fixture.tamper(
        """
        UPDATE audit_entries SET position = -1 WHERE position = 2;
        UPDATE audit_entries SET position = 2 WHERE position = 3;
        UPDATE audit_entries SET position = 3 WHERE position = -1;
        """)
      #expect(try await fixture.store.verifyAudit().findings.map(\.position) == [2, 2, 3, 3, 4])
    }
  }

  @Test func `a chain whose head was put back is not written over`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.sealAudit(limit: 1000)
      try await fixture.tamper(
        "UPDATE audit_chain SET position = 2, link = (SELECT link FROM audit_entries WHERE position = 2)")
      _ = try await fixture.place("alpha")
      let error = await #expect(throws: PostgresError.self) { _ = try await fixture.store.sealAudit(limit: 1000) }
      #expect(error?.sqlState == .uniqueViolation)
      #expect(try await fixture.store.verifyAudit().unsealed > 0)
    }
  }

  @Test func `an entry that commits late, with a smaller id, is sealed after those that were there`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.sealAudit(limit: 1000)
      let late = try await fixture.pool.withTransaction { connection in
        let late = try await fixture.write("late", on: connection)
        _ = try await fixture.place("alpha")
        _ = try await fixture.store.sealAudit(limit: 1000)
        #expect(try await fixture.store.verifyAudit().unsealed == 0, "it is not visible yet")
        return late
      }
      let progress = try #require(try await fixture.store.sealAudit(limit: 1000))
      #expect(progress.sealed == 1)
      let verification = try await fixture.store.verifyAudit()
      #expect(verification.isSound)
      let entries = try await fixture.store.auditEntries(limit: 1000).items
      let sealed = try #require(entries.first { $0.id == late })
      #expect(sealed.seal?.position == progress.head.position)
      #expect(entries.contains { $0.id > late && $0.seal.map { $0.position < progress.head.position } ?? false })
    }
  }

  @Test func `many sealers beside many writers make one chain`() async throws {
    try await StoreFixture.run(maximum: 12) { fixture in
      let writers = 6
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<writers {
          group.addTask {
            for step in 0..<40 {
              try await fixture.pool.withTransaction { _ = try await fixture.write("w\(writer)-\(step)", on: $0) }
            }
          }
        }
        for sealer in 0..<4 {
          group.addTask {
            var sealed = 0
            while try await fixture.count("SELECT count(*) FROM audit_entries WHERE position IS NOT NULL")
              < writers * 40
            {
              sealed += try await fixture.store.sealAudit(limit: 3 + sealer)?.sealed ?? 0
            }
          }
        }
        try await group.waitForAll()
      }
      let verification = try await fixture.store.verifyAudit()
      #expect(verification.isSound && verification.entries == writers * 40 && verification.unsealed == 0)
    }
  }

  /// A sealer that read the head, was stopped for a while, and goes on.
  @Test func `a sealer that goes on from an old head seals nothing`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let entries = try await fixture.store.auditEntries(limit: 1000).items.reversed()
      let stale = AuditChain.seals(of: Array(entries.prefix(2)), after: .origin)
      let other = try #require(try await fixture.store.sealAudit(limit: 5))
      #expect(other.sealed == 5)
      let sealed = try await fixture.store.applySeals(stale, from: .origin)
      #expect(sealed == 0)
      #expect(try await fixture.store.auditHead().head == other.head)
      _ = try await fixture.store.sealAudit(limit: 1000)
      #expect(try await fixture.store.verifyAudit().isSound)
      // And one whose entries are gone meanwhile leaves no hole.
      let late = try await fixture.pool.withTransaction { try await fixture.write("late", on: $0) }
      let last = try await fixture.store.auditHead().head
      let entry = try #require(try await fixture.store.auditEntries(limit: 1).items.first)
      try await fixture.tamper("DELETE FROM audit_entries WHERE id = \(late)")
      #expect(try await fixture.store.applySeals(AuditChain.seals(of: [entry], after: last), from: last) == 0)
      #expect(try await fixture.store.auditHead().head == last)
    }
  }

  /// The server process ends at the step, as with `kill -9` of the sealer's machine: before the row is written, or after.
  @Test(arguments: ["audit_entries", "audit_chain"], ["BEFORE", "AFTER"])
  func `a connection that is killed while sealing leaves all or nothing`(table: String, moment: String) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.tamper(
        """
        CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS
          $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NEW; END$$;
        CREATE TRIGGER crash \(moment) UPDATE ON \(table) FOR EACH ROW EXECUTE FUNCTION crash();
        """)
      await #expect(throws: PostgresError.self) { _ = try await fixture.store.sealAudit(limit: 3) }
      try await fixture.tamper("DROP TRIGGER crash ON \(table)")
      let verification = try await fixture.store.verifyAudit()
      #expect(verification.isSound && verification.entries == 0)
      #expect(try await fixture.store.sealAudit(limit: 1000)?.head.position == verification.unsealed)
      #expect(try await fixture.store.verifyAudit().isSound)
    }
  }

  @Test func `each commit that wrote an entry wakes a listener`() async throws {
    try await StoreFixture.run { fixture in
      let listener = PostgresListener(
        configuration: fixture.configuration, channels: [GovernanceStore.auditChannel], logger: quiet)
      var events = listener.makeAsyncIterator()
      #expect(await events.next() == .connected)
      try await fixture.pool.withTransaction { _ = try await fixture.write("one", on: $0) }
      #expect(await events.next() == .notification(channel: GovernanceStore.auditChannel, payload: ""))
    }
  }

  static let cuts: [(String, [AuditFinding.Kind])] = [
    (
      """
      DELETE FROM audit_entries WHERE position > 5;
      UPDATE audit_chain SET position = 5, link = (SELECT link FROM audit_entries WHERE position = 5)
      """, [.anchor]
    ),
    // What was anchored is known in two places.
    (
      """
      DELETE FROM audit_entries WHERE position > 5; DELETE FROM audit_anchors;
      UPDATE audit_chain SET position = 5, link = (SELECT link FROM audit_entries WHERE position = 5)
      """, [.anchor]
    ),
    (
      """
      DELETE FROM audit_entries WHERE position > 5;
      UPDATE audit_chain SET position = 5, anchored_position = 5,
        link = (SELECT link FROM audit_entries WHERE position = 5)
      """, [.anchor]
    ),
    ("UPDATE audit_entries SET link = sha256('x') WHERE position = 3", [.entry, .anchor, .linkage]),
    ("UPDATE audit_anchors SET position = 4 WHERE key = 'audit/2026-11-24'", [.anchor]),
    ("UPDATE audit_anchors SET record = 'x'", [.anchor, .anchor]),
  ]

  @Test(arguments: cuts)
  func `what does not agree with the anchors that are kept is reported`(sql: String, kinds: [AuditFinding.Kind])
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.sealAudit(limit: 1000)
      let (entries, head, _) = try await fixture.store.auditChain(after: 0)
      let seals = [entries[2].seal, entries.last?.seal].compactMap(\.self)
      for (day, seal) in zip(["audit/2026-11-24", "audit/2026-11-25"], seals) {
        let anchor = AuditAnchor(epoch: 1, position: seal.position, link: seal.linkText, count: seal.position)
        let payload = String(decoding: try BusCodec.encode(anchor), as: UTF8.self)
        try await fixture.store.recordAuditAnchor(
          AuditAnchorRecord(key: day, headers: [], payload: payload), position: seal.position)
      }
      let sound = try await fixture.store.verifyAudit()
      #expect(sound.isSound && sound.anchoredPosition == head.position, "\(sound.findings)")
      try await fixture.tamper(sql)
      let found = try await fixture.store.verifyAudit().findings.filter { $0.kind != .version }
      #expect(found.map(\.kind) == kinds, "\(found)")
    }
  }

  @Test func `an anchor is recorded unless a later one is`() async throws {
    try await StoreFixture.run { fixture in
      for (day, positions) in [("audit/2026-11-25", [3, 7, 5]), ("audit/2026-11-26", [6])] {
        for position in positions {
          let record = AuditAnchorRecord(key: day, headers: ["ce_id", "\(position)"], payload: "{}")
          try await fixture.store.recordAuditAnchor(record, position: Int64(position))
        }
      }
      #expect(try await fixture.store.auditHead().anchoredPosition == 7)
      #expect(try await fixture.store.verifyAudit().anchoredPosition == 7)
      // The newest of each day is kept, the oldest day first.
      let first = try await fixture.store.auditAnchors(limit: 1)
      #expect(first.items.map(\.headers) == [["ce_id", "7"]])
      let rest = try await fixture.store.auditAnchors(limit: 1, cursor: first.next)
      #expect(rest.items.map(\.headers) == [["ce_id", "6"]] && rest.next == nil)
    }
  }
}

/// The page that tells how to verify by hand.
enum AuditPage {
  /// One of its SQL blocks.
  static func statement(_ number: Int = 0) throws -> String {
    let page = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "../../docs/concepts/audit.md").standardized
    let text = try String(contentsOf: page, encoding: .utf8)
    let blocks = text.components(separatedBy: "```")
    let statements = blocks.filter { $0.hasPrefix("sql\n") }
    try #require(statements.count > number)
    return String(statements[number].dropFirst(4))
      .trimmingCharacters(in: CharacterSet(charactersIn: "; \n"))
  }
}

extension StoreFixture {
  /// Writes an entry as a transaction of governance does.
  fileprivate func write(_ name: String, on connection: PostgresConnection) async throws -> Int64 {
    _ = try await connection.execute(
      try AuditWriter.entry(
        at: Timestamp(microseconds: 1_790_000_000_000_000), context: someone, action: "tested", kind: "Test",
        name: name,
        detail: ["name": name]))
    return try await connection.query("SELECT currval(pg_get_serial_sequence('audit_entries', 'id'))").first?
      .decode(Int64.self, at: 0) ?? 0
  }
}
