import Events
import Foundation
import Identity
import Model
import Postgres
import Requests
import Testing
import Trail

@testable import Store

/// Attempts that come late, what is sent again by hand, and destinations whose maker has no right any more.
struct WebhookAttemptTests {
  private static let key = "00000000000000aa"

  private static func add(
    _ fixture: StoreFixture, by principal: String = "oidc:someone"
  ) async throws -> UUID {
    try await fixture.store.addWebhook(
      try #require(WebhookAddress("https://chat.example.fr/hooks/abc")), events: WebhookEvent.choices,
      of: .operator("dtnum"), secret: [UInt8](repeating: 7, count: 32),
      context: RequestContext(principal: principal, roles: [], traceparent: nil)
    ).id
  }

  /// What was claimed, for so long, of a new destination's first delivery; where that goes to is `destination`.
  private static func firstClaim(
    _ fixture: StoreFixture, lease: Duration = .seconds(60)
  ) async throws -> (destination: UUID, claim: DeliveryClaim) {
    try await fixture.flowing()
    let id = try await add(fixture)
    _ = try await fixture.store.testWebhook(id)
    return (id, try #require(try await fixture.store.claimDelivery(lease: lease)))
  }

  private static func wait(_ fixture: StoreFixture, seconds: Int64) async throws {
    try await fixture.script(
      """
      UPDATE webhook_deliveries SET at = at - \(seconds) * interval '1 second',
        resent_at = resent_at - \(seconds) * interval '1 second',
        claimed_until = claimed_until - \(seconds) * interval '1 second';
      UPDATE webhooks SET retry_at = retry_at - \(seconds) * interval '1 second';
      """)
  }

  private static func give(up id: UUID, _ fixture: StoreFixture) async throws -> UUID {
    let delivery = try await fixture.store.testWebhook(id).id
    let claim = try #require(try await fixture.store.claimDelivery(lease: .seconds(60)))
    let gone = DeliveryOutcome.failed(status: 410, "gone", retryAfter: nil)
    #expect(try await fixture.store.settle(claim, gone, jitter: 0) == .dead)
    return delivery
  }

  @Test func `what comes of an attempt that was given up says nothing of the later one`() async throws {
    try await StoreFixture.run { fixture in
      let store = fixture.store
      let begun = try await Self.firstClaim(fixture)
      let id = begun.destination
      let first = begun.claim
      try await Self.wait(fixture, seconds: 61)
      let second = try #require(try await store.claimDelivery(lease: .seconds(60)))
      #expect(first.id == second.id && [first.attempt, second.attempt] == [1, 2])
      let failed = DeliveryOutcome.failed(status: 500, "late", retryAfter: nil)
      #expect(try await store.settle(first, failed, jitter: 1) == nil)
      #expect(try await store.settle(first, .delivered(status: 200), jitter: 1) == nil)
      let present = try #require(try await store.deliveries(to: id).items.first)
      #expect(present.state == .pending && present.failure == nil && present.status == nil)
      #expect(try await store.webhooks().items.first?.failures == 0)
      #expect(try await store.claimDelivery(lease: .seconds(60)) == nil, "the second is under way still")
      #expect(try await store.settle(second, .delivered(status: 201), jitter: 0) == .delivered)
      #expect(try await store.settle(second, failed, jitter: 0) == nil)
      #expect(try await store.deliveries(to: id).items.first?.status == 201)
    }
  }

  @Test func `where the database's clock was put back a destination is left alone for no longer than it may be`()
    async throws
  {
    try await StoreFixture.run { fixture in
      let store = fixture.store
      let first = try await Self.firstClaim(fixture).claim
      let failed = DeliveryOutcome.failed(status: 503, "busy", retryAfter: WebhookRetry.longest)
      #expect(try await store.settle(first, failed, jitter: 0) == .pending)
      #expect(try await store.claimDelivery(lease: .seconds(60)) == nil, "it wants to be left alone for an hour")
      try await Self.wait(fixture, seconds: -86_400)
      let second = try #require(try await store.claimDelivery(lease: .seconds(60)))
      #expect(second.id == first.id && second.attempt == 2)
    }
  }

  @Test func `where the database's clock was put back nothing is kept from others for longer than anything may be`()
    async throws
  {
    try await StoreFixture.run { fixture in
      let store = fixture.store
      let begun = try await Self.firstClaim(fixture, lease: .seconds(3_600))
      let id = begun.destination
      let first = begun.claim
      #expect(try await store.claimDelivery(lease: .seconds(60)) == nil, "somebody may be sending it")
      // As if it had been claimed by a clock that was a day ahead, by somebody who is gone.
      try await Self.wait(fixture, seconds: -86_400)
      let second = try #require(try await store.claimDelivery(lease: .seconds(60)))
      #expect(second.id == first.id && second.attempt == 2)
      #expect(try await store.claimDelivery(lease: .seconds(60)) == nil, "somebody else sends it now")
      try await fixture.script("UPDATE webhook_deliveries SET at = clock_timestamp() - interval '2 days'")
      try await store.tendWebhooks()
      #expect(try await store.deliveries(to: id, state: .dead).items.isEmpty, "it is being sent")
      try await fixture.script("UPDATE webhook_deliveries SET claimed_until = claimed_until + interval '1 day'")
      try await store.tendWebhooks()
      #expect(try await store.deliveries(to: id, state: .dead).items.map(\.id) == [first.id])
    }
  }

  @Test func `what was given up is sent again by hand, at once, and tried for another day`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let id = try await Self.add(fixture)
      let store = fixture.store
      let delivery = try await Self.give(up: id, fixture)
      try await Self.wait(fixture, seconds: 200_000)
      let own = Scope.own(operators: ["dtnum"], projects: [])
      let other = Scope.own(operators: ["anfsi"], projects: ["basegun"])
      let foreign = try await refusal {
        _ = try await store.resendDelivery(delivery, within: other, context: someone)
      }
      #expect(foreign?.kind == .notFound)
      let again = try await store.resendDelivery(delivery, within: own, context: someone)
      #expect(again.state == .pending && again.settledAt == nil && again.id == delivery)
      let twice = try await refusal { _ = try await store.resendDelivery(delivery, context: someone) }
      #expect(twice?.kind == .conflict)
      try await store.tendWebhooks()
      let claim = try #require(try await store.claimDelivery(lease: .seconds(60)), "it is not left alone")
      #expect(claim.id == delivery && claim.attempt == 2)
      let failed = DeliveryOutcome.failed(status: 500, "no", retryAfter: nil)
      #expect(try await store.settle(claim, failed, jitter: 0) == .pending, "a day begins anew")
      try await Self.wait(fixture, seconds: 86_500)
      let last = try #require(try await store.claimDelivery(lease: .seconds(60)))
      #expect(try await store.settle(last, failed, jitter: 0) == .dead)
      let deeds = try await store.auditEntries().items.filter { $0.kind == "Webhook" }.map(\.action)
      #expect(deeds == ["resent", "created"])
      try await store.removeWebhook(id, context: someone)
      #expect(try await refusal { _ = try await store.resendDelivery(delivery, context: someone) }?.kind == .notFound)
      #expect(try await refusal { _ = try await store.resendDelivery(UUID(), context: someone) }?.kind == .notFound)
    }
  }

  @Test(arguments: [
    "UPDATE api_keys SET revoked_at = clock_timestamp(), revoked_by = 'oidc:admin'",
    "DELETE FROM api_keys",
  ])
  func `nothing is delivered for a key that has ended`(ending: String) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      try await fixture.script(
        """
        INSERT INTO api_keys (id, digest, name, roles, read_only, created_by, expires_at)
        VALUES ('\(Self.key)', decode(repeat('00', 32), 'hex'), 'essai', '{operator(dtnum)}', false, 'oidc:admin',
          clock_timestamp() + interval '1 day')
        """)
      let id = try await Self.add(fixture, by: "key:\(Self.key)")
      let person = try await Self.add(fixture)
      let store = fixture.store
      _ = try await store.testWebhook(id)
      let claim = try #require(try await store.claimDelivery(lease: .seconds(60)))
      #expect(try await store.settle(claim, .delivered(status: 200), jitter: 0) == .delivered)
      #expect(try await store.webhooks(by: "key:\(Self.key)").items.map(\.isEnded) == [false])
      let endsAt = try await store.webhooks(by: "key:\(Self.key)").items.first?.endsAt
      #expect(endsAt.map { $0.date.timeIntervalSinceNow > 80_000 } == true, "told ahead")
      try await fixture.script(ending)
      let waiting = try await store.testWebhook(id).id
      #expect(try await store.claimDelivery(lease: .seconds(60)) == nil)
      #expect(try await store.webhookCounts().next == nil)
      try await store.tendWebhooks()
      #expect(try await store.deliveries(to: id, state: .dead).items.map(\.id) == [waiting])
      let refused = try await refusal { _ = try await store.resendDelivery(waiting, context: someone) }
      #expect(refused?.kind == .conflict, "what is never sent is not promised")
      #expect(try await store.deliveries(to: id, state: .dead).items.map(\.id) == [waiting])
      #expect(try await store.webhooks(by: "key:\(Self.key)").items.map(\.isEnded) == [true])
      #expect(try await store.webhooks().items.allSatisfy { $0.endsAt == nil })
      _ = try await store.testWebhook(person)
      #expect(try await store.claimDelivery(lease: .seconds(60)) != nil, "of a person nobody knows that here")
    }
  }
}
