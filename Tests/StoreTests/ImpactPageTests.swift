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

  @Test func `a cursor goes on with no result of another question`() async throws {
    try await ImpactTests.withFixture(1) { fixture, present in
      let store = fixture.store
      var proposed = present
      proposed.rules = [
        ImpactTests.forbid("nord-1"), ImpactTests.forbid("nord-2", "b"), ImpactTests.forbid("nord-3", "c"),
      ]
      let alone = try await store.requestImpact(of: proposed, context: someone)
      let voted = try await store.requestImpact(of: present, subject: "s", context: someone)
      let alike = try await store.requestImpact(of: proposed, subject: "t", context: someone)
      for _ in 0..<3 { #expect(try await ImpactTests.workOut(store)) }
      func page(_ id: UUID, _ cursor: String?) async throws -> Page<Impact.NonCompliance>? {
        try await store.impactPage(
          of: id, .nonCompliances, as: Impact.NonCompliance.self, limit: 1, cursor: cursor)
      }
      let next = try #require(try await page(alone.id, nil)?.next)
      #expect(try await refusal { _ = try await page(voted.id, next) }?.kind == .badCursor)
      let second = try await page(alone.id, next)?.items
      #expect(second?.count == 1)
      #expect(try await page(alike.id, next)?.items == second, "it has found the same")
    }
  }

  @Test func `what is told of a section is counted by what is told, whatever lies between`() async throws {
    try await ImpactTests.withFixture(1) { fixture, present in
      let store = fixture.store
      for number in 0..<6 { _ = try await fixture.place("encore\(number)", environments: ["aa", "bb", "cc", "dd"]) }
      var proposed = present
      proposed.rules = [
        ImpactTests.forbid("nord-1"), ImpactTests.forbid("nord-2", "b"), ImpactTests.forbid("nord-3", "c"),
      ]
      let asked = try await store.requestImpact(of: proposed, context: someone)
      func page(_ told: Set<String>, _ limit: Int, _ cursor: String?) async throws -> Page<Impact.NonCompliance>? {
        try await store.impactPage(
          of: asked.id, .nonCompliances, as: Impact.NonCompliance.self, limit: limit, cursor: cursor,
          telling: { told.contains($0.environment) })
      }
      #expect(try await page(["aa"], 1, nil) == nil)
      #expect(try await ImpactTests.workOut(store))
      let whole = try #require(try await store.impactResult(asked.id))
      #expect(whole.nonCompliances.count == 26)
      // One by one, so that they are read in more than one go.
      try await ImpactTests.execute(fixture, "DELETE FROM impact_parts")
      try await fixture.pool.withConnection { connection in
        let digest = try await connection.query("SELECT digest FROM impact_results").first?.decode(
          [UInt8].self, "digest")
        _ = try await connection.execute(
          ImpactPart.insert(try ImpactPart.all(of: whole, together: 1), of: try #require(digest)))
      }
      for inParts in [true, false] {
        if !inParts { try await ImpactTests.execute(fixture, "UPDATE impact_results SET in_parts = false") }
        for told in [["aa", "dd"], ["dd"], ["nowhere"], ["prod", "dev", "aa", "bb", "cc", "dd"]] as [Set<String>] {
          let expected = whole.nonCompliances.filter { told.contains($0.environment) }
          for limit in [1, 2, 5, 12, 1000] {
            var (items, pages, cursor): ([Impact.NonCompliance], Int, String?) = ([], 0, nil)
            repeat {
              let part = try #require(try await page(told, limit, cursor))
              items += part.items
              pages += 1
              cursor = part.next
            } while cursor != nil
            #expect(items == expected, "\(told), \(limit) at a time")
            #expect(pages == max(1, (expected.count + limit - 1) / limit), "an empty page at the end says something")
          }
        }
      }
      // Nothing of the result is in the cursor: two that have found the same would share it.
      let next = try #require(try await page(["dd"], 1, nil)?.next)
      let bytes = Data(base64Encoded: next + String(repeating: "=", count: (4 - next.count % 4) % 4))
      #expect(bytes.map { String(decoding: $0, as: UTF8.self) } == #"{"first":1,"section":"non-compliances"}"#)
      let other = try await refusal {
        _ = try await store.impactPage(
          of: asked.id, .migrations, as: Impact.Migration.self, cursor: next, telling: { _ in true })
      }
      #expect(other?.kind == .badCursor)
    }
  }
}
