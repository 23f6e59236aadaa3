import Events
import Foundation
import Identity
import Model
import Postgres
import Requests
import TestSupport
import Testing
import Trail

@testable import Store

/// Destinations, and what is written to be delivered there, on a real database.
struct WebhookStoreTests {
  private static let secret = [UInt8](repeating: 7, count: 32)

  private static func add(
    _ fixture: StoreFixture, _ owner: WebhookRecord.Owner, _ events: [WebhookEvent] = WebhookEvent.choices,
    url: String = "https://chat.example.fr/hooks/abc", within reach: Scope = .everything
  ) async throws -> UUID {
    try await fixture.store.addWebhook(
      try #require(WebhookAddress(url)), events: events, of: owner, secret: secret, within: reach, context: someone
    ).id
  }

  private static func told(_ fixture: StoreFixture, _ id: UUID) async throws -> [String] {
    try await fixture.store.deliveries(to: id).items.map(\.event).reversed()
  }

  /// As if everything that waits had waited for so long already.
  private static func wait(_ fixture: StoreFixture, seconds: Int64) async throws {
    try await fixture.pool.withConnection { connection in
      try await connection.execute(
        """
        UPDATE webhook_deliveries SET at = at - \(seconds) * interval '1 second',
          claimed_until = claimed_until - \(seconds) * interval '1 second'
        """)
      try await connection.execute("UPDATE webhooks SET retry_at = retry_at - \(seconds) * interval '1 second'")
    }
  }

