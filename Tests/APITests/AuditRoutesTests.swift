import Contract
import Foundation
import HTTPTypes
import Model
import Postgres
import Store
import Testing
import Trail

@testable import API

/// The audit trail over HTTP.
struct AuditRoutesTests {
  @Test func `entries are shown newest first, in pages, with their place in the chain`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["basegun"])
      _ = try await api.store.sealAudit(limit: 3)
      let all = try await api.send(.get, "/api/v1/audit/entries").decode(ListView<AuditEntryView>.self)
      #expect(all.next == nil)
      #expect(all.items.map(\.id) == all.items.map(\.id).sorted(by: >))
      let oldest = try #require(all.items.last)
      #expect(oldest.action == "created" && oldest.kind == "Operator" && oldest.name == "dtnum")
      #expect(oldest.seal?.position == 1 && oldest.seal?.previous == String(repeating: "0", count: 64))
      #expect(all.items.first?.seal == nil, "it waits to be sealed")

      var paged: [AuditEntryView] = []
      var cursor: String?
      repeat {
        let more = cursor.map { "&cursor=\($0)" } ?? ""
        let page = try await api.send(.get, "/api/v1/audit/entries?limit=2\(more)").decode(
          ListView<AuditEntryView>.self)
        #expect(page.items.count <= 2)
        paged += page.items
        cursor = page.next
      } while cursor != nil
      #expect(paged == all.items)
    }
  }

  @Test func `whoever writes or deletes may say why, in so many words`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      func write(_ why: String) async throws -> Int {
        let body = try ModelJSON.encoder.encode(AnyResource.operator(Resource("nouveau", .init(displayName: why))))
        return try await api.send(
          .put, "/api/v1/operators/nouveau?reason=\(why)", String(decoding: body, as: UTF8.self),
          type: "application/json"
        ).status
      }
      #expect(try await write("Arriv%C3%A9e%20de%20l%E2%80%99op%C3%A9rateur%20%26%20plus") == 201)
      #expect(try await write("%20") == 400)
      for line in ["a%0Ab", "a%1Bb", "a%E2%80%A8b", "a%E2%80%AEb"] { #expect(try await write(line) == 400) }
      #expect(try await write(String(repeating: "%C3%A9", count: 501)) == 400)
      #expect(try await write(String(repeating: "%C3%A9", count: 500)) == 200)
      #expect(try await api.send(.delete, "/api/v1/operators/nouveau?reason=Parti").status == 204)
      let entries = try await api.send(.get, "/api/v1/audit/entries?limit=3").decode(ListView<AuditEntryView>.self)
      #expect(
        entries.items.map(\.reason) == ["Parti", String(repeating: "é", count: 500), "Arrivée de l’opérateur & plus"])
    }
  }

  @Test func `a sound trail says so, with its end`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let waiting = try await api.send(.get, "/api/v1/audit/verification").decode(AuditVerificationView.self)
      #expect(waiting.sound && waiting.entries == 0 && waiting.unsealed > 0)
      #expect(try #require(waiting.oldestUnsealedSeconds) >= 0)
      let progress = try #require(try await api.store.sealAudit(limit: 1000))
      let sealed = try await api.send(.get, "/api/v1/audit/verification").decode(AuditVerificationView.self)
      #expect(sealed.sound && sealed.findings == [] && sealed.unsealed == 0 && sealed.oldestUnsealedSeconds == nil)
      #expect(sealed.position == progress.head.position && sealed.link == progress.head.linkText)
    }
  }

  @Test func `tampering is told in French, and in English to those who ask`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      _ = try await api.store.sealAudit(limit: 1000)
      try await api.pool.withConnection { connection in
        try await connection.script(
          """
          BEGIN;
          SET LOCAL session_replication_role = replica;
          UPDATE audit_entries SET body = 'x' WHERE position = 1;
          UPDATE audit_entries SET principal = 'x' WHERE position = 2;
          DELETE FROM audit_entries WHERE position = 3;
          UPDATE audit_entries SET position = -5 WHERE position = 5;
          UPDATE audit_chain SET position = 90;
          COMMIT;
          """)
      }
      let french = try await api.send(.get, "/api/v1/audit/verification")
      let found = try french.decode(AuditVerificationView.self)
      #expect(!found.sound)
      #expect(Set(found.findings.map(\.kind)).isSuperset(of: ["gap", "order", "body", "entry", "head"]))
      #expect(french.header("content-language") == "fr")
      let english = try await api.send(
        .get, "/api/v1/audit/verification", headers: ["accept-language": "en"])
      let translated = try english.decode(AuditVerificationView.self)
      #expect(english.header("content-language") == "en")
      #expect(translated.findings.map(\.kind) == found.findings.map(\.kind))
      #expect(zip(found.findings, translated.findings).allSatisfy { $0.message != $1.message })
    }
  }

  @Test func `the chain says that what tells of erased names waits for its seal`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      _ = try await api.store.sealAudit(limit: 1000)
      func chain() async throws -> AuditChainView {
        try await api.send(.get, "/api/v1/audit/chain").decode(AuditChainView.self)
      }
      #expect(try await chain().erasureWaits == nil)
      try await api.pool.withConnection { connection in
        try await connection.script(
          """
          INSERT INTO audit_entries (at, principal, action, kind, name, body, digest)
          SELECT now(), 'governance:clock', '\(AuditErasure.action)', '\(AuditErasure.kind)', 'names', b, sha256(b)
          FROM (VALUES (convert_to('{}', 'UTF8'))) v (b)
          """)
      }
      #expect(try await chain().erasureWaits == true)
      _ = try await api.store.sealAudit(limit: 1000)
      #expect(try await chain().erasureWaits == nil)
    }
  }

  @Test func `one verification is under way at a time, a few wait, and others have their connections`() async throws {
    var configuration = try await APIFixture.database()
    configuration.maximumConnections = 2
    configuration.acquireTimeout = .seconds(5)
    let database = configuration
    try await APIFixture.run(on: database) { api in
      try await api.offer()
      try await LockedTable.run("audit_entries", of: database) { open in
        try await withThrowingTaskGroup(of: Answer.self) { group in
          for _ in 0..<7 { group.addTask { try await api.send(.get, "/api/v1/audit/verification") } }
          for _ in 0..<2 {
            let refused = try #require(try await group.next())
            _ = try refused.problem(503, .contended)
            #expect(refused.header("retry-after") == "1")
          }
          #expect(try await api.send(.get, "/api/v1/operators").status == 200)
          open()
          for try await answer in group { #expect(answer.status == 200, "\(answer.text)") }
        }
      }
    }
  }

  @Test(arguments: ["entries?limit=0", "entries?limit=1001", "entries?cursor=x", "entries?more=1", "verification?x=1"])
  func `parameters that no one reads are refused`(path: String) async throws {
    try await APIFixture.run { api in
      let answer = try await api.send(.get, "/api/v1/audit/\(path)")
      #expect(answer.status == 400, "\(answer.text)")
    }
  }
}
