import Foundation
import Policy
import Postgres
import Testing

@testable import Store

/// What was published and what has ended is kept for a time, and what holds for good.
struct OfferRetentionTests {
  private static let days = 400
  private static let age = Duration.seconds(days * 86_400)

  @Test func `a meaning that was replaced long ago goes, with what told of it; the one of the oldest moment stays`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for cpu in [10, 20, 30, 40] as [Int64] {
        _ = try await fixture.store.put(Offered.cluster("nord-1", Offered.quota(cpu: cpu)), context: someone)
        #expect(try await fixture.store.publishOffer())
      }
      let numbers = try await fixture.store.offerPublications().items.map(\.number).sorted()
      // The first two were replaced before the days that are kept, the third within them.
      for (number, days) in zip(numbers, [900, 800, 500, 100]) {
        try await fixture.script(
          """
          UPDATE offer_documents SET published_at = clock_timestamp() - \(days) * interval '1 day' WHERE id = \(number)
          """)
      }
      #expect(try await fixture.store.forgetOffers(olderThan: Self.age, limit: 10) == 0, "the bus has none of it yet")
      try await fixture.script("UPDATE public_facts SET published_at = clock_timestamp()")
      #expect(try await fixture.store.forgetOffers(olderThan: Self.age, limit: 1) == 1)
      #expect(try await fixture.store.forgetOffers(olderThan: Self.age, limit: 10) == 1)
      #expect(try await fixture.store.forgetOffers(olderThan: Self.age, limit: 10) == 0)
      let left = try await fixture.store.offerPublications().items.map(\.number)
      #expect(left == [numbers[3], numbers[2]])
      let facts = try await fixture.count("SELECT count(*) FROM public_facts WHERE key = 'offer/current'")
      #expect(facts == 2)
      let moment = try await fixture.store.offerPublications().items[1].publishedAt
      #expect(try await fixture.store.offer(publishedAt: moment) != nil)
      #expect(try await fixture.store.publishOffer() == false, "nothing is told anew")
    }
  }

  @Test func `the current one stays however old, and less than a year is kept as a year`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      #expect(try await fixture.store.publishOffer())
      try await fixture.script(
        """
        UPDATE offer_documents SET published_at = '2001-01-01';
        UPDATE public_facts SET published_at = clock_timestamp();
        """)
      #expect(try await fixture.store.forgetOffers(olderThan: .zero, limit: 10) == 0)
      _ = try await fixture.store.put(Offered.cluster("nord-1", Offered.small), context: someone)
      #expect(try await fixture.store.publishOffer())
      #expect(try await fixture.store.forgetOffers(olderThan: .zero, limit: 10) == 0, "it was current a moment ago")
    }
  }

  @Test func `a difference that ended long ago goes, and an open one stays`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.script(
        """
        INSERT INTO ledger_differences (cluster, resource, ledger, held, found_at, ended_at) VALUES
          ('a', 'cpu', 1, 2, '2001-01-01', NULL), ('b', 'cpu', 1, 2, '2001-01-01', '2001-02-01'),
          ('c', 'cpu', 1, 2, '2001-01-01', clock_timestamp() - interval '300 days');
        """)
      #expect(try await fixture.store.forgetLedgerDifferences(olderThan: .zero, limit: 10) == 1)
      #expect(try await fixture.store.forgetLedgerDifferences(olderThan: .zero, limit: 10) == 0)
      #expect(try await fixture.count("SELECT count(*) FROM ledger_differences WHERE cluster IN ('a', 'c')") == 2)
    }
  }

  @Test func `a difference is a finding until it ends, opened and ended once in the trail, whoever looks`() async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      func look() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<4 { group.addTask { _ = try await fixture.store.checkLedger() } }
          try await group.waitForAll()
        }
      }
      try await fixture.script("UPDATE capacity_ledger SET committed_cpu = committed_cpu + 5")
      try await look()
      let open = try await fixture.store.ledgerFindings(ended: false).items
      #expect(open.map(\.difference.cluster) == ["nord-1"] && open[0].endedAt == nil)
      #expect(open[0].difference.ledger == open[0].difference.held + 5)
      #expect(try await fixture.store.ledgerFindings(ended: true).items.isEmpty)
      try await fixture.script("UPDATE capacity_ledger SET committed_cpu = committed_cpu - 5")
      try await look()
      #expect(try await fixture.store.ledgerFindings(ended: false).items.isEmpty)
      let ended = try await fixture.store.ledgerFindings(ended: true).items
      #expect(ended.map(\.number) == open.map(\.number) && ended[0].endedAt != nil)
      for action in ["opened", "resolved"] {
        let count = try await fixture.count(
          "SELECT count(*) FROM audit_entries WHERE kind = 'LedgerFinding' AND action = \(action)")
        #expect(count == 1, "\(action)")
      }
    }
  }
}
