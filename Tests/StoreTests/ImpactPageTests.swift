import Foundation
import Model
import Policy
import Postgres
import Testing

@testable import Store

/// A result is read page by page, and none of the rest with it.
struct ImpactPageTests {
  @Test func `pages of a section are those of the whole result, whatever their size, and read none of the rest`()
    async throws
  {
    try await ImpactTests.withFixture(1) { fixture, present in
      let store = fixture.store
      for number in 0..<3 { _ = try await fixture.place("encore\(number)", environments: ["aa", "bb", "cc", "dd"]) }
      var proposed = present
      proposed.rules = [
        ImpactTests.forbid("nord-1"), ImpactTests.forbid("nord-2", "b"), ImpactTests.forbid("nord-3", "c"),
      ]
      let asked = try await store.requestImpact(of: proposed, subject: "s", context: someone)
      #expect(try await store.impactPage(of: asked.id, .capacity, as: Impact.RegionCapacity.self) == nil)
      #expect(try await ImpactTests.workOut(store))
      let whole = try #require(try await store.impactResult(asked.id))
      #expect(whole.nonCompliances.count == 14)
      func read(_ limit: Int) async throws -> [Impact.NonCompliance] {
        var (items, cursor): ([Impact.NonCompliance], String?) = ([], nil)
        repeat {
          let page = try await store.impactPage(
            of: asked.id, .nonCompliances, as: Impact.NonCompliance.self, limit: limit, cursor: cursor)
          let present = try #require(page)
          #expect(present.items.count <= limit)
          items += present.items
          cursor = present.next
        } while cursor != nil
        return items
      }
      // Parts of five, so that pages begin and end within them.
      try await ImpactTests.execute(fixture, "DELETE FROM impact_parts")
      try await fixture.pool.withConnection { connection in
        let digest = try await connection.query("SELECT digest FROM impact_results").first?.decode(
          [UInt8].self, "digest")
        _ = try await connection.execute(
          ImpactPart.insert(try ImpactPart.all(of: whole, together: 5), of: try #require(digest)))
      }
      // Nobody looks at the whole any more.
      try await fixture.tamper("UPDATE impact_results SET bytes = 'nothing'")
      for limit in [1, 2, 4, 5, 6, 13, 14, 15, 1000] { #expect(try await read(limit) == whole.nonCompliances) }
      let capacity = try await store.impactPage(of: asked.id, .capacity, as: Impact.RegionCapacity.self)
      #expect(capacity?.items == whole.capacity && capacity?.next == nil)
      let none = try await store.impactPage(of: asked.id, .regionChanges, as: Impact.RegionChange.self)
      #expect(none?.items == whole.regionChanges)
    }
  }

  @Test func `a cursor goes on with its result when another has taken its place, until that is forgotten`()
    async throws
  {
    try await ImpactTests.withFixture(3) { fixture, present in
      let store = fixture.store
      var proposed = present
      proposed.rules = [
        ImpactTests.forbid("nord-1"), ImpactTests.forbid("nord-2", "b"), ImpactTests.forbid("nord-3", "c"),
      ]
      let asked = try await store.requestImpact(of: proposed, subject: "s", context: someone)
      #expect(try await ImpactTests.workOut(store))
      let before = try #require(try await store.impactResult(asked.id)).nonCompliances
      func page(_ cursor: String?) async throws -> Page<Impact.NonCompliance>? {
        try await store.impactPage(
          of: asked.id, .nonCompliances, as: Impact.NonCompliance.self, limit: 2, cursor: cursor)
      }
      let first = try #require(try await page(nil))
      // It comes first in the alphabet: a place in the new result would be another one.
      _ = try await fixture.place("avant")
      // It was found long ago: what counts is when another takes its place.
      try await ImpactTests.execute(fixture, "UPDATE impact_results SET found_at = found_at - interval '2 hours'")
      // It is worked out anew no sooner than twenty times what it took.
      try await ImpactTests.execute(fixture, "UPDATE impacts SET finished_at = finished_at - interval '1 hour'")
      let again = try #require(try await store.claimImpact(by: "test", pace: .zero))
      #expect(try await store.workOut(again) { _ in })
      #expect(try await page(nil)?.items.first?.project == "avant")
      #expect(try await store.forgetImpacts() == (0, 0))
      let second = try #require(try await page(first.next))
      #expect(first.items + second.items == Array(before.prefix(4)))
      // One that an earlier version has stored has no parts.
      try await ImpactTests.execute(fixture, "UPDATE impact_results SET in_parts = false")
      try await ImpactTests.execute(fixture, "DELETE FROM impact_parts")
      #expect(try await page(first.next)?.items == second.items)
      #expect(try await page(second.next)?.items == Array(before[4...]))
      try await ImpactTests.execute(fixture, "UPDATE impact_results SET found_at = found_at - interval '2 hours'")
      #expect(try await store.forgetImpacts() == (0, 1))
      #expect(try await refusal { _ = try await page(first.next) }?.kind == .badCursor)
      #expect(try await page(nil) != nil)
    }
  }
}
