import Model
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

struct LedgerDemandTests {
  @Test func `a batch is taken as a whole exactly where its decisions would be taken one by one`() async throws {
    let seed = UInt64.random(in: .min ... .max)
    var dice = Dice(seed: seed)
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for _ in 0..<60 {
        let start = ResourceAmounts(
          cpu: .random(in: 0...20, using: &dice), memory: .random(in: 0...20, using: &dice), pods: 0)
        let wishes = (0..<Int.random(in: 1...4, using: &dice)).map { _ in
          PlacementPlan.Reservation(
            cluster: "nord-1",
            added: ResourceAmounts(
              cpu: .random(in: 0...4, using: &dice), memory: .random(in: 0...4, using: &dice), pods: 1),
            limit: ResourceAmounts(
              cpu: .random(in: 5...30, using: &dice), memory: .random(in: 5...30, using: &dice), pods: 9))
        }
        var (committed, fits) = (start, true)
        for wish in wishes {
          committed = committed.combined(with: wish.added, +)
          for resource in CountedResource.allCases where wish.added[resource] != 0 {
            fits = fits && committed[resource] <= wish.limit[resource]
          }
        }
        let demand = LedgerDemand(wishes, heedsLimits: false)
        var isShort: Bool?
        do {
          _ = try await fixture.pool.withTransaction { connection in
            _ = try await connection.execute(
              """
              UPDATE capacity_ledger SET committed_cpu = \(start.cpu), committed_memory = \(start.memory),
                committed_pods = 0
              """)
            let (answers, failure) = try await connection.commit(after: demand.statements)
            if let failure { throw failure }
            #expect(answers[1].count == demand.clusterCount, "seed \(seed)")
          }
        } catch let failure as PostgresError {
          isShort = LedgerDemand.isShort(failure)
        }
        #expect(isShort == (fits ? nil : true), "seed \(seed)")
        if fits { #expect(try await fixture.store.capacity().first?.committed == committed, "seed \(seed)") }
      }
    }
  }

  @Test func `what another program knows of a cluster binds a decision that does not know it`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      // As a later program, which knows of less, would have it.
      try await fixture.pool.withConnection { try await $0.script("UPDATE capacity_ledger SET limit_cpu = 3000") }
      #expect(try await refusal { _ = try await fixture.place("beta") }?.kind == .contended)
      #expect(try await fixture.store.capacity().first?.committed.cpu == 2_000)
    }
  }

  @Test func `whom the ledger's own limit refuses, it refuses alone`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: [:])
      for (name, stage) in [("nord-1", "dev"), ("nord-2", "prod")] {
        guard case .cluster(var cluster) = Offered.cluster(name, Offered.large) else { return }
        cluster.spec.stages = [stage]
        _ = try await fixture.store.put(.cluster(cluster), context: someone)
      }
      try await fixture.pool.withConnection {
        try await $0.script("UPDATE capacity_ledger SET limit_cpu = 1000 WHERE cluster = 'nord-1'")
      }
      let wishes = [
        Offered.project("beta", environments: ["dev"]), Offered.project("gamma", environments: ["prod"]),
      ]
      let jobs = zip(1..., wishes).map {
        DecisionJob(
          ticket: $0, request: PlacementRequest(project: $1), purpose: .place, key: nil, context: someone,
          deadline: nil)
      }
      let round = await fixture.store.commit(jobs, waits: false)
      #expect(try await refusal { _ = try round.settled[1]?.get() }?.kind == .contended)
      guard case .made(let outcome)? = try round.settled[2]?.get() else {
        Issue.record("no decision was made")
        return
      }
      #expect(outcome.decision.placed && outcome.decision.attempts == 1)
      #expect(outcome.placements.map(\.spec.cluster) == ["nord-2"])
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `limits of yesterday, or of a policy before, bind nobody, and are worked out anew`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for stale in ["limits_day = limits_day - 1", "limits_policy = 0", "limits_day = NULL"] {
        try await fixture.pool.withConnection {
          try await $0.script("UPDATE capacity_ledger SET limit_cpu = 1; UPDATE offer_state SET \(stale)")
        }
        let name = "p\(stale.count)"
        #expect(try await fixture.place(name).answer.plan.outcome == .placed, "\(stale)")
        try await fixture.withWorld {
          let isCurrent = try await eventually {
            try await fixture.count("SELECT limit_cpu FROM capacity_ledger WHERE cluster = 'nord-1'") == 64_000
          }
          #expect(isCurrent, "\(stale)")
        }
      }
    }
  }
}
