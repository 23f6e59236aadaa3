import Events
import Foundation
import Model
import Placement
import Policy
import Postgres
import TestSupport
import Testing

@testable import Store

/// What quotas on clusters enforce, compared with the ledger: what is read, when it counts and when it ends.
struct QuotaCheckTests {
  private static let decided = ResourceList(
    cpu: Quantity(2), memory: Quantity("4Gi"), gpu: Quantity(0), pods: Quantity(10))
  private static let raised = ResourceList(
    cpu: Quantity(3), memory: Quantity("4Gi"), gpu: Quantity(0), pods: Quantity(10))

  /// Two placements on a cluster that is seen, as decided.
  private func run(_ body: (StoreFixture, [PlacementRecord]) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for name in ["alpha", "beta"] { _ = try await fixture.place(name) }
      let records = try await fixture.store.placements().items
      try await fixture.heartbeat(1)
      for record in records { try await fixture.report(record, 1, Self.decided) }
      try await body(fixture, records)
    }
  }

  @Test func `a quota that was raised by hand is a finding once it has lasted, until it is as decided`() async throws {
    try await run { fixture, records in
      let store = fixture.store
      #expect(try await store.checkQuotas() == QuotaCheck(differences: [], opened: [], ended: 0, next: nil))
      try await fixture.report(records[0], 2, Self.raised)
      let young = try await store.checkQuotas()
      #expect(young.differences == [] && young.opened == [])
      let next = try #require(young.next)
      #expect(next > .seconds(200), "it is told when it will have lasted")
      try await fixture.age()
      let found = try await store.checkQuotas()
      let wanted = LedgerDifference(
        kind: .quotas, cluster: "nord-1", resource: .cpu, ledger: 4000, held: 5000,
        placements: [
          LedgerDifference.Part(
            placement: records[0].spec.id, project: records[0].spec.project, environment: "prod", replica: 0,
            ledger: 2000, held: 3000)
        ])
      #expect(found == QuotaCheck(differences: [wanted], opened: [wanted], ended: 0, next: nil))
      #expect(try await store.checkQuotas().opened == [], "it is known")
      let open = try await store.ledgerFindings(ended: false).items
      #expect(open.map(\.difference) == [wanted])
      #expect(try await store.knownLedgerDifferences().map(\.difference) == [wanted])
      // The check of reservations does not end what it did not find.
      _ = try await store.checkLedger()
      #expect(try await store.ledgerFindings(ended: false).items.count == 1)
      try await fixture.report(records[0], 3, Self.decided)
      let after = try await store.checkQuotas()
      #expect(after.ended == 1 && after.differences == [])
      let ended = try await store.ledgerFindings(ended: true).items
      #expect(ended.map(\.number) == open.map(\.number) && ended[0].endedAt != nil)
      for action in ["opened", "resolved"] {
        #expect(
          try await fixture.count(
            """
            SELECT count(*) FROM audit_entries WHERE kind = 'LedgerFinding' AND action = \(action)
              AND convert_from(body, 'UTF8')::jsonb #>> '{detail,kind}' = 'quotas'
            """) == 1, "\(action)")
      }
      #expect(try await fixture.count("SELECT count(*) FROM quota_doubts") == 0)
    }
  }

  @Test func `what is not known is counted as not compared, opens nothing, and ends nothing`() async throws {
    try await run { fixture, records in
      let store = fixture.store
      func compared() async throws -> Int64? {
        try await store.capacityState(withUse: true).clusters.first?.compared
      }
      #expect(try await compared() == 2)
      try await fixture.report(records[1], 2, nil)
      #expect(try await compared() == 1, "an agent that does not say")
      // Not of what is decided now: a decision came in between.
      try await fixture.report(records[0], 2, Self.raised)
      try await fixture.age()
      _ = try await fixture.place(records[0].spec.project, quota: Offered.quota(cpu: 4))
      #expect(try await compared() == 0)
      #expect(try await store.checkQuotas().differences == [])
      let newer = try #require(
        try await store.placements().items.first { $0.spec.project == records[0].spec.project })
      try await fixture.report(newer, 3, Self.raised)
      let found = try await store.checkQuotas()
      #expect(found.differences.map(\.held) == [3000] && found.differences.map(\.ledger) == [4000])
      // Out of reach, then silent: nobody has seen it end.
      try await fixture.heartbeat(2, isReachable: false)
      #expect(try await compared() == 0)
      #expect(try await store.checkQuotas().ended == 0)
      #expect(try await store.ledgerFindings(ended: false).items.count == 1)
      try await fixture.heartbeat(3)
      try await store.recordSilence(zone: "nord", for: .seconds(301))
      #expect(try await compared() == 0)
      #expect(try await store.checkQuotas().ended == 0)
      try await fixture.heartbeat(4)
      #expect(try await compared() == 1)
      // Removed, it holds nothing that could differ.
      _ = try await store.remove(RemovalRequest(project: newer.spec.project), context: someone)
      #expect(try await store.checkQuotas().ended == 1)
    }
  }

  @Test func `a ledger that changes without a decision is compared too`() async throws {
    try await run { fixture, records in
      try await fixture.script("UPDATE reservations SET cpu = cpu - 500 WHERE placement = '\(records[0].spec.id)'")
      try await fixture.age()
      let found = try await fixture.store.checkQuotas()
      #expect(found.differences.map(\.ledger) == [3500] && found.differences.map(\.held) == [4000])
      try await fixture.script("UPDATE reservations SET cpu = cpu + 500 WHERE placement = '\(records[0].spec.id)'")
      #expect(try await fixture.store.checkQuotas().ended == 1)
    }
  }

  @Test func `what is in use beyond a lowered quota is held, and no difference`() async throws {
    try await run { fixture, records in
      let outcome = try await fixture.place(records[0].spec.project, quota: Offered.quota(cpu: 1))
      let lowered = try #require(outcome.placements.first)
      var enforced = Self.decided
      enforced.cpu = Quantity(1)
      try await fixture.report(lowered, 2, enforced, used: Self.decided)
      #expect(try await fixture.store.capacity().first?.committed.cpu == 4000)
      // As if the ledger had changed: what was reported is read again.
      let id = lowered.spec.id
      for sign in ["-", "+"] {
        try await fixture.script("UPDATE reservations SET cpu = cpu \(sign) 500 WHERE placement = '\(id)'")
      }
      #expect(try await fixture.count("SELECT count(*) FROM quota_doubts") == 1)
      try await fixture.age()
      #expect(try await fixture.store.checkQuotas().differences == [])
      try await fixture.report(lowered, 3, enforced, used: enforced)
      #expect(try await fixture.store.capacity().first?.committed.cpu == 3000)
    }
  }

  @Test func `what was said again while it was looked at stays a doubt`() async throws {
    try await run { fixture, records in
      try await fixture.report(records[0], 2, Self.raised)
      let rows = try await fixture.pool.withConnection { try await $0.query(QuotaDoubt.select) }
      var doubt = try QuotaDoubt(row: try rows.only)
      doubt.holding.enforced = Self.decided
      #expect(doubt.holding.standing == .agrees)
      try await fixture.report(records[0], 3, Self.raised)
      let stale = doubt
      try await fixture.pool.withConnection { _ = try await $0.query(QuotaDoubt.settle([stale])) }
      #expect(try await fixture.count("SELECT count(*) FROM quota_doubts") == 1)
    }
  }

  @Test func `whatever agents report, differences are those of all placements added up`() async throws {
    var dice = Dice.fresh("quota checks")
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large])
      for number in 0..<6 { _ = try await fixture.place("p\(number)") }
      try await fixture.heartbeat(1)
      for step in 1...40 {
        let records = try await fixture.store.placements().items
        guard let record = records.randomElement(using: &dice) else { continue }
        switch Int.random(in: 0..<6, using: &dice) {
        case 0:
          _ = try await fixture.place(
            record.spec.project, quota: Offered.quota(cpu: Int64.random(in: 1...4, using: &dice)))
        case 1: try await fixture.report(record, Int64(step), nil)
        default:
          var enforced = record.spec.quota
          if Bool.random(using: &dice) { enforced.cpu = Quantity(Int64.random(in: 1...4, using: &dice)) }
          try await fixture.report(record, Int64(step), enforced)
        }
        let check = try await fixture.store.checkQuotas(settling: .zero)
        #expect(try await fixture.scratch() == check.differences.map(Sum.init), "seed \(dice.seed), step \(step)")
      }
    }
  }

  /// A difference as it is added up from scratch.
  struct Sum: Equatable {
    var cluster: String
    var ledger: Int64
    var held: Int64

    init(cluster: String, ledger: Int64, held: Int64) {
      (self.cluster, self.ledger, self.held) = (cluster, ledger, held)
    }

    init(_ difference: LedgerDifference) {
      self.init(cluster: difference.cluster, ledger: difference.ledger, held: difference.held)
    }
  }
}

