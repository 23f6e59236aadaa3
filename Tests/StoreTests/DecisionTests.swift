import Events
import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

struct DecisionTests {
  @Test func `a placed project is one decision, reservation, outbox row and audit entry`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcome = try await fixture.place("alpha")
      #expect(outcome.answer.plan.outcome == .placed)
      #expect(outcome.changed)
      #expect(outcome.decision.attempts == 1)
      let placement = try #require(outcome.placements.first)
      #expect(placement.spec.cluster == "nord-1")
      #expect(placement.spec.revision == 1)
      #expect(placement.spec.epoch == 1)
      #expect(placement.spec.decision == outcome.decision.id)
      #expect(placement.reserved == ResourceAmounts(Offered.small))
      #expect(placement.traceparentIsKept)
      #expect(
        placement.spec.namespace
          == NamespaceName.make(environment: placement.spec.environmentID, project: placement.spec.projectID))
      #expect(try await fixture.store.placement(placement.spec.id) == placement)
      #expect(try await fixture.store.capacity().first?.committed == ResourceAmounts(Offered.small))
      #expect(try await fixture.count("SELECT count(*) FROM outbox") == 1)
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries WHERE action = 'decided'") == 1)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `asking again for what is placed changes nothing`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let first = try await fixture.place("alpha")
      let again = try await fixture.place("alpha")
      #expect(!again.changed)
      #expect(again.decision == first.decision)
      #expect(again.placements == first.placements)
      #expect(try await fixture.count("SELECT count(*) FROM outbox") == 1)
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 1)
    }
  }

  @Test func `a raised quota is reserved at once, a lowered one released when seen`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let raised = try await fixture.place("alpha", quota: Offered.quota(cpu: 8))
      #expect(raised.placements.first?.spec.revision == 2)
      #expect(try await fixture.store.capacity().first?.committed.cpu == 8000)
      let lowered = try await fixture.place("alpha", quota: Offered.small)
      let placement = try #require(lowered.placements.first)
      #expect(placement.spec.revision == 3)
      #expect(try await fixture.store.capacity().first?.committed.cpu == 8000)

      _ = try await fixture.store.apply(
        [fixture.observe(placement, sequence: 1, applied: false, ready: false)], topic: "t", zone: "nord")
      #expect(try await fixture.store.capacity().first?.committed.cpu == 8000)
      _ = try await fixture.store.apply([fixture.observe(placement, sequence: 2)], topic: "t", zone: "nord")
      #expect(try await fixture.store.capacity().first?.committed.cpu == 2000)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `a lowered quota gives back what is neither enforced nor in use any more`() async throws {
    try await StoreFixture.run { fixture in
      // The cores that the cluster enforces, those that are in use, and those that are held then.
      let steps: [(ready: Bool, enforced: Int64?, used: Int64?, held: Int64)] = [
        (false, nil, nil, 8000),
        (false, 8, 8, 8000),
        (true, 4, 8, 8000),
        (true, 4, 6, 6000),
        // What was given back may be another's by now.
        (true, 4, 7, 6000),
        (true, 4, 4, 4000),
      ]
      try await fixture.offer()
      _ = try await fixture.place("alpha", quota: Offered.quota(cpu: 8))
      let lowered = try await fixture.place("alpha", quota: Offered.quota(cpu: 4))
      let placement = try #require(lowered.placements.first)
      for (number, step) in steps.enumerated() {
        let report = fixture.observe(
          placement, sequence: Int64(number + 1), ready: step.ready,
          enforced: step.enforced.map { Offered.quota(cpu: $0) }, used: step.used.map { Offered.quota(cpu: $0) })
        _ = try await fixture.store.apply([report], topic: "t", zone: "nord")
        let held = try await fixture.store.capacity().first?.committed.cpu
        #expect(held == step.held, "step \(number)")
        #expect(try await fixture.ledgerAddsUp(), "step \(number)")
        let doubts = try await fixture.count("SELECT count(*) FROM quota_doubts")
        #expect(doubts == 0, "step \(number): what is in use is no difference of the books")
      }
    }
  }

  @Test func `a lowered quota gives nothing back of what the cluster does not limit any more`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha", quota: Offered.quota(cpu: 8))
      let lowered = try await fixture.place("alpha", quota: Offered.quota(cpu: 4))
      let placement = try #require(lowered.placements.first)
      var enforced = Offered.quota(cpu: 4)
      enforced.cpu = nil
      _ = try await fixture.store.apply(
        [fixture.observe(placement, sequence: 1, ready: false, enforced: enforced)], topic: "t", zone: "nord")
      #expect(try await fixture.store.capacity().first?.committed.cpu == 8000)
      let lowest = Offered.quota(cpu: 4)
      // How much is in use nobody says: it may be all.
      _ = try await fixture.store.apply(
        [fixture.observe(placement, sequence: 2, enforced: lowest)], topic: "t", zone: "nord")
      #expect(try await fixture.store.capacity().first?.committed.cpu == 8000)
      _ = try await fixture.store.apply(
        [fixture.observe(placement, sequence: 3, enforced: lowest, used: lowest)], topic: "t", zone: "nord")
      #expect(try await fixture.store.capacity().first?.committed.cpu == 4000)
    }
  }

  @Test func `capacity of a removed placement is released only when the removal was seen`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let before = try #require(try await fixture.place("alpha").placements.first)
      let removed = try await fixture.store.remove(
        RemovalRequest(project: "alpha", delay: .seconds(60)), context: someone
      ).placements
      let placement = try #require(removed.first)
      #expect(placement.spec.phase == .removed)
      #expect(placement.spec.revision == 2)
      #expect(placement.notBefore.map { $0.microseconds(since: placement.decidedAt) } == 60_000_000)
      #expect(try await fixture.store.capacity().first?.committed.cpu == 2000)
      #expect(try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone).placements == removed)

      // What was seen of an older revision releases nothing.
      _ = try await fixture.store.apply([fixture.observe(before, sequence: 1)], topic: "t", zone: "nord")
      #expect(try await fixture.store.capacity().first?.committed.cpu == 2000)
      let result = try await fixture.store.apply([fixture.observe(placement, sequence: 2)], topic: "t", zone: "nord")
      #expect(result.removed == [placement.spec.id])
      #expect(try await fixture.store.capacity().first?.committed.cpu == 0)
      #expect(try await fixture.store.placements().items.isEmpty)
      #expect(try await fixture.store.placement(placement.spec.id).removedAt != nil)
      // Once more: nothing is given back twice.
      _ = try await fixture.store.apply([fixture.observe(placement, sequence: 3)], topic: "t", zone: "nord")
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `a removal that was not seen is called back by a new decision`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let first = try #require(try await fixture.place("alpha").placements.first)
      _ = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
      let again = try #require(try await fixture.place("alpha").placements.first)
      #expect(again.spec.id == first.spec.id)
      #expect(again.spec.phase == .active)
      #expect(again.spec.revision == 3)
      #expect(again.notBefore == nil)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `an environment that is left out of the project stays where it is`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha", environments: ["prod", "dev"])
      let outcome = try await fixture.place("alpha", environments: ["prod"])
      #expect(outcome.placements.map(\.spec.environment).sorted() == ["dev", "prod"])
      #expect(outcome.placements.allSatisfy { $0.spec.phase == .active && $0.spec.revision == 1 })
      let error = try await refusal {
        _ = try await fixture.store.remove(
          RemovalRequest(project: "alpha", environments: ["dev", "none"]), context: someone)
      }
      #expect(error?.path == "environments[1]")
    }
  }

  @Test func `a project that fits nowhere is a stored decision that reserves nothing`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcome = try await fixture.place("huge", quota: Offered.quota(cpu: 1000))
      #expect(outcome.answer.plan.outcome == .unplaceable)
      #expect(!outcome.decision.placed)
      #expect(outcome.placements.isEmpty)
      #expect(try await fixture.count("SELECT count(*) FROM outbox") == 0)
      #expect(try await fixture.store.capacity().first?.committed == ResourceAmounts())
      let stored = try #require(try await fixture.store.latestDecision(project: "huge"))
      let explanation = try #require(try stored.explained().explanation)
      #expect(explanation.decision == outcome.answer.explanation?.decision)
      #expect(explanation.decision.environments.first?.candidates.first?.accepted == false)
    }
  }

  @Test(arguments: [false, true])
  func `a stored decision is made again from what is stored, byte for byte`(inMemory: Bool) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large])
      let names = ["alpha", "beta", "gamma"]
      if inMemory {
        // Of a project that is stored and known, what was asked is stored as it was read.
        try await fixture.withWorld {
          for name in names {
            _ = try await fixture.store.put(.project(Offered.project(name)), context: someone)
            let isKnown = try await eventually { try fixture.store.world.view(of: name)?.project?.spec != nil }
            #expect(isKnown)
            _ = try await fixture.store.decide(PlacementRequest(project: name), context: someone)
          }
        }
      } else {
        for name in names { _ = try await fixture.place(name, environments: ["prod", "dev"]) }
      }
      _ = try await fixture.store.put(Offered.policy(reserve: Quantity("0.2")), context: someone)
      for summary in try await fixture.store.decisions().items {
        let record = try await fixture.store.decision(summary.id)
        #expect(try record.replay().verdict == .equal)
        let explanation = try #require(try record.explained().explanation)
        #expect(try [UInt8](explanation.record.canonicalBytes()) == record.canonicalBytes)
      }
      #expect(try await fixture.count("SELECT count(*) FROM offer_snapshots") == 1)
    }
  }

  @Test func `a project that comes along is put in the same transaction`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcome = try await fixture.store.decide(
        PlacementRequest(project: Offered.project("alpha")), context: someone)
      #expect(outcome.placements.count == 1)
      #expect(try await fixture.store.get(.project, "alpha").metadata.generation == 1)
      let preview = try await fixture.store.preview(PlacementRequest(project: Offered.project("beta")))
      #expect(preview.outcome == .placed)
      #expect(try await fixture.count("SELECT count(*) FROM resources WHERE name = 'beta'") == 0)
    }
  }

  @Test func `nothing is decided without a policy or on an unknown project`() async throws {
    try await StoreFixture.run { fixture in
      #expect(
        try await refusal {
          _ = try await fixture.store.decide(PlacementRequest(project: Offered.project("alpha")), context: someone)
        }?.kind == .noPolicy)
      try await fixture.offer()
      #expect(
        try await refusal {
          _ = try await fixture.store.decide(PlacementRequest(project: "none"), context: someone)
        }?.kind == .notFound)
    }
  }

  @Test func `the console's identifiers are taken, and kept once in use`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var project = Offered.project("alpha")
      let (projectID, environmentID) = (UUID(), UUID())
      project.spec.consoleID = projectID
      project.spec.environments[0].consoleID = environmentID
      let outcome = try await fixture.store.decide(PlacementRequest(project: project), context: someone)
      #expect(outcome.placements.first?.spec.projectID == projectID)
      #expect(outcome.placements.first?.spec.environmentID == environmentID)
      project.spec.environments[0].consoleID = UUID()
      let changed = project
      let error = try await refusal {
        _ = try await fixture.store.decide(PlacementRequest(project: changed), context: someone)
      }
      #expect(error?.path == "spec.environments[0].consoleID")
      var thief = Offered.project("thief")
      thief.spec.consoleID = projectID
      let other = thief
      let stolen = try await refusal {
        _ = try await fixture.store.decide(PlacementRequest(project: other), context: someone)
      }
      #expect(stolen?.kind == .conflict)
      #expect(try await fixture.count("SELECT count(*) FROM resources WHERE name = 'thief'") == 0)
    }
  }

  @Test func `a limit lowered below what is promised refuses more, and takes nothing back`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha", quota: Offered.quota(cpu: 40))
      let half = ResourceList(cpu: Quantity("20"), memory: Quantity("256Gi"), pods: Quantity("1000"))
      _ = try await fixture.store.put(Offered.cluster("nord-1", half), context: someone)
      let ledger = try #require(try await fixture.store.capacity().first)
      #expect(ledger.isOverPromised)
      #expect(ledger.committed.cpu == 40_000)
      #expect(try await fixture.place("beta").answer.plan.outcome == .unplaceable)
      #expect(try await fixture.place("alpha", quota: Offered.small).answer.plan.outcome == .placed)
    }
  }

  @Test func `a silent agent makes its zone ineligible only after time that was listened to`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let heartbeat = Heartbeats.record(zone: "nord", sequence: 1)
      _ = try await fixture.store.apply([heartbeat], topic: "t", zone: "nord")
      try await fixture.store.recordSilence(zone: "nord", for: .seconds(299))
      #expect(try await fixture.place("alpha").answer.plan.outcome == .placed)
      try await fixture.store.recordSilence(zone: "nord", for: .seconds(2))
      #expect(try await fixture.store.agents().first?.silence == .seconds(301))
      #expect(try await fixture.place("beta").answer.plan.outcome == .unplaceable)
      _ = try await fixture.store.apply([Heartbeats.record(zone: "nord", sequence: 2)], topic: "t", zone: "nord")
      #expect(try await fixture.place("beta").answer.plan.outcome == .placed)
    }
  }

  @Test(arguments: [false, true])
  func `a zone of which no agent was ever heard takes nothing new once one could have been`(isInMemory: Bool)
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      func check() async throws {
        try await fixture.store.recordSilence(zone: "nord", for: .seconds(299))
        #expect(try await fixture.place("alpha").answer.plan.outcome == .placed)
        try await fixture.store.recordSilence(zone: "nord", for: .seconds(2))
        #expect(try await eventually { try await fixture.place("beta").answer.plan.outcome == .unplaceable })
        #expect(try await fixture.place("alpha").answer.plan.outcome == .placed, "what is there stays")
        _ = try await fixture.store.apply([Heartbeats.record(zone: "nord", sequence: 1)], topic: "t", zone: "nord")
        #expect(try await eventually { try await fixture.place("beta").answer.plan.outcome == .placed })
        #expect(try await fixture.count("SELECT count(*) FROM unheard_zones") == 0)
      }
      if isInMemory { try await fixture.withWorld { try await check() } } else { try await check() }
    }
  }
}

extension PlacementRecord {
  fileprivate var traceparentIsKept: Bool { traceparent == someone.traceparent }
}
