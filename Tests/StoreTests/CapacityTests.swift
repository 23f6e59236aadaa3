import Events
import Foundation
import Model
import Placement
import Policy
import Postgres
import TestSupport
import Testing

@testable import Store

/// Capacity as a subject of its own: what the books say, day after day.
struct CapacityTests {
  @Test func `what is declared, allowed, promised, reserved and in use stands side by side`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.quota(cpu: 8)])
      _ = try await fixture.store.put(Offered.policy(reserve: Quantity("0.25")), context: someone)
      let placed = try await fixture.place("alpha", environments: ["prod", "dev"])
      _ = try await fixture.store.put(.project(Offered.project("beta")), context: someone)
      _ = try await fixture.store.reserve(
        PlacementRequest(project: "beta"), ttl: .seconds(600), context: someone)
      for (sequence, record) in try await fixture.store.placements().items.enumerated() {
        var report = fixture.observe(record, sequence: Int64(sequence + 1))
        report.use(ResourceList(cpu: Quantity("1500m"), memory: Quantity("1Gi"), pods: Quantity(3)))
        _ = try await fixture.store.apply([report], topic: "t", zone: "nord")
      }
      #expect(placed.placements.count == 2)
      let state = try await fixture.store.capacityState(withUse: true)
      #expect(state.clusters.map(\.cluster) == ["nord-1", "nord-2"] && state.policyVersion == 2)
      let sum = CapacityReport(state.clusters, reach: .everything).total.figures
      #expect(sum.declared.cpu == 72_000 && sum.limit.cpu == 54_000)
      #expect(sum.committed == ResourceAmounts(cpu: 6000, memory: 12 << 30, pods: 30))
      #expect(sum.reserved == ResourceAmounts(cpu: 2000, memory: 4 << 30, pods: 10))
      #expect(sum.used == ResourceAmounts(cpu: 3000, memory: 2 << 30, pods: 6))
      #expect(sum.measured == nil, "nobody has asked for it")
      #expect(state.clusters.compactMap(\.placements).reduce(0, +) == 2)
      #expect(state.clusters.compactMap(\.reporting).reduce(0, +) == 2)
      let stages = state.clusters.flatMap(\.stages)
      #expect(stages.filter { $0.stage == "dev" }.reduce(0) { $0 + $1.committed.cpu } == 2000)
      #expect(stages.filter { $0.stage == "prod" }.reduce(0) { $0 + $1.committed.cpu } == 4000)
      #expect(try await fixture.store.capacityState(withUse: false).clusters.allSatisfy { $0.figures.used == nil })
    }
  }

  @Test func `nothing may be promised before there is a policy`() async throws {
    try await StoreFixture.run { fixture in
      for resource in Offered.base where resource.kind != .policy {
        _ = try await fixture.store.put(resource, context: someone)
      }
      _ = try await fixture.store.put(Offered.cluster("nord-1", Offered.large), context: someone)
      let state = try await fixture.store.capacityState(withUse: true)
      #expect(state.policyVersion == nil && state.clusters.map(\.figures.limit) == [ResourceAmounts()])
      #expect(state.clusters.map(\.figures.declared.cpu) == [64_000])
    }
  }

  @Test func `a ledger that was tampered with is told, once, and until it is mended`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large])
      _ = try await fixture.place("alpha")
      #expect(try await fixture.store.checkLedger() == LedgerCheck(differences: [], opened: [], ended: 0))
      let cluster = try #require(try await fixture.store.placements().items.first).spec.cluster
      try await fixture.tamper("committed_cpu = committed_cpu + 500, committed_pods = 0", cluster)
      let wanted = [
        LedgerDifference(cluster: cluster, resource: .cpu, ledger: 2500, held: 2000),
        LedgerDifference(cluster: cluster, resource: .pods, ledger: 0, held: 10),
      ]
      #expect(
        try await fixture.store.checkLedger() == LedgerCheck(differences: wanted, opened: wanted, ended: 0))
      #expect(try await fixture.store.checkLedger().opened == [], "it is known")
      #expect(try await fixture.store.capacityState(withUse: false).differences == wanted)
      let known = try await fixture.store.knownLedgerDifferences()
      #expect(known.map(\.difference) == wanted)
      // Nobody has mended it; its numbers are those of now, and its moment is that of before.
      try await fixture.tamper("committed_cpu = committed_cpu + 1, committed_pods = 10", cluster)
      let later = try await fixture.store.checkLedger()
      #expect(later.differences.map(\.ledger) == [2501] && later.opened == [] && later.ended == 1)
      let still = try await fixture.store.knownLedgerDifferences()
      #expect(still.map(\.difference.ledger) == [2501] && still.map(\.foundAt) == [known[0].foundAt])
      try await fixture.tamper("committed_cpu = 2000", cluster)
      #expect(try await fixture.store.checkLedger().ended == 1)
      #expect(try await fixture.store.knownLedgerDifferences() == [])
    }
  }

  @Test func `a day is written once, whoever writes it, and a new cluster's as well`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.passMidnight()
      #expect(try await fixture.store.recordCapacity() == 0)
      try await fixture.offer(clusters: ["nord-1": Offered.large])
      _ = try await fixture.place("alpha")
      let written = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 { group.addTask { try await fixture.store.recordCapacity() } }
        return try await group.reduce(0, +)
      }
      #expect(written == 1)
      #expect(try await fixture.store.recordCapacity() == 0)
      _ = try await fixture.store.put(Offered.cluster("nord-2", Offered.quota(cpu: 8)), context: someone)
      #expect(try await fixture.store.recordCapacity() == 1)
      #expect(try await fixture.count("SELECT count(*) FROM capacity_days") == 10)
      let days = try await fixture.store.capacityDays(CapacityDayFilter(), reach: .everything).days
      #expect(
        days.map(\.clusters) == [2] && days.map(\.committed.cpu) == [2000] && days.map(\.declared.cpu) == [72_000])
      #expect(days.map(\.used) == [nil], "no agent has said anything")
    }
  }

  @Test func `after days on which nobody wrote, the next one is written, and the gap stays`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.passMidnight()
      try await fixture.offer(clusters: ["nord-1": Offered.large])
      #expect(try await fixture.store.recordCapacity() == 1)
      try await fixture.moveDays(by: -3)
      _ = try await fixture.place("alpha")
      #expect(try await fixture.store.recordCapacity() == 1)
      let days = try await fixture.store.capacityDays(CapacityDayFilter(), reach: .everything).days
      #expect(days.map(\.committed.cpu) == [0, 2000])
      #expect(days[1].day.number - days[0].day.number == 3)
      let latest = try await fixture.store.capacityDays(CapacityDayFilter(days: 3), reach: .everything).days
      #expect(latest.map(\.committed.cpu) == [2000])
    }
  }

  @Test func `a cluster that joins with what it holds is no growth, and neither is one that leaves`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.passMidnight()
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large, "nord-3": Offered.large])
      _ = try await fixture.store.recordCapacity()
      // Thirty days on which nothing grows: the second cluster joins for the last ten, full; the third was there for
      // the first ten.
      _ = try await fixture.pool.withConnection { connection in
        try await connection.pipeline([
          "UPDATE capacity_days SET committed = 2000 WHERE cluster = 'nord-1'",
          "UPDATE capacity_days SET committed = 9000 WHERE cluster <> 'nord-1'",
          """
          INSERT INTO capacity_days SELECT day - n, cluster, resource, zone, region, operator, published, declared,
            promisable, committed, reserved, used FROM capacity_days, generate_series(1, 29) AS n
          WHERE cluster = 'nord-1' OR cluster = 'nord-2' AND n < 10 OR cluster = 'nord-3' AND n >= 20
          """,
          "DELETE FROM capacity_days WHERE cluster = 'nord-3' AND day > \(GovernanceStore.today)::date - 20",
        ])
      }
      let days = try await fixture.store.capacityDays(CapacityDayFilter(), reach: .everything).days
      #expect(
        days.map(\.committed.cpu)
          == Array(repeating: 11_000, count: 30).enumerated().map { index, sum in
            (10..<20).contains(index) ? 2000 : sum
          })
      #expect(days.compactMap(\.alike?.cpu) == Array(repeating: 11_000, count: 10), "since the second is there")
      #expect(days.prefix(20).allSatisfy { $0.alike == nil })
      let alone = try await fixture.store.capacityDays(CapacityDayFilter(cluster: "nord-1"), reach: .everything).days
      #expect(alone.compactMap(\.alike?.cpu) == Array(repeating: 2000, count: 30))
    }
  }

  @Test func `of days as of now, nobody sees what is not for him`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large])
      _ = try await fixture.place("alpha")
      let record = try #require(try await fixture.store.placements().items.first)
      var report = fixture.observe(record, sequence: 1)
      report.use(ResourceList(cpu: Quantity(1)))
      _ = try await fixture.store.apply([report], topic: "t", zone: "nord")
      _ = try await fixture.store.recordCapacity()
      func look(_ reach: CapacityReach, _ filter: CapacityDayFilter = CapacityDayFilter()) async throws -> CapacityDay?
      {
        try await fixture.store.capacityDays(filter, reach: reach).days.first
      }
      #expect(try await look(.everything)?.used?.cpu == 1000)
      #expect(try await look(.own(operators: ["dtnum"]))?.used?.cpu == 1000)
      let others = try #require(try await look(.own(operators: [])))
      #expect(others.used == nil && others.committed.cpu == 2000)
      #expect(try await look(.everything, CapacityDayFilter(zone: "nord", cluster: "nord-1")) != nil)
      #expect(try await look(.everything, CapacityDayFilter(region: "sud")) == nil)
      _ = try await fixture.pool.withConnection { try await $0.query("UPDATE capacity_days SET published = false") }
      #expect(try await look(.own(operators: [])) == nil)
      #expect(try await look(.everything)?.committed.cpu == 2000)
    }
  }

  @Test func `days are kept as long as is said, and forgotten step by step`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.passMidnight()
      try await fixture.offer(clusters: ["nord-1": Offered.large])
      _ = try await fixture.store.recordCapacity()
      try await fixture.moveDays(by: -10)
      _ = try await fixture.store.recordCapacity()
      #expect(try await fixture.store.forgetCapacity(olderThan: 11, limit: 100) == 0)
      #expect(try await fixture.store.forgetCapacity(olderThan: 10, limit: 3) == 3)
      #expect(try await fixture.store.forgetCapacity(olderThan: 10, limit: 3) == 2)
      #expect(try await fixture.count("SELECT count(*) FROM capacity_days") == 5)
    }
  }
}

extension StoreFixture {
  /// Changes the ledger behind the program's back.
  fileprivate func tamper(_ change: String, _ cluster: String) async throws {
    _ = try await pool.withConnection {
      try await $0.query("UPDATE capacity_ledger SET \(unescaped: change) WHERE cluster = \(cluster)")
    }
  }

  /// As if what is written down had been written on other days.
  fileprivate func moveDays(by days: Int32) async throws {
    _ = try await pool.withConnection { try await $0.query("UPDATE capacity_days SET day = day + \(days)") }
  }
}

extension ObservationRecord {
  /// Says what is in use.
  fileprivate mutating func use(_ amounts: ResourceList) {
    guard case .placement(var state) = observation else { return }
    state.used = amounts
    observation = .placement(state)
  }
}
