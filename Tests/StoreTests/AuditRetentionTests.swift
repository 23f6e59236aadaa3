import Events
import Foundation
import Model
import Postgres
import Testing
import Trail

@testable import Store

/// The rule of retention: names go, and the chain stays.
struct AuditRetentionTests {
  private static let ada = RequestContext(principal: "oidc:ada-lovelace", roles: ["governance-admin"])
  private static let year: Duration = .seconds(365 * 86_400)

  /// Entries by a person, the first of them by a program from before there were pseudonyms, all sealed, long ago.
  private static func past(_ fixture: StoreFixture, sealing: Bool = true, days: Int = 400) async throws {
    try await clear(fixture)
    for resource in Offered.base + [Offered.cluster("nord-1", Offered.large)] {
      _ = try await fixture.store.put(resource, context: ada)
    }
    _ = try await fixture.store.decide(
      PlacementRequest(project: Offered.project("alpha")), context: ada)
    try await fixture.tamper("UPDATE audit_entries SET at = at - interval '\(days) days'")
    if sealing { _ = try await fixture.store.sealAudit(limit: 1000) }
  }

  /// Entries with the name in clear.
  ///
  /// - Parameter knowing: whether it stays as it was since when names are pseudonyms.
  private static func clear(_ fixture: StoreFixture, knowing: Bool = false) async throws {
    try await fixture.pool.withConnection { connection in
      try await connection.script(
        """
        INSERT INTO audit_entries (at, principal, action, kind, name, body, digest)
        SELECT now(), 'oidc:ada-lovelace', 'voted', k, 'x', b, sha256(b) FROM (VALUES
          ('PolicyProposal', convert_to('{"detail":{"vote":{"principal":"oidc:ada-lovelace"}},"principal":"oidc:ada-lovelace"}', 'UTF8')),
          ('Operator', convert_to('{"detail":{"representatives":[{"subject":"ada-lovelace"}]},"principal":"oidc:ada-lovelace"}', 'UTF8'))
        ) v (k, b)
        """)
    }
    // So it is where such entries waited for their seals when this was determined.
    if !knowing { try await fixture.tamper("UPDATE audit_chain SET pseudonyms_from = NULL") }
  }

  /// Positions that the statements of `docs/concepts/audit.md` find.
  private static func byHand(_ fixture: StoreFixture) async throws -> [Int64] {
    var found: [Int64] = []
    for sql in [try AuditPage.statement(), try AuditPage.statement(1)] {
      let rows = try await fixture.pool.withConnection { try await $0.query(PostgresQuery(unescaped: sql)) }
      found += try rows.map { try $0.decode(Int64.self, "position") }
    }
    return found
  }

  /// All that any table of the trail holds, bytes as text too.
  private static func everything(_ fixture: StoreFixture) async throws -> String {
    try await fixture.pool.withConnection { connection in
      var text = ""
      for table in ["audit_entries", "audit_chain", "audit_anchors"] {
        let rows = try await connection.query(
          PostgresQuery(
            unescaped: "SELECT t::text AS all, to_jsonb(t)::text AS json FROM \(table) t"))
        for row in rows { text += try row.decode(String.self, "all") + (try row.decode(String.self, "json")) }
      }
      for row in try await connection.query("SELECT encode(body, 'escape') AS body FROM audit_entries") {
        text += try row.decode(String.self, "body")
      }
      return text
    }
  }

  @Test func `a name stands beside the entry, and what is sealed does not hold it`() async throws {
    try await StoreFixture.run { fixture in
      for resource in Offered.base + [Offered.cluster("nord-1", Offered.large)] {
        _ = try await fixture.store.put(resource, context: Self.ada)
      }
      _ = try await fixture.store.sealAudit(limit: 1000)
      let entries = try await fixture.store.auditEntries(limit: 1000).items
      #expect(entries.allSatisfy { $0.who == "oidc:ada-lovelace" && $0.principal.hasPrefix("person:") })
      // Of three letters alone an identifier may be made too.
      #expect(entries.allSatisfy { !String(decoding: $0.body, as: UTF8.self).contains("lovelace") })
      #expect(Set(entries.map(\.principal)).count == entries.count, "each has chance of its own")
      #expect(try await fixture.store.verifyAudit().isSound)
      try await fixture.tamper("UPDATE audit_entries SET person = 'oidc:eve' WHERE position = 2")
      #expect(try await fixture.store.verifyAudit().findings.map(\.kind) == [.person])
    }
  }

