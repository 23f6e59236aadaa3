import Model
import Placement
import TestSupport
import Testing

@testable import Store

/// To whom a cluster's promises were made.
struct HolderTests {
  @Test(arguments: [false, true])
  func `the largest holders are named, the others counted, and who is gone is not there`(inMemory: Bool) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large])
      func look() async throws {
        for (name, cpu) in [("aa", 3), ("bb", 7), ("cc", 5), ("dd", 7), ("ee", 1)] {
          _ = try await fixture.place(name, quota: Offered.quota(cpu: Int64(cpu)))
        }
        try await fixture.expect("bb/prod 7, dd/prod 7", others: (3, 9), limit: 2)
        // It grows, and another is removed for good.
        _ = try await fixture.place("ee", quota: Offered.quota(cpu: 20))
        let removals = try await fixture.store.remove(RemovalRequest(project: "bb"), context: someone).placements
        try await fixture.expect("ee/prod 20, bb/prod 7, dd/prod 7", others: (2, 8), limit: 3)
        let removed = try #require(removals.first)
        _ = try await fixture.store.apply([fixture.observe(removed, sequence: 1)], topic: "t", zone: "nord")
        try await fixture.expect("ee/prod 20, dd/prod 7, cc/prod 5", others: (1, 3), limit: 3)
      }
      if inMemory { try await fixture.withWorld { try await look() } } else { try await look() }
      #expect(try await fixture.store.holders(of: "unknown", resource: .cpu).largest.isEmpty)
      #expect(try await fixture.store.holders(of: "nord-1", resource: .gpu).largest.isEmpty)
    }
  }
}

extension StoreFixture {
  /// Waits, where memory lags, until these are the holders.
  fileprivate func expect(
    _ wanted: String, others: (Int, Int64), limit: Int
  ) async throws {
    var found = ""
    let isSo = try await eventually {
      let holders = try await store.holders(of: "nord-1", resource: .cpu, limit: limit)
      found = holders.largest.map { "\($0.project)/\($0.environment) \($0.amount / 1000)" }
        .joined(separator: ", ")
      return found == wanted && holders.others == others.0 && holders.othersAmount == others.1 * 1000
    }
    #expect(isSo, "\(found)")
  }
}
