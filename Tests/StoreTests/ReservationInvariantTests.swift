import Events
import Foundation
import Model
import Placement
import Postgres
import Store
import TestSupport
import Testing

/// Tries to have capacity promised twice, lost, or given back twice, and something published that nobody confirmed.
struct ReservationInvariantTests {
  /// Room for 20 of 64.
  private static let nearlyFull = ResourceList(
    cpu: Quantity("41"), memory: Quantity("1Ti"), gpu: Quantity("100"), storage: Quantity("1Ti"), pods: Quantity("1000")
  )

  @Test func `64 that reserve, confirm, cancel and let expire at once keep the ledger true at every moment`()
    async throws
  {
    let seed = UInt64.random(in: .min ... .max)
    try await StoreFixture.run(maximum: 20) { fixture in
      try await fixture.offer(clusters: ["nord-1": Self.nearlyFull, "nord-2": Self.nearlyFull])
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let looks = try await withThrowingTaskGroup(of: Void.self) { workers in
        for worker in 0..<64 {
          workers.addTask {
            var dice = Dice(seed: seed &+ UInt64(worker))
            for _ in 0..<3 { try await fixture.act(as: worker, &dice) }
          }
        }
        async let looks = fixture.watch(seed)
        try await workers.waitForAll()
        try await fixture.endWatch()
        return try await looks
      }
      #expect(looks > 0)
      #expect(try await fixture.unsoundness() == nil, "seed \(seed)")

      // When all is over, what is held is what is confirmed, and what is published.
      try await fixture.pool.withConnection {
        _ = try await $0.execute(
          "UPDATE reservations SET expires_at = clock_timestamp() - interval '1 s' WHERE state = 'pending'")
      }
      _ = try await fixture.store.expireReservations()
      let placements = try await fixture.store.placements(limit: 1000).items
      #expect(try await fixture.committedCPU() == Int64(placements.count) * 2000, "seed \(seed)")
      #expect(try await fixture.unsoundness() == nil, "seed \(seed)")
      let announced = try await fixture.count("SELECT count(DISTINCT placement) FROM outbox")
      #expect(announced == Int64(placements.count), "seed \(seed)")
      #expect(!placements.isEmpty, "seed \(seed)")
    }
  }

  @Test func `of a confirmation and an expiry at one moment, exactly one comes to pass`() async throws {
    try await StoreFixture.run(maximum: 12) { fixture in
      try await fixture.offer()
      for round in 0..<30 {
        let reservation = try await fixture.reserve("p\(round)")
        try await fixture.elapse(reservation, in: Int64(round % 6))
        let isConfirmed = try await withThrowingTaskGroup(of: Bool.self) { group in
          for _ in 0..<2 {
            group.addTask {
              while true {
                let result = try await fixture.store.expireReservations()
                if result.next == nil { return false }
              }
            }
          }
          group.addTask {
            let error = try await refusal { try await fixture.confirm(reservation, .fresh()) }
            #expect(error == nil || error?.kind == .reservationEnded)
            return error == nil
          }
          return try await group.reduce(false) { $0 || $1 }
        }
        let after = try await fixture.store.reservation(reservation.id)
        #expect(after.state == (isConfirmed ? .confirmed : .expired))
        #expect(after.placements.allSatisfy { ($0.removedAt == nil) == isConfirmed })
        let ids = after.placements.map(\.spec.id)
        let rows = try await fixture.count("SELECT count(*) FROM outbox WHERE placement = ANY(\(ids))")
        #expect(rows == (isConfirmed ? 1 : 0))
        #expect(try await fixture.ledgerAddsUp())
      }
    }
  }

  @Test func `of confirmations with different identifiers and cancellations, exactly one comes to pass`() async throws {
    try await StoreFixture.run(maximum: 12) { fixture in
      try await fixture.offer()
      for round in 0..<8 {
        let reservation = try await fixture.reserve("p\(round)")
        let winners = try await withThrowingTaskGroup(of: ReservationRecord?.self) { group in
          for contender in 0..<8 {
            group.addTask {
              do {
                if contender % 4 == 0 {
                  return try await fixture.store.cancel(reservation: reservation.id, context: someone)
                }
                return try await fixture.confirm(reservation, .fresh())
              } catch let error as StoreError {
                #expect(error.kind == .reservationConfirmed || error.kind == .reservationEnded)
                return nil
              }
            }
          }
          return try await group.reduce(into: [ReservationRecord]()) { if let record = $1 { $0.append(record) } }
        }
        #expect(Set(winners).count == 1)
        #expect(winners.first == (try await fixture.store.reservation(reservation.id)))
        #expect(try await fixture.count("SELECT count(*) FROM outbox WHERE reason <> 'confirmed'") == 0)
        #expect(try await fixture.ledgerAddsUp())
      }
    }
  }

  @Test func `many that release one reservation at once give it back once`() async throws {
    try await StoreFixture.run(maximum: 12) { fixture in
      try await fixture.offer()
      _ = try await fixture.place("stays", quota: Offered.quota(cpu: 30))
      for round in 0..<6 {
        let reservation = try await fixture.reserve("p\(round)")
        if round % 2 == 0 { try await fixture.elapse(reservation) }
        try await withThrowingTaskGroup(of: Void.self) { group in
          for contender in 0..<12 {
            group.addTask {
              if contender % 2 == 0 {
                _ = try await fixture.store.expireReservations()
              } else {
                _ = try await fixture.store.cancel(reservation: reservation.id, context: someone)
              }
            }
          }
          try await group.waitForAll()
        }
        #expect(try await fixture.committedCPU() == 30_000)
        #expect(try await fixture.ledgerAddsUp())
      }
    }
  }