  @Test func `why something was done stands in the entry, and that one representative took another's place`()
    async throws
  {
    try await StoreFixture.run { fixture in
      var why = Self.ada
      why.reason = "Départ d’une représentante"
      func represent(_ subject: String) async throws {
        let spec = OperatorSpec(displayName: "Nord", representatives: [.init(subject: subject)])
        _ = try await fixture.store.put(.operator(Resource("nord", spec)), context: why)
      }
      try await represent("oidc:marie")
      try await represent("oidc:paul")
      try await fixture.store.delete(.operator, "nord", context: why)
      _ = try await fixture.store.sealAudit(limit: 1000)
      let entries = try await fixture.store.auditEntries(limit: 10).items.reversed()
      #expect(entries.map(\.action) == ["created", "changed", "deleted"])
      #expect(entries.allSatisfy { $0.origin?.reason == why.reason && $0.origin?.roles == why.roles })
      struct Body: Decodable {
        struct Content: Decodable { var spec: OperatorSpec }
        struct Detail: Decodable { var before, after: Content? }
        var detail: Detail
      }
      let details = try entries.map { try JSONDecoder().decode(Body.self, from: Data($0.body)).detail }
      let (before, after) = (details[1].before?.spec.representatives, details[1].after?.spec.representatives)
      #expect(before?.count == 1 && after?.count == 1 && before != after)
      #expect((before ?? []).allSatisfy { $0.subject?.hasPrefix(AuditPerson.prefix) == true })
      #expect(details[0].after?.spec.representatives != before, "each entry has chance of its own")
      let text = entries.map { String(decoding: $0.body, as: UTF8.self) }.joined()
      #expect(!text.contains("marie") && !text.contains("paul"))
      #expect(try await fixture.store.verifyAudit().isSound)
    }
  }

