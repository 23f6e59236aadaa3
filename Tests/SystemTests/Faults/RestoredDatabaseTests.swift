import Contract
import Events
import Foundation
import Model
import NIOHTTP1
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// The database of before comes back: the bus and the clusters know what it has forgotten (protocol rule 13).
  @Suite(.timeLimit(.minutes(6))) struct RestoredDatabaseTests {}
}

extension SystemSuite.RestoredDatabaseTests {
  @Test func `a dump, fifty decisions, the dump restored, recovery: nothing goes, and all goes on above`() async throws
  {
    try await SystemUnderTest.run { system in
      let dump = "\(system.folder)/governance.dump"
      let cluster = system.clusters[0]
      var governance = try await system.startGovernance(as: "governance-1")
      _ = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      for number in 1...4 { _ = try await governance.api.place(Offered.project("projet\(number)")) }
      try await system.settle(governance.api, 4)
      try await governance.program.stop()
      try await system.postgres.dump(system.databaseURL, to: dump)

      governance = try await system.startGovernance(as: "governance-2")
      try await system.decideFifty(governance.api)
      try await system.waitUntilSettled(governance.api)
      let before = try await governance.api.placements()
      let committed = try await governance.api.capacity().first?.committed
      try await governance.program.stop()
      let versions = try await system.versions(on: cluster)
      try await system.postgres.restore(dump, into: system.databaseURL)

      governance = try await system.startGovernance(as: "governance-3")
      try await eventually("it notices by itself; health and metrics say so") {
        let health = try await governance.api.send(.GET, "/health").text
        let metric = try await governance.api.metric("regie_database_restored")
        return health.contains("regie recover") && metric == 1
      }
      let refused = try await governance.api.askToPlace(Offered.project("projet99"), key: "k99")
      try #require(refused.status == 503 && refused.text.contains("database-restored"), "\(refused.text)")
      try #require(try await governance.api.status("/readyz") == 200)
      try #require(try await system.versions(on: cluster) == versions, "agents go on as before")

      let plan: RecoveryView = try await governance.api.send(.GET, "/api/v1/recovery").decode()
      try #require(plan.restored && !plan.recovered && plan.epoch == 1 && plan.nextEpoch == 2)
      // How far the trail had come is told as well, where it was anchored by then.
      let kinds = Set(plan.findings.map(\.kind)).subtracting(["TrailLost"])
      try #require(kinds == ["ProjectUnknown"], "\(plan.findings)")
      try #require(Set(plan.changes.map(\.action)) == [.adopted, .overwritten, .removed])
      let other = try await governance.api.send(.POST, "/api/v1/recovery", body: Data(#"{"plan":"0"}"#.utf8))
      try #require(other.status == 409, "only what was shown is done")
      let agreement = try JSONEncoder().encode(["plan": plan.plan])
      let done: RecoveryView = try await governance.api.send(.POST, "/api/v1/recovery", body: agreement).decode()
      try #require(done.recovered && done.changes == plan.changes)

      try await system.waitUntilSettled(governance.api)
      let after = try await governance.api.placements()
      try system.expectContinued(before, after)
      try await eventually("what was promised is what was promised before") {
        try await governance.api.capacity().first?.committed == committed
      }
      let calm: RecoveryView = try await governance.api.send(.GET, "/api/v1/recovery").decode()
      try #require(!calm.restored && calm.changes.isEmpty && calm.suspendedAt == nil)

      // Decisions go on, and nothing that was there has gone.
      let next = try await governance.api.place(Offered.project("projet1", cpu: 5))
      try #require(next.placements.first?.spec.epoch == 2)
      _ = try await governance.api.place(Offered.project("projet77"))
      try await system.waitUntilSettled(governance.api)
      try await eventually("the agent finds on the bus what the zone's record says") {
        try await governance.api.agents().first?.status.zoneRecord?.verdict == .matching
      }
      let now = try await system.versions(on: cluster)
      for (name, version) in versions {
        try #require(now[name]?.prefix { $0 != "@" } == version.prefix { $0 != "@" }, "\(name) is gone, or made anew")
      }
      try #require(system.histories["c1"]).expectForwardOnly()
      try await system.expectLedgerIsSum()
    }
  }

  @Test func `a dump that is read in under a governance that goes on is noticed, and nothing more is decided`()
    async throws
  {
    try await SystemUnderTest.run { system in
      let dump = "\(system.folder)/governance.dump"
      let cluster = system.clusters[0]
      let governance = try await system.startGovernance(as: "governance-1")
      _ = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      for number in 1...4 { _ = try await governance.api.place(Offered.project("projet\(number)")) }
      try await system.settle(governance.api, 4)
      // Its term is the one that goes on.
      try await system.postgres.dump(system.databaseURL, to: dump)
      for number in 1...4 { _ = try await governance.api.place(Offered.project("projet\(number)", cpu: 2)) }
      try await system.settle(governance.api, 4)
      let versions = try await system.versions(on: cluster)
      try await system.readIn(dump)
      try await eventually("it notices though nobody has started it again") {
        try await governance.api.metric("regie_database_restored") == 1
      }
      let refused = try await governance.api.askToPlace(Offered.project("projet99"), key: "k99")
      try #require(refused.status == 503 && refused.text.contains("database-restored"), "\(refused.text)")
      try #require(try await system.versions(on: cluster) == versions, "agents go on as before")
      try #require(system.histories["c1"]).expectForwardOnly()
    }
  }
}

extension SystemUnderTest {
  /// Reads a dump in beside whoever is connected, in one transaction: again where it was in their way, and was broken
  /// off.
  fileprivate func readIn(_ dump: String) async throws {
    try await eventually("the dump is read in") {
      try await postgres.restore(dump, into: databaseURL)
      return true
    }
  }

  /// New projects, other quotas, and one removal that is carried out.
  fileprivate func decideFifty(_ api: TestAPI) async throws {
    for number in 1...4 {
      for cpu in 2...4 { _ = try await api.place(Offered.project("projet\(number)", cpu: Int64(cpu))) }
    }
    for number in 5...41 { _ = try await api.place(Offered.project("projet\(number)")) }
    let answer = try await api.send(.POST, "/api/v1/projects/projet4/removal", body: Data("{}".utf8))
    try demand(answer.status == 202, answer.text)
  }

  /// Waits until every placement is ready, or gone where it is to be removed, and nothing waits for the bus.
  fileprivate func waitUntilSettled(_ api: TestAPI) async throws {
    try await eventually("all is as decided") {
      let placements = try await api.placements()
      let waiting = try await count("SELECT count(*) FROM outbox WHERE published_at IS NULL")
      return waiting == 0
        && placements.allSatisfy { $0.spec.phase == .removed ? $0.status.removedAt != nil : $0.status.ready }
    }
  }

  /// Each placement of before is there, as it was, in a version above.
  fileprivate func expectContinued(_ before: [PlacementView], _ after: [PlacementView]) throws {
    let found = Dictionary(after.map { ($0.spec.id, $0.spec) }, uniquingKeysWith: { first, _ in first })
    for placement in before {
      let old = placement.spec
      guard let new = found[old.id] else { throw NotSeen(description: "\(old.project) was forgotten") }
      try demand(
        new.quota == old.quota && new.phase == old.phase && new.namespace == old.namespace
          && new.cluster == old.cluster, "\(old.project) is another one")
      try demand((new.epoch, new.revision) >= (old.epoch, old.revision), "\(old.project) goes back")
    }
  }

  fileprivate func expectLedgerIsSum() async throws {
    let wrong = try await count(
      """
      SELECT count(*) FROM capacity_ledger l WHERE l.committed_cpu <> (
        SELECT coalesce(sum(r.cpu), 0) FROM reservations r WHERE r.cluster = l.cluster AND r.state <> 'released')
      """)
    try demand(wrong == 0, "the ledger is not the sum of the reservations")
  }
}
