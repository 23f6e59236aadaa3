import Foundation
import Postgres
import Requests
import Testing

@testable import Store

/// Addresses and secrets of destinations as they stand in the database.
struct WebhookSecretsTests {
  private static let url = "https://chat.example.fr/hooks/abc"
  private static let secret = [UInt8](repeating: 7, count: 32)

  private static func line(_ id: String, _ byte: UInt8) -> String {
    "\(id) \(Data(repeating: byte, count: 32).base64EncodedString())"
  }

  /// The same database, seen with other keys.
  private static func store(_ fixture: StoreFixture, _ lines: String...) throws -> GovernanceStore {
    let text = lines.joined(separator: "\n")
    return GovernanceStore(pool: fixture.pool, logger: quiet, vault: text.isEmpty ? nil : try WebhookVault(text))
  }

  private static func add(_ store: GovernanceStore) async throws -> UUID {
    try await store.addWebhook(
      try #require(WebhookAddress(url)), events: WebhookEvent.choices, of: .operator("dtnum"), secret: secret,
      context: someone
    ).id
  }

  private static func claim(_ store: GovernanceStore, _ id: UUID) async throws -> DeliveryClaim {
    _ = try await store.testWebhook(id)
    let claim = try #require(try await store.claimDelivery(lease: .seconds(60)))
    _ = try await store.settle(claim, .delivered(status: 200), jitter: 0)
    return claim
  }

  private static func inClear(_ fixture: StoreFixture) async throws -> Int64 {
    try await fixture.count(
      """
      SELECT count(*) FROM webhooks WHERE url <> '' OR secret <> decode(repeat('00', 32), 'hex') OR sealed IS NULL
        OR position('hooks/abc'::bytea IN sealed) > 0
      """)
  }

  @Test func `with a key nothing of them stands in clear, and deliveries go where they should`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let store = try Self.store(fixture, Self.line("k1", 1))
      let id = try await Self.add(store)
      #expect(try await Self.inClear(fixture) == 0)
      let claim = try await Self.claim(store, id)
      #expect(claim.url == Self.url && claim.secret == Self.secret && claim.obstacle == nil)
      try await store.removeWebhook(id, context: someone)
      #expect(try await fixture.count("SELECT count(*) FROM webhooks WHERE sealed IS NOT NULL") == 0)
    }
  }

  @Test func `what stood in clear is sealed, then by the next key, and the one before can go`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let clear = try Self.store(fixture)
      let ids = [try await Self.add(clear), try await Self.add(clear)]
      #expect(try await clear.webhooksInClear() == 2)
      try await clear.sealWebhooks()
      #expect(try await Self.inClear(fixture) == 2, "there is no key")
      try await Self.store(fixture, Self.line("k1", 1)).sealWebhooks()
      #expect(try await Self.inClear(fixture) == 0)
      let stamp = try await fixture.count("SELECT count(DISTINCT sealed) FROM webhooks WHERE sealed_by = 'k1'")
      #expect(stamp == 2)
      try await Self.store(fixture, Self.line("k2", 2), Self.line("k1", 1)).sealWebhooks()
      let after = try Self.store(fixture, Self.line("k2", 2))
      for id in ids { #expect(try await Self.claim(after, id).url == Self.url) }
      #expect(try await after.webhooksInClear() == 0)
    }
  }

  @Test func `what does not open keeps nothing after it in clear`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      for _ in 0..<2 { _ = try await Self.add(try Self.store(fixture, Self.line("k1", 1))) }
      _ = try await Self.add(try Self.store(fixture))
      try await Self.store(fixture, Self.line("k2", 2), Self.line("k1", 9)).sealWebhooks(atATime: 1)
      #expect(try await Self.inClear(fixture) == 0)
      #expect(try await fixture.count("SELECT count(*) FROM webhooks WHERE sealed_by = 'k1'") == 2)
    }
  }

  @Test func `without their key they stay as they are, and the delivery says what is missing`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let id = try await Self.add(try Self.store(fixture, Self.line("k1", 1)))
      for store in [try Self.store(fixture), try Self.store(fixture, Self.line("k2", 2))] {
        try await store.sealWebhooks()
        let claim = try await Self.claim(store, id)
        #expect(claim.url.isEmpty && claim.secret.isEmpty)
        #expect(claim.obstacle == "the secrets are sealed by key “k1”, which is not in the key file")
      }
      // One of the same name that is another does not open it, and keeps it.
      let other = try Self.store(fixture, Self.line("k3", 3), Self.line("k1", 9))
      try await other.sealWebhooks()
      #expect(try await fixture.count("SELECT count(*) FROM webhooks WHERE sealed_by = 'k1'") == 1)
      #expect(try await Self.claim(other, id).obstacle == "the secrets do not open by key “k1”")
    }
  }
}