  @Test func `after the rule's time the names are gone from every table of the trail, and the chain verifies`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await Self.past(fixture)
      let before = try await fixture.store.verifyAudit()
      #expect(before.isSound && before.erased == [])
      #expect(try await Self.everything(fixture).contains("ada-lovelace"))
      var names = 0
      while true {
        let progress = try await fixture.store.eraseAuditNames(olderThan: Self.year, limit: 3)
        names += progress.names
        if !progress.mayHaveMore { break }
      }
      #expect(names == before.entries)
      let everything = try await Self.everything(fixture)
      #expect(!everything.contains("ada-lovelace") && !everything.contains("lovelace"))
      _ = try await fixture.store.sealAudit(limit: 1000)
      let after = try await fixture.store.verifyAudit()
      #expect(after.isSound, "\(after.findings)")
      #expect(after.erased.map(\.names) == [names] && after.erased.first?.from == 1 && after.erased.first?.days == 365)
      #expect(Int64(after.erased.first?.to ?? 0) == Int64(before.entries))
      // By hand, too; and what was done is still to be read.
      #expect(try await Self.byHand(fixture) == [])
      let entries = try await fixture.store.auditEntries(limit: 1000).items
      #expect(entries.contains { $0.action == "decided" && $0.erasedAt != nil && $0.origin?.roles == Self.ada.roles })
      // Nothing is left to do.
      let again = try await fixture.store.eraseAuditNames(olderThan: Self.year)
      #expect(again == AuditErasureProgress(names: 0, mayHaveMore: false))
    }
  }

  /// As whoever owns the database would: the sealer seals whatever it finds.
  @Test(arguments: [3, 400], [2, 5])
  func `an entry that somebody rewrites as the rule would is found, unless names were in clear and it is old`(
    days: Int, position: Int64
  ) async throws {
    try await StoreFixture.run { fixture in
      try await Self.past(fixture, days: days)
      // What it takes to be believed of an old entry with the name in clear: all names before it go as well.
      try await fixture.tamper(
        """
        UPDATE audit_entries SET person = NULL, salt = NULL, erased_at = now() WHERE position <= \(position);
        UPDATE audit_entries SET principal = 'person:erased', body = '{}' WHERE position IN (1, 2, \(position));
        """)
      let entries = try await fixture.store.auditChain(after: 0, limit: Int(position)).entries
      let now = Timestamp(Date())
      let erasure = AuditErasure(
        from: 1, to: position, before: Timestamp(microseconds: now.microseconds - 365 * 86_400_000_000), days: 365,
        names: Int(position),
        rewritten: entries.filter { $0.principal == AuditPerson.erased }.compactMap { entry in
          entry.seal.map { .init(position: $0.position, remains: HexText.encode(AuditErasure.remains(of: entry))) }
        })
      let telling = try AuditWriter.entry(
        at: now, context: RequestContext(principal: AuditErasure.principal), action: AuditErasure.action,
        kind: AuditErasure.kind, name: AuditErasure.name, detail: erasure)
      _ = try await fixture.pool.withConnection { try await $0.execute(telling) }
      _ = try await fixture.store.sealAudit(limit: 1000)
      let found = try await fixture.store.verifyAudit().findings.filter { $0.kind == .entry }.map(\.position)
      let clear: [Int64] = days < 365 ? [1, 2] : []
      #expect(found == clear + (position > 2 ? [position] : []))
      #expect(Set(try await Self.byHand(fixture)) == Set(found))
    }
  }

  /// By an instance of an earlier version, beside newer ones.
  @Test func `a name that was sealed in clear after pseudonyms is left, for nothing could tell that from tampering`()
    async throws
  {
    try await StoreFixture.run { fixture in
      _ = try await fixture.store.put(Offered.base[0], context: Self.ada)
      try await Self.past(fixture)
      let names = try await fixture.store.eraseAuditNames(olderThan: Self.year, limit: 1000).names
      #expect(names == Int(try await fixture.count("SELECT count(*) FROM audit_entries WHERE erased_at IS NOT NULL")))
      _ = try await fixture.store.sealAudit(limit: 1000)
      let verification = try await fixture.store.verifyAudit()
      #expect(verification.isSound && verification.erased.map(\.names) == [names], "\(verification.findings)")
      #expect(try await Self.byHand(fixture) == [])
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries WHERE principal = 'oidc:ada-lovelace'") == 2)
    }
  }

  /// Else the rule itself would do what whoever has an anchor takes for tampering.
  @Test func `what anchors say was never sealed in clear is not rewritten, even before the first pseudonym`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await Self.clear(fixture)
      try await fixture.tamper(
        """
        UPDATE audit_chain SET pseudonyms_from = 2; UPDATE audit_entries SET at = at - interval '400 days'
        """)
      _ = try await fixture.store.sealAudit(limit: 1000)
      #expect(try await fixture.store.eraseAuditNames(olderThan: Self.year).names == 1)
      #expect(try await fixture.count("SELECT position FROM audit_entries WHERE principal = 'person:erased'") == 1)
    }
  }

  @Test func `since when names are pseudonyms is found out once none in clear waits, and does not change`() async throws
  {
    try await StoreFixture.run { fixture in
      _ = try await fixture.store.put(Offered.base[0], context: Self.ada)
      let head = try #require(try await fixture.store.sealAudit(limit: 1000)).head
      try await Self.clear(fixture)
      #expect(try await fixture.store.account(of: head)?.pseudonymsFrom == nil)
      let later = try #require(try await fixture.store.sealAudit(limit: 1000)).head
      let gone = try await fixture.store.account(of: AuditHead(position: head.position, link: [7]))
      #expect(gone == nil, "it is found out all the same")
      #expect(try await fixture.store.account(of: later)?.pseudonymsFrom == later.position + 1)
      try await Self.clear(fixture, knowing: true)
      _ = try await fixture.store.sealAudit(limit: 1000)
      #expect(try await fixture.store.account(of: later)?.pseudonymsFrom == later.position + 1)
    }
  }

  @Test func `what is younger, or not sealed yet, keeps its name; nobody shortens the time below a year`() async throws
  {
    try await StoreFixture.run { fixture in
      try await Self.past(fixture, sealing: false)
      #expect(try await fixture.store.eraseAuditNames(olderThan: Self.year).names == 0, "nothing vouches for them yet")
      _ = try await fixture.store.sealAudit(limit: 1000)
      #expect(try await fixture.store.eraseAuditNames(olderThan: .seconds(401 * 86_400)).names == 0)
      try await fixture.tamper("UPDATE audit_entries SET at = at + interval '390 days'")
      #expect(try await fixture.store.eraseAuditNames(olderThan: .zero).names == 0)
    }
  }

  @Test func `several that erase at once erase each name once`() async throws {
    try await StoreFixture.run(maximum: 8) { fixture in
      try await Self.past(fixture)
      let entries = try await fixture.store.verifyAudit().entries
      let names = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 {
          group.addTask {
            var names = 0
            while true {
              let progress = try await fixture.store.eraseAuditNames(olderThan: Self.year, limit: 2)
              names += progress.names
              if !progress.mayHaveMore { return names }
            }
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(names == entries)
      _ = try await fixture.store.sealAudit(limit: 1000)
      #expect(try await fixture.store.verifyAudit().isSound)
    }
  }

  @Test(arguments: ["audit_entries", "audit_chain"])
  func `a connection that is killed while names go leaves all of a step or nothing`(table: String) async throws {
    try await StoreFixture.run { fixture in
      try await Self.past(fixture)
      try await fixture.pool.withConnection {
        try await $0.script(
          """
          CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NEW; END$$;
          CREATE TRIGGER crash AFTER UPDATE ON \(table) FOR EACH ROW EXECUTE FUNCTION crash();
          """)
      }
      await #expect(throws: PostgresError.self) { _ = try await fixture.store.eraseAuditNames(olderThan: Self.year) }
      try await fixture.pool.withConnection { try await $0.script("DROP TRIGGER crash ON \(table)") }
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries WHERE erased_at IS NOT NULL") == 0)
      #expect(try await fixture.store.verifyAudit().isSound)
      #expect(try await fixture.store.eraseAuditNames(olderThan: Self.year).names > 0)
    }
  }

  @Test func `stretches without any name leave no hole in what the trail tells`() async throws {
    try await StoreFixture.run { fixture in
      let program = RequestContext(principal: "key:console")
      _ = try await fixture.store.put(Offered.base[0], context: Self.ada)
      for number in 1...4 {
        _ = try await fixture.store.put(
          .operator(Resource("o\(number)", OperatorSpec(displayName: "O"))), context: program)
      }
      _ = try await fixture.store.put(.operator(Resource("o9", OperatorSpec(displayName: "O"))), context: Self.ada)
      try await fixture.tamper("UPDATE audit_entries SET at = at - interval '400 days'")
      _ = try await fixture.store.sealAudit(limit: 1000)
      var names = 0
      while true {
        let progress = try await fixture.store.eraseAuditNames(olderThan: Self.year, limit: 1)
        names += progress.names
        if !progress.mayHaveMore { break }
      }
      #expect(names == 2)
      // What tells of it may be not sealed yet.
      let early = try await fixture.store.verifyAudit()
      #expect(early.isSound, "\(early.findings)")
      _ = try await fixture.store.sealAudit(limit: 1000)
      let sealed = try await fixture.store.verifyAudit()
      #expect(sealed.isSound, "\(sealed.findings)")
    }
  }
}