extension StoreFixture {
  /// The agent of the zone is heard, and reaches its clusters or not.
  fileprivate func heartbeat(_ sequence: Int64, isReachable: Bool = true) async throws {
    let clusters = ["nord-1", "nord-2"].map {
      AgentStatus.ClusterStatus(name: $0, reachable: isReachable, placements: 0)
    }
    let status = AgentStatus(
      zone: "nord", incarnation: 1, sequence: sequence, version: "test", at: Timestamp(microseconds: 1),
      snapshotComplete: true, clusters: clusters)
    _ = try await store.apply(
      [ObservationRecord(partition: 0, offset: 0, observation: .agent(status))], topic: "t", zone: "nord")
  }

  /// The agent reports what the quota enforces.
  fileprivate func report(
    _ record: PlacementRecord, _ sequence: Int64, _ enforced: ResourceList?, used: ResourceList? = nil
  ) async throws {
    let report = observe(
      record, sequence: sequence, applied: enforced.map { $0.cpu == record.spec.quota.cpu } ?? true, enforced: enforced,
      used: used)
    _ = try await store.apply([report], topic: "t", zone: "nord")
  }

  /// As if what differs had differed for longer.
  fileprivate func age() async throws {
    try await script("UPDATE quota_doubts SET since = since - interval '301 seconds'")
  }

  /// Where processors do not add up, of all placements that can be compared.
  fileprivate func scratch() async throws -> [QuotaCheckTests.Sum] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT p.cluster, sum(r.cpu)::bigint AS ledger, sum((p.observed -> 'enforced' ->> 'cpu')::bigint * 1000)::bigint AS held
        FROM placements p JOIN reservations r ON r.placement = p.id
        WHERE p.observed_revision = p.revision AND p.observed ? 'enforced' AND p.removed_at IS NULL
        GROUP BY 1 HAVING sum(r.cpu) <> sum((p.observed -> 'enforced' ->> 'cpu')::bigint * 1000) ORDER BY 1
        """)
    }
    return try rows.map {
      QuotaCheckTests.Sum(
        cluster: try $0.decode("cluster"), ledger: try $0.decode("ledger"), held: try $0.decode("held"))
    }
  }
}
