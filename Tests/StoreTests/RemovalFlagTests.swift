import Events
import Model
import Postgres
import Testing

@testable import Store

/// A removal that is asked for again, with the volumes given up.
struct RemovalFlagTests {
  @Test func `giving up the volumes afterwards is a newer removal with the same moment`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let request = RemovalRequest(project: "alpha", delay: .seconds(60))
      let first = try #require(try await fixture.store.remove(request, context: someone).placements.first)
      #expect(first.desiredState().removePersistentVolumes == nil)
      let flagged = RemovalRequest(project: "alpha", delay: .seconds(5), removePersistentVolumes: true)
      let second = try #require(try await fixture.store.remove(flagged, context: someone).placements.first)
      #expect(second.spec.revision == first.spec.revision + 1 && second.notBefore == first.notBefore)
      #expect(second.desiredState().removePersistentVolumes == true)
      // What was given up is not taken back by asking without the flag, nor is the same asked twice.
      for again in [request, flagged] {
        #expect(try await fixture.store.remove(again, context: someone).placements == [second])
      }
      // What was seen of the first releases nothing: it is not what is wanted now.
      _ = try await fixture.store.apply([fixture.observe(first, sequence: 1)], topic: "t", zone: "nord")
      #expect(try await fixture.store.capacity().first?.committed.cpu == 2000)
      _ = try await fixture.store.apply([fixture.observe(second, sequence: 2)], topic: "t", zone: "nord")
      #expect(try await fixture.store.capacity().first?.committed.cpu == 0)
    }
  }
}
