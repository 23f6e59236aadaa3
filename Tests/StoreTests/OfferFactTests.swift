import Dispatch
import Events
import Foundation
import Model
import Postgres
import Testing

@testable import Store

/// What the bus is to tell of the public document is written with it, once.
struct OfferFactTests {
  private struct Failure: Error {}

  @Test func `each meaning of the document is told once, by whichever instance comes first`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let other = GovernanceStore(pool: fixture.pool, logger: quiet)
      for cpu in [64, 63, 64] as [Int64] {
        _ = try await fixture.store.put(Offered.cluster("nord-1", Offered.quota(cpu: cpu)), context: someone)
        let written = try await withThrowingTaskGroup(of: Bool.self) { group in
          for store in [fixture.store, other, fixture.store, other] { group.addTask { try await store.publishOffer() } }
          return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(written == 1)
      }
      let (facts, history) = (try await fixture.offerFacts(), try await fixture.store.offerPublications().items)
      #expect(facts.map(\.revision) == history.map(\.number).reversed() && facts.count == 3)
      #expect(facts.map(\.digest) == history.map(\.digest).reversed())
      #expect(facts.map(\.publishedAt) == history.map(\.publishedAt).reversed())
      #expect(facts[0].digest == facts[2].digest && facts[0].digest != facts[1].digest)
      #expect(facts.allSatisfy { $0.policyVersion == 1 && $0.epoch == 1 })
    }
  }

  /// From now on memory is kept true, and hears nothing.
  private static func readWorld(of store: GovernanceStore) async throws {
    let head = try await store.head()
    let prepared = try await store.prepare(head, deadline: nil)
    store.world.connected()
    store.world.replace(
      World.Snapshot(head: head, prepared: prepared, ledger: [:], readAt: .now, until: nil), ProjectTable(),
      askedAt: .now, since: store.world.connection)
    try #require(store.isWorldLive)
  }

  @Test func `what memory has not heard of yet is written down all the same`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      // An instance whose memory is kept true, and hears nothing from now on; another one that writes.
      let (store, other) = (fixture.store, GovernanceStore(pool: fixture.pool, logger: quiet))
      try await Self.readWorld(of: store)
      #expect(try await store.publishOffer())
      for cpu in [63, 64] as [Int64] {
        _ = try await other.put(Offered.cluster("nord-1", Offered.quota(cpu: cpu)), context: someone)
        #expect(try await store.publishOffer(), "there and back again is twice something else")
      }
      #expect(try await fixture.offerFacts().count == 3)
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `where whoever asks has had his share, the document is the one that was known last`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let store = fixture.store
      let before = try await store.currentOffer()
      _ = try await store.put(Offered.cluster("nord-1", Offered.quota(cpu: 63)), context: someone)
      try await Self.readWorld(of: store)
      let askers = LongWork.Askers()
      let gate = DispatchSemaphore(value: 0)
      let share = try #require(LongWork.Line.answers.room).each
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0...share { group.addTask { try await Self.isLet(among: askers, gate) } }
        let isLet = try await group.next()
        #expect(isLet == false)
        let told = try await LongWork.asked(by: "anonymous", among: askers) { try await store.currentOffer() }
        #expect(told.isStale && told.digest == before.digest)
        for _ in 0..<share { gate.signal() }
        for try await isLet in group { #expect(isLet) }
      }
      let after = try await store.currentOffer()
      #expect(!after.isStale && after.digest != before.digest)
    }
  }

  private static func isLet(among askers: LongWork.Askers, _ gate: DispatchSemaphore) async throws -> Bool {
    do {
      try await LongWork.asked(by: "anonymous", among: askers) {
        try await LongWork.answer { _ = gate.wait(timeout: .now() + 60) }
      }
      return true
    } catch let error as StoreError where error == StoreError.crowded {
      return false
    }
  }

  @Test func `what changes no meaning is not told`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      #expect(try await fixture.store.publishOffer())
      _ = try await fixture.place("alpha")
      guard case .cluster(var cluster) = Offered.cluster("nord-1", Offered.large) else { throw Failure() }
      cluster.metadata.labels = ["note": "a"]
      _ = try await fixture.store.put(.cluster(cluster), context: someone)
      #expect(try await fixture.store.publishOffer() == false)
      #expect(try await fixture.offerFacts().count == 1)
    }
  }

  @Test func `where it can not be told, it is not written down, and is with the next look`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.script(
        "ALTER TABLE public_facts ADD CONSTRAINT full_up CHECK (key <> 'offer/current') NOT VALID")
      await #expect(throws: PostgresError.self) { try await fixture.store.publishOffer() }
      #expect(try await fixture.store.offerPublications().items.isEmpty)
      try await fixture.script("ALTER TABLE public_facts DROP CONSTRAINT full_up")
      #expect(try await fixture.store.publishOffer())
      #expect(try await fixture.offerFacts().count == 1)
    }
  }

  @Test func `a document that a program wrote which tells nothing is told as it stands`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      #expect(try await fixture.store.publishOffer())
      try await fixture.script("DELETE FROM public_facts")
      #expect(try await fixture.store.publishOffer() == false, "it means the same")
      let history = try await fixture.store.offerPublications().items
      #expect(try await fixture.offerFacts().map(\.revision) == history.map(\.number) && history.count == 1)
    }
  }

  @Test func `what is told while a recovery begins an epoch is told as of that one`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.pool.withConnection { recovery in
        // All was told again as of the next epoch, and nothing of it is committed yet.
        try await recovery.script("BEGIN; UPDATE epoch SET epoch = epoch + 1")
        async let told = fixture.store.publishOffer()
        let waits = try await eventually { try await fixture.waiting() > 0 }
        #expect(waits)
        try await recovery.script("COMMIT")
        let isTold = try await told
        #expect(isTold)
      }
      let epochs = try await fixture.offerFacts().map(\.epoch)
      #expect(epochs == [2])
    }
  }

  @Test func `a document of a newer form is a newer program's to replace`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      #expect(try await fixture.store.publishOffer())
      try await fixture.script(
        """
        INSERT INTO offer_documents (digest, policy_version, document)
        SELECT repeat('a', 64), policy_version,
          jsonb_set(document::jsonb, '{form}', to_jsonb((document::jsonb ->> 'form')::int + 1))::text
        FROM offer_documents;
        """)
      #expect(try await fixture.store.publishOffer() == false, "by turns each would find the other's a change")
      _ = try await fixture.store.put(Offered.cluster("nord-1", Offered.quota(cpu: 63)), context: someone)
      #expect(try await fixture.store.publishOffer() == false)
      #expect(try await fixture.store.offerPublications().items.count == 2)
      #expect(try await fixture.offerFacts().count == 1)
      // What an older program has written is replaced.
      try await fixture.script(
        "UPDATE offer_documents SET document = jsonb_set(document::jsonb, '{form}', '0')::text")
      #expect(try await fixture.store.publishOffer())
      #expect(try await fixture.offerFacts().count == 2)
    }
  }
}

extension StoreFixture {
  func script(_ text: String) async throws {
    try await pool.withConnection { try await $0.script(text) }
  }

  fileprivate func offerFacts() async throws -> [OfferFact] {
    try await pool.withConnection { connection in
      try await connection.query("SELECT data FROM public_facts WHERE key = 'offer/current' ORDER BY id").map {
        try JSONDecoder().decode(OfferFact.self, from: Data(try $0.decode([UInt8].self, "data")))
      }
    }
  }
}
