import Contract
import Events
import Foundation
import HTTPTypes
import Identity
import Model
import Postgres
import ServiceLifecycle
import Store
import Testing

@testable import API

/// API keys over HTTP, judged by the authenticator that production uses.
@Suite struct KeyRoutesTests {
  private static let admin = ["authorization": "Bearer governance-admin"]

  private func run(_ body: @escaping @Sendable (APIFixture, KeyUses) async throws -> Void) async throws {
    try await KeyedAPI.run(body)
  }

  private func create(_ api: APIFixture, _ body: String) async throws -> Answer {
    try await api.send(.post, "/api/v1/keys", body, type: "application/json", headers: Self.admin)
  }

  private func list(_ api: APIFixture) async throws -> [APIKeyView] {
    try await api.send(.get, "/api/v1/keys", headers: Self.admin).decode(ListView<APIKeyView>.self).items
  }

  @Test func `a key lets its holder in as what it was made for, until it is revoked`() async throws {
    try await run { api, _ in
      let answer = try await create(api, #"{"name": "console", "roles": ["console", "console"]}"#)
      #expect(answer.status == 201, "\(answer.text)")
      #expect(answer.header("cache-control") == "no-store")
      let new: NewAPIKeyView = try answer.decode()
      #expect(new.key.roles == ["console"] && new.key.state == .active && new.key.createdBy == "oidc:someone")
      let days = new.key.expiresAt.microseconds(since: new.key.createdAt) / 86_400_000_000
      #expect(days == APIKeyBody.standardDays)
      let me = ["x-api-key": new.secret]
      let caller: CallerView = try await api.send(.get, "/api/v1/whoami", headers: me).decode()
      #expect(caller == CallerView(principal: "key:\(new.key.id)", roles: ["console"], readOnly: false))
      _ = try await api.send(.get, "/api/v1/keys", headers: me).problem(403, .forbidden)
      let revoked = try await api.send(
        .delete, "/api/v1/keys/\(new.key.id)?reason=perdue", headers: Self.admin)
      let entries = try await api.send(.get, "/api/v1/audit/entries?limit=1", headers: APIFixture.being(.auditor))
      let entry = try #require(try entries.decode(ListView<AuditEntryView>.self).items.first)
      #expect(entry.kind == "APIKey" && entry.action == "revoked" && entry.reason == "perdue")
      #expect(try revoked.decode(APIKeyView.self).state == .revoked)
      let refused = try await api.send(.get, "/api/v1/whoami", headers: me)
      #expect(try refused.problem(401, .invalidKey).detail.contains(KeyRefusal.revoked.rawValue))
      // Once more changes nothing.
      let again = try await api.send(.delete, "/api/v1/keys/\(new.key.id)", headers: Self.admin)
      #expect(try again.decode(APIKeyView.self) == revoked.decode(APIKeyView.self))
      #expect(try await list(api).map(\.state) == [.revoked])
    }
  }

  @Test func `the secret is shown once, and neither stored nor in the trail`() async throws {
    try await run { api, _ in
      let new: NewAPIKeyView = try await create(api, #"{"name": "n", "roles": ["auditor"], "readOnly": true}"#).decode()
      let secret = try #require(new.secret.split(separator: "_").last).prefix(64)
      let listed = try await api.send(.get, "/api/v1/keys", headers: Self.admin)
      #expect(!listed.text.contains(secret) && listed.text.contains(new.key.id))
      let trail = try await api.send(.get, "/api/v1/audit/entries", headers: APIFixture.being(.auditor))
      #expect(trail.text.contains(new.key.id) && !trail.text.contains(secret))
      let rows = try await api.pool.withConnection { try await $0.query("SELECT api_keys::text AS row FROM api_keys") }
      let stored = try #require(rows.first).decode(String.self, "row")
      #expect(stored.contains(new.key.id) && !stored.contains(secret))
    }
  }

  @Test func `a key that only reads can not write, and one that has expired lets nobody in`() async throws {
    try await run { api, _ in
      let new: NewAPIKeyView = try await create(
        api, #"{"name": "n", "roles": ["console"], "readOnly": true, "days": 1}"#
      ).decode()
      let me = ["x-api-key": new.secret]
      #expect(try await api.send(.get, "/api/v1/projects", headers: me).status == 200)
      _ = try await api.place("vigie", headers: me).problem(403, .forbidden)
      // Time is the database's: the key is made two days older.
      _ = try await api.pool.withConnection { connection in
        try await connection.execute("ALTER TABLE api_keys DISABLE TRIGGER api_keys_kept")
        try await connection.execute(
          "UPDATE api_keys SET created_at = created_at - interval '2 days', expires_at = expires_at - interval '2 days'"
        )
        try await connection.execute("ALTER TABLE api_keys ENABLE TRIGGER api_keys_kept")
      }
      let refused = try await api.send(.get, "/api/v1/projects", headers: me)
      #expect(try refused.problem(401, .invalidKey).detail.contains(KeyRefusal.expired.rawValue))
      #expect(try await list(api).map(\.state) == [.expired])
    }
  }

  @Test(
    arguments: [
      #"{"name": "", "roles": ["console"]}"#, #"{"name": "n", "roles": []}"#, #"{"name": "n", "roles": ["root"]}"#,
      #"{"name": "n", "roles": ["governance-admin"]}"#, #"{"name": "n", "roles": ["board-member(dtnum)"]}"#,
      #"{"name": "n", "roles": ["console"], "days": 0}"#, #"{"name": "n", "roles": ["console"], "days": 367}"#,
      #"{"name": "a\nb", "roles": ["console"]}"#, #"{"name": "a\u009bb", "roles": ["console"]}"#,
      #"{"name": "a\u202eb", "roles": ["console"]}"#,
    ])
  func `what is no key is refused with its place`(body: String) async throws {
    try await run { api, _ in
      let problem = try await create(api, body).problem(422, .invalid)
      #expect(problem.errors?.isEmpty == false)
      #expect(try await list(api).isEmpty)
    }
  }

  @Test func `keys that are none, are not there, or are guessed are refused`() async throws {
    try await run { api, _ in
      let new: NewAPIKeyView = try await create(api, #"{"name": "n", "roles": ["console"]}"#).decode()
      let other = try #require(
        APIKey(identifier: Array(repeating: 1, count: 8), secret: Array(repeating: 2, count: 32)))
      let bytes = stride(from: 0, to: 16, by: 2).compactMap { UInt8(new.key.id.dropFirst($0).prefix(2), radix: 16) }
      let guessed = try #require(APIKey(identifier: bytes, secret: Array(repeating: 2, count: 32)))
      for (key, refusal) in [
        ("", KeyRefusal.malformed), ("x", .malformed), (String(new.secret.dropLast()), .malformed),
        (other.text, .unknown), (guessed.text, .unknown),
      ] {
        let answer = try await api.send(.get, "/api/v1/whoami", headers: ["x-api-key": key])
        #expect(try answer.problem(401, .invalidKey).detail.contains(refusal.rawValue), "\(key)")
      }
      _ = try await api.send(.delete, "/api/v1/keys/nothing", headers: Self.admin).problem(404, .notFound)
    }
  }

  @Test func `the last use is written now and then, and not at each request`() async throws {
    try await run { api, uses in
      let new: NewAPIKeyView = try await create(api, #"{"name": "n", "roles": ["console"]}"#).decode()
      for _ in 0..<3 { _ = try await api.send(.get, "/api/v1/whoami", headers: ["x-api-key": new.secret]) }
      #expect(try await list(api).first?.lastUsedAt == nil)
      await uses.write()
      let used = try #require(try await list(api).first?.lastUsedAt)
      #expect(used > new.key.createdAt)
      await uses.write()
      #expect(try await list(api).first?.lastUsedAt == used, "nothing was noted since")
    }
  }

  @Test func `what was noted last is written when the service ends`() async throws {
    try await run { api, uses in
      let new: NewAPIKeyView = try await create(api, #"{"name": "n", "roles": ["console"]}"#).decode()
      _ = try await api.send(.get, "/api/v1/whoami", headers: ["x-api-key": new.secret])
      try await ServiceGroup(
        configuration: ServiceGroupConfiguration(
          services: [
            .init(service: uses), .init(service: Ending(), successTerminationBehavior: .gracefullyShutdownGroup),
          ], logger: quiet)
      ).run()
      #expect(try await list(api).first?.lastUsedAt != nil)
    }
  }

  /// Ends at once.
  private struct Ending: Service {
    func run() {}
  }

  @Test func `a key is never changed in the database, only revoked`() async throws {
    try await run { api, _ in
      _ = try await create(api, #"{"name": "n", "roles": ["console"]}"#)
      for change in ["roles = '{auditor}'", "expires_at = expires_at + interval '1 day'", "digest = digest || '\\x00'"]
      {
        await #expect(throws: PostgresError.self, "\(change)") {
          try await api.pool.withConnection { try await $0.execute("UPDATE api_keys SET \(unescaped: change)") }
        }
      }
    }
  }
}