  @Test func `owners are told of what they want to know, others of nothing`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      _ = try await fixture.place("vigie")
      let operators = try await Self.add(fixture, .operator("dtnum"))
      let decided = try await Self.add(fixture, .operator("dtnum"), [.flowDecided])
      let team = try await Self.add(fixture, .project("basegun"))
      let others = [try await Self.add(fixture, .operator("anfsi")), try await Self.add(fixture, .project("vigie"))]
      let service = try await Self.add(fixture, .serviceBody)
      let id = try await fixture.flow().flow.id
      #expect(try await Self.told(fixture, operators) == ["flow.asked"])
      #expect(try await Self.told(fixture, team) == [])
      try await fixture.age(id, days: 30)
      _ = try await fixture.store.tendFlows()
      #expect(try await Self.told(fixture, operators) == ["flow.asked", "flow.reminder", "flow.overdue"])
      #expect(try await Self.told(fixture, team) == ["flow.overdue"])
      #expect(try await Self.told(fixture, service) == ["flow.overdue"], "it is before the board")
      try await fixture.open(id, by: "dtnum")
      #expect(try await Self.told(fixture, team) == ["flow.overdue", "flow.decided"])
      #expect(try await Self.told(fixture, decided) == ["flow.decided"])
      for other in others { #expect(try await Self.told(fixture, other) == []) }
    }
  }

  @Test func `the team at the far end is told what is asked for and what becomes of it, and operators what to close`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      _ = try await fixture.place("vigie")
      let far = try await Self.add(fixture, .project("vigie"))
      let team = try await Self.add(fixture, .project("basegun"))
      let speaker = try await Self.add(fixture, .operator("dtnum"))
      let id = try await fixture.flow(to: "vigie/prod").flow.id
      #expect(try await Self.told(fixture, far) == ["flow.asked"])
      #expect(try await Self.told(fixture, team) == [])
      try await fixture.open(id, by: "dtnum")
      #expect(try await Self.told(fixture, far) == ["flow.asked", "flow.decided"])
      #expect(try await Self.told(fixture, team) == ["flow.decided"])
      _ = try await fixture.store.act(
        .withdrawn(reason: nil), onFlow: id, by: StoreFixture.team, context: RequestContext(principal: "oidc:team"))
      #expect(try await Self.told(fixture, far).count == 3)
      let told = try await Self.told(fixture, speaker)
      #expect(told.filter { $0 == "flow.asked" }.count == 2, "to open, and then to close: \(told)")
      // Late with closing is late.
      try await fixture.pool.withConnection { connection in
        _ = try await connection.execute("UPDATE flow_tasks SET due_at = clock_timestamp() - interval '1 hour'")
      }
      #expect(try await fixture.store.networkFlows(FlowFilter(operator: "dtnum", isOverdue: true)).items.count == 1)
      let closer = RequestActor(principal: "oidc:dtnum", operator: "dtnum")
      let closed = try await fixture.store.act(
        .closed(operator: "dtnum"), onFlow: id, by: closer, context: RequestContext(principal: "oidc:dtnum"))
      #expect(closed.flow.closings == nil)
      #expect(try await fixture.count("SELECT count(*) FROM flow_tasks") == 0)
      // Within one project nobody else is told.
      _ = try await fixture.flow(to: "basegun/dev")
      #expect(try await Self.told(fixture, team).filter { $0 == "flow.asked" } == [])
    }
  }

  @Test func `what was not committed is not told, and what is repeated is told once`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let id = try await Self.add(fixture, .operator("dtnum"))
      _ = try await fixture.flow(key: "k")
      _ = try await fixture.flow(key: "k")
      #expect(try await Self.told(fixture, id) == ["flow.asked"])
      // The audit trail takes nothing: the flow is not stored, so nobody is told of it.
      try await fixture.pool.withConnection {
        _ = try await $0.execute(
          "ALTER TABLE audit_entries ADD CONSTRAINT filled CHECK (kind <> 'NetworkFlow') NOT VALID")
      }
      await #expect(throws: PostgresError.self) { _ = try await fixture.flow(to: "sirene") }
      #expect(try await Self.told(fixture, id) == ["flow.asked"])
    }
  }

  @Test func `findings are told when they open, once when their deadline is near, and when they end`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      let team = try await Self.add(fixture, .project("basegun"))
      let owner = try await Self.add(fixture, .operator("dtnum"))
      let store = fixture.store
      #expect(try await store.judgeEverything(always: true).opened == 2)
      #expect(try await Self.told(fixture, team) == ["finding.opened", "finding.opened"])
      try await store.tendWebhooks()
      #expect(try await Self.told(fixture, team).count == 2, "there are weeks left")
      try await fixture.pool.withConnection { _ = try await $0.execute("UPDATE findings SET due_on = due_on - 25") }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { try await store.tendWebhooks() } }
        try await group.waitForAll()
      }
      #expect(try await Self.told(fixture, team).suffix(2) == ["finding.due", "finding.due"])
      let id = try await fixture.ask().request.id
      try await fixture.decide(id)
      try await fixture.act(.notified, on: id)
      #expect(try await store.judgeEverything(always: false).resolved == 2)
      #expect(
        try await Self.told(fixture, team).dropFirst(4) == [
          "derogation.decided", "derogation.notified", "finding.resolved", "finding.resolved",
        ])
      #expect(try await Self.told(fixture, owner).filter { $0.hasPrefix("derogation") } == ["derogation.asked"])
      #expect(try await Self.told(fixture, owner).count == 7)
    }
  }

  @Test func `that a deadline is near is told to a destination that is made later as well, while it is`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      let store = fixture.store
      #expect(try await store.judgeEverything(always: true).opened == 2)
      let early = try await Self.add(fixture, .project("basegun"))
      try await fixture.pool.withConnection { _ = try await $0.execute("UPDATE findings SET due_on = due_on - 25") }
      try await store.tendWebhooks()
      #expect(try await Self.told(fixture, early) == ["finding.due", "finding.due"])
      let late = [try await Self.add(fixture, .project("basegun")), try await Self.add(fixture, .operator("dtnum"))]
      try await store.tendWebhooks()
      for id in late { #expect(try await Self.told(fixture, id) == ["finding.due", "finding.due"], "once") }
      #expect(try await Self.told(fixture, early).count == 2, "who was told is not told again")
      // Who does not want it, or whose it is not, is told nothing; nor is anybody once it has ended.
      let others = [
        try await Self.add(fixture, .project("basegun"), [.findingOpened]), try await Self.add(fixture, .serviceBody),
        try await Self.add(fixture, .operator("anfsi")),
      ]
      try await fixture.pool.withConnection {
        _ = try await $0.execute(
          "UPDATE findings SET resolved_at = clock_timestamp(), resolution = 'policy' WHERE environment = 'dev'")
      }
      for id in others { #expect(try await Self.told(fixture, id) == []) }
      #expect(try await Self.told(fixture, try await Self.add(fixture, .project("basegun"))) == ["finding.due"])
    }
  }

  @Test func `of a destination one thing is sent at a time, in order, and one that is slow holds up no other`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let (slow, quick) = (
        try await Self.add(fixture, .operator("dtnum")), try await Self.add(fixture, .project("basegun"))
      )
      let store = fixture.store
      let first = [try await store.testWebhook(slow).id, try await store.testWebhook(quick).id]
      for id in [slow, slow, quick] { _ = try await store.testWebhook(id) }
      var claims = try await withThrowingTaskGroup(of: DeliveryClaim?.self) { group in
        for _ in 0..<6 { group.addTask { try await store.claimDelivery(lease: .seconds(60)) } }
        return try await group.reduce(into: [DeliveryClaim]()) { if let claim = $1 { $0.append(claim) } }
      }
      // Those that came at the same moment may have found nothing; nothing is claimed twice.
      while let claim = try await store.claimDelivery(lease: .seconds(60)) { claims.append(claim) }
      #expect(Set(claims.map(\.id)) == Set(first) && claims.count == 2)
      #expect(claims.allSatisfy { $0.secret == Self.secret && $0.url == "https://chat.example.fr/hooks/abc" })
      // Whoever has claimed it is gone: somebody else sends the same again.
      try await Self.wait(fixture, seconds: 61)
      let again = try #require(try await store.claimDelivery(lease: .seconds(60)))
      #expect(first.contains(again.id) && again.body == claims.first { $0.id == again.id }?.body)
      #expect(try await store.settle(again, .delivered(status: 200), jitter: 0) == .delivered)
      let next = try #require(try await store.claimDelivery(lease: .seconds(60)))
      #expect(next.id != again.id)
    }
  }

  @Test func `destinations take turns, the ones that were made first as well as the ones that are made later`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let store = fixture.store
      let first = try await Self.add(fixture, .operator("dtnum"))
      let second = try await Self.add(fixture, .project("basegun"))
      // For the first there is always something more to be told.
      _ = try await fixture.flow()
      let more = try await store.testWebhook(first).id
      let other = try await store.testWebhook(second).id
      func deliver() async throws -> UUID? {
        guard let claim = try await store.claimDelivery(lease: .seconds(60)) else { return nil }
        #expect(try await store.settle(claim, .delivered(status: 200), jitter: 0) == .delivered)
        return claim.id
      }
      let asked = try #require(try await store.deliveries(to: first).items.last)
      #expect(asked.event == "flow.asked")
      #expect(try await deliver() == asked.id)
      #expect(try await deliver() == other, "whoever has just been told is behind whoever waits")
      let late = try await store.testWebhook(try await Self.add(fixture, .serviceBody)).id
      #expect(try await deliver() == more)
      #expect(try await deliver() == late)
      #expect(try await deliver() == nil)
    }
  }

  @Test func `a clock that was put back makes nobody wait to whom nothing has failed`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let store = fixture.store
      let id = try await Self.add(fixture, .operator("dtnum"))
      _ = try await store.testWebhook(id)
      let first = try #require(try await store.claimDelivery(lease: .seconds(60)))
      #expect(try await store.settle(first, .delivered(status: 200), jitter: 0) == .delivered)
      _ = try await store.testWebhook(id)
      // As if it had been settled by a clock that was an hour ahead.
      try await Self.wait(fixture, seconds: -3_600)
      let next = try #require(try await store.webhookCounts().next)
      #expect(next < .seconds(1))
      let second = try #require(try await store.claimDelivery(lease: .seconds(60)))
      #expect(second.id != first.id)
      #expect(
        try await store.settle(second, .failed(status: 500, "no", retryAfter: 600), jitter: 0) == .pending)
      #expect(try await store.claimDelivery(lease: .seconds(60)) == nil, "what has failed is left alone")
    }
  }

  @Test func `a destination that fails is left alone for longer and longer, and a day later is given up on`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let id = try await Self.add(fixture, .operator("dtnum"))
      let store = fixture.store
      let delivery = try await store.testWebhook(id).id
      func attempt(_ outcome: DeliveryOutcome) async throws -> DeliveryRecord.State? {
        guard let claim = try await store.claimDelivery(lease: .seconds(60)) else { return nil }
        #expect(claim.id == delivery)
        return try await store.settle(claim, outcome, jitter: 1)
      }
      let failed = DeliveryOutcome.failed(status: 500, "no", retryAfter: nil)
      let begun = ContinuousClock.now
      #expect(try await attempt(failed) == .pending)
      // A minute more than it is: so it is not over before anybody has looked.
      try await Self.wait(fixture, seconds: -60)
      #expect(try await attempt(failed) == nil, "it is left alone")
      let next = try #require(try await store.webhookCounts().next)
      let fromTheFirst = next + (ContinuousClock.now - begun)
      #expect(next <= .seconds(65) && fromTheFirst > .seconds(64))
      try await Self.wait(fixture, seconds: 66)
      #expect(try await attempt(.failed(status: 429, "busy", retryAfter: 600)) == .pending)
      #expect((try await store.webhookCounts().next ?? .zero) > .seconds(500))
      try await Self.wait(fixture, seconds: 86_500)
      #expect(try await attempt(failed) == .dead)
      let dead = try await store.deliveries(to: id, state: .dead).items
      #expect(dead.map(\.attempts) == [3] && dead.map(\.status) == [500] && dead.first?.failure == "no")
      let shown = try #require(try await store.webhooks().items.first)
      #expect(shown.dead == 1 && shown.pending == 0 && shown.failures == 3)
      #expect(try await store.webhookCounts() == WebhookCounts(pending: 0, oldest: .zero, next: nil))
    }
  }

  @Test func `a destination is its owner's, is shown without its secrets, and leaves none behind`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let store = fixture.store
      let own = Scope.own(operators: [], projects: ["basegun"])
      let other = Scope.own(operators: ["anfsi"], projects: ["vigie"])
      let foreign = try await refusal { _ = try await Self.add(fixture, .project("basegun"), within: other) }
      #expect(foreign?.kind == .forbidden)
      let absent = try await refusal { _ = try await Self.add(fixture, .project("fantome")) }
      #expect(absent?.kind == .conflict && absent?.path == "project")
      let id = try await Self.add(fixture, .project("basegun"), within: own)
      #expect(try await store.webhooks(within: own).items.map(\.shown) == ["https://chat.example.fr/…"])
      #expect(try await store.webhooks(within: other).items.isEmpty)
      let refusals = [
        try await refusal { _ = try await store.testWebhook(id, within: other) },
        try await refusal { _ = try await store.deliveries(to: id, within: other) },
        try await refusal { try await store.removeWebhook(id, within: other, context: someone) },
      ]
      #expect(refusals.map { $0?.kind } == [.notFound, .notFound, .notFound])
      _ = try await store.testWebhook(id, within: own)
      try await store.removeWebhook(id, within: own, context: someone)
      #expect(try await store.claimDelivery(lease: .seconds(60)) == nil)
      #expect(
        try await fixture.count(
          "SELECT count(*) FROM webhooks WHERE url <> '' OR secret <> decode(repeat('00', 32), 'hex')") == 0)
      #expect(
        try await fixture.count(
          "SELECT count(*) FROM audit_entries WHERE kind = 'Webhook' AND position('hooks/abc'::bytea IN body) > 0") == 0
      )
      let deeds = try await store.auditEntries().items.filter { $0.kind == "Webhook" }.map(\.action)
      #expect(deeds == ["removed", "created"])
      for _ in 0..<GovernanceStore.mostWebhooks { _ = try await Self.add(fixture, .project("basegun")) }
      #expect(try await refusal { _ = try await Self.add(fixture, .project("basegun")) }?.kind == .conflict)
    }
  }
}
