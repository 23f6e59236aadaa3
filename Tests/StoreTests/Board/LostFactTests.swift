import Events
import Foundation
import Testing

@testable import Store

/// What the bus holds of public facts by a key that is not known any more.
struct LostFactTests {
  @Test func `an event that nobody could verify is held where the bus has acknowledged it, and nowhere else`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      var events = try await publishAll(fixture)
      #expect(try await fixture.store.tellAgain(lackedBy: events) == 0)
      let event = try #require(events["policy/2"])
      let place = try #require(event.unverifiedAt)
      let elsewhere = [
        ToldEvidence.Place(partition: place.partition + 1, offset: place.offset),
        ToldEvidence.Place(partition: place.partition, offset: place.offset + 1),
      ]
      for other in elsewhere {
        events["policy/2"]?.unverifiedAt = other
        #expect(try await fixture.store.tellAgain(lackedBy: events) == 1)
        let claims = try await fixture.store.claimFacts(limit: 1000)
        #expect(claims.map(\.event) == [event.id])
        let acks = claims.map { FactAck(of: $0, partition: place.partition, offset: place.offset) }
        try await fixture.store.markPublished(facts: acks)
      }
      // Whoever has verified it need not know where it lies.
      events["policy/2"]?.unverifiedAt = nil
      #expect(try await fixture.store.tellAgain(lackedBy: events) == 0)
    }
  }

  @Test func `where nobody knows the place of what the bus has acknowledged, it is told again`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let events = try await publishAll(fixture, offset: -1)
      #expect(!events.isEmpty)
      #expect(try await fixture.store.tellAgain(lackedBy: events) == events.count)
    }
  }

  /// Publishes all that waits.
  ///
  /// - Parameter offset: what the bus says of each; where it is nil, where each lies.
  /// - Returns: What lies last under each key then, by a key that is not known any more.
  private func publishAll(_ fixture: StoreFixture, offset: Int64? = nil) async throws -> [String: ToldEvidence.Event] {
    var events: [String: ToldEvidence.Event] = [:]
    while true {
      let claims = try await fixture.store.claimFacts(limit: 1000)
      guard !claims.isEmpty else { return events }
      for claim in claims {
        events[claim.key] = ToldEvidence.Event(
          id: claim.event, type: claim.type, content: ContentDigest(of: claim.data),
          unverifiedAt: ToldEvidence.Place(partition: 2, offset: claim.id))
      }
      try await fixture.store.markPublished(
        facts: claims.map { FactAck(of: $0, partition: 2, offset: offset ?? $0.id) })
    }
  }
}