  @Test func `a project that another takes the identifiers of at the same moment is left without them`() async throws {
    try await StoreFixture.run(maximum: 12) { fixture in
      try await fixture.offer()
      let console = ConfirmationRequest.fresh()
      var reservations: [ReservationRecord] = []
      for round in 0..<6 { reservations.append(try await fixture.reserve("p\(round)")) }
      let waiting = reservations
      let confirmed = try await withThrowingTaskGroup(of: Int.self) { group in
        for reservation in waiting {
          group.addTask {
            let error = try await refusal { try await fixture.confirm(reservation, console) }
            #expect(error == nil || error?.kind == .conflict)
            return error == nil ? 1 : 0
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(confirmed == 1)
      #expect(try await fixture.count("SELECT count(*) FROM outbox") == 1)
    }
  }
}

extension StoreFixture {
  /// Reserves for a project of its own, and ends the reservation in some way, or in several at once.
  fileprivate func act(as worker: Int, _ dice: inout Dice) async throws {
    let name = "p\(worker)x\(Int.random(in: 0..<1000, using: &dice))"
    let outcome = try await store.reserve(
      PlacementRequest(project: Offered.project(name, quota: Offered.full())), ttl: .seconds(600), context: someone)
    guard let reservation = outcome.reservation else { return }
    let console = ConfirmationRequest.fresh()
    switch Int.random(in: 0..<8, using: &dice) {
    case 0: try await confirm(reservation, console)
    case 1, 2: _ = try await store.cancel(reservation: reservation.id, context: someone)
    case 3, 4:
      try await elapse(reservation, in: Int64.random(in: 0..<20, using: &dice))
      _ = try await store.expireReservations()
    case 5:
      async let confirmed = refusal { try await confirm(reservation, console) }
      async let cancelled = refusal { _ = try await store.cancel(reservation: reservation.id, context: someone) }
      _ = try await (confirmed, cancelled)
    case 6:
      try await elapse(reservation, in: Int64.random(in: 0..<4, using: &dice))
      async let confirmed = refusal { try await confirm(reservation, console) }
      async let expired = store.expireReservations()
      _ = try await (confirmed, expired)
    default:
      try await confirm(reservation, console)
      try await confirm(reservation, console)
    }
  }

  /// Looks again and again, each time at one snapshot, until ``endWatch()``.
  fileprivate func watch(_ seed: UInt64) async throws -> Int {
    var looks = 0
    while try await count("SELECT count(*) FROM relay_leases WHERE name = 'watch-over'") == 0 {
      #expect(try await unsoundness() == nil, "seed \(seed)")
      for claim in try await store.claimOutbox(term: 1, limit: 1000) {
        let environment = claim.state.environment.id
        let name = NamespaceName.make(environment: environment, project: claim.state.project.id)
        #expect(claim.state.revision == 1 && claim.state.namespace == name, "seed \(seed)")
        let fromConsole = try await count(
          "SELECT count(*) FROM environment_identities WHERE from_console AND environment_id = \(environment)")
        #expect(fromConsole == 1, "seed \(seed)")
      }
      looks += 1
    }
    return looks
  }

  fileprivate func endWatch() async throws {
    try await pool.withConnection {
      _ = try await $0.execute(
        """
        INSERT INTO relay_leases (name, holder, term, backend_pid, acquired_at, renewed_at)
        VALUES ('watch-over', 'test', 1, 1, clock_timestamp(), clock_timestamp())
        """)
    }
  }

  /// What one snapshot shows that must not be; nil where nothing is.
  fileprivate func unsoundness() async throws -> String? {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT 'ledger of ' || l.cluster AS what FROM capacity_ledger l LEFT JOIN (
          SELECT cluster, sum(cpu) AS cpu, sum(memory) AS memory, sum(gpu) AS gpu, sum(storage) AS storage,
            sum(pods) AS pods FROM reservations WHERE state <> 'released' GROUP BY cluster) r ON r.cluster = l.cluster
        WHERE (l.committed_cpu, l.committed_memory, l.committed_gpu, l.committed_storage, l.committed_pods)
          IS DISTINCT FROM (coalesce(r.cpu, 0), coalesce(r.memory, 0), coalesce(r.gpu, 0), coalesce(r.storage, 0),
            coalesce(r.pods, 0)) OR l.committed_cpu > l.limit_cpu
        UNION ALL
        SELECT 'placement ' || p.id FROM placements p JOIN reservations r ON r.placement = p.id
          JOIN holds h ON h.id = r.hold
        WHERE (r.state = 'pending') <> (p.revision = 0 AND p.removed_at IS NULL)
          OR (r.state = 'released') <> (p.removed_at IS NOT NULL) OR (p.revision > 0) <> (h.confirmed_at IS NOT NULL)
        UNION ALL
        SELECT 'outbox ' || o.id FROM outbox o JOIN reservations r ON r.placement = o.placement
        WHERE r.confirmed_at IS NULL
        """)
    }
    return try rows.first?.decode(String.self, at: 0)
  }
}
