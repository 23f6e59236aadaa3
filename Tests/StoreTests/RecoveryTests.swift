import Events
import Foundation
import Model
import Postgres
import Testing

@testable import Store

/// A database that is older than the bus, and how it is brought up to it.
struct RecoveryTests {
  private func evidence(_ claims: [OutboxClaim], sequence: Int64 = 7) throws -> BusEvidence {
    let seen = try claims.map {
      BusEvidence.Seen(
        state: $0.state, content: ContentDigest(of: try BusCodec.encode($0.state)), partition: 1, offset: 5)
    }
    return BusEvidence(
      zone: "nord", desired: Dictionary(uniqueKeysWithValues: seen.map { ($0.state.placement, $0) }),
      record: ZoneRecord(
        zone: "nord", epoch: 1, sequence: sequence, at: Timestamp(microseconds: 1), count: claims.count, offsets: [],
        buckets: []))
  }

  private func claims(_ fixture: StoreFixture) async throws -> [OutboxClaim] {
    let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
    return try await fixture.store.claimOutbox(term: lease.term, limit: 1000)
  }

  @Test func `while suspended nothing is decided or claimed, no plea is used up, and reports are still stored`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let alpha = try #require(try await fixture.place("alpha").placements.first)
      #expect(try await fixture.store.suspension() == nil)
      try await fixture.store.suspend(because: "the bus is ahead", comparedIn: 1)
      try await fixture.store.suspend(because: "once more", comparedIn: 1)
      #expect(try await fixture.store.suspension()?.because == "the bus is ahead")
      #expect(try await fixture.store.counts().suspension?.because == "the bus is ahead")

      #expect(try await isSuspended { _ = try await fixture.place("beta") })
      #expect(
        try await isSuspended {
          _ = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
        })
      let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      #expect(try await fixture.store.claimOutbox(term: lease.term, limit: 10).isEmpty)
      let plea = UUID()
      let asked = [Heartbeats.record(zone: "nord", sequence: 1, plea: plea), fixture.observe(alpha, sequence: 2)]
      let result = try await fixture.store.apply(asked, topic: "t", zone: "nord")
      #expect(result.applied == [alpha.spec.id] && result.republished == 0)
      #expect(try await fixture.count("SELECT count(*) FROM republications") == 0)
    }
  }

  @Test func `a database that knows nothing of it adopts all that the bus holds, and goes on above`() async throws {
    var published: [OutboxClaim] = []
    try await StoreFixture.run { lost in
      try await lost.offer()
      _ = try await lost.place("alpha", quota: Offered.full())
      _ = try await lost.place("alpha", quota: Offered.full(cpu: 4))
      _ = try await lost.place("beta", quota: Offered.full(), environments: ["dev", "prod"])
      published = try await claims(lost)
    }
    #expect(published.count == 3)
    let evidence = try evidence(published)
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.store.suspend(because: "the bus is ahead", comparedIn: 1)
      let plan = try await fixture.store.recoveryPlan([evidence])
      #expect(plan.changes.map(\.action) == [.adopted, .adopted, .adopted] && plan.nextEpoch == 2)
      #expect(
        try await refusal { _ = try await fixture.store.recover([evidence], agreedTo: "?", context: someone) }?
          .kind == .conflict)
      #expect(try await fixture.store.suspension() != nil, "what was refused changes nothing")

      let done = try await fixture.store.recover([evidence], agreedTo: plan.digest, context: someone)
      #expect(done.digest == plan.digest)
      #expect(try await fixture.store.epoch() == 2)
      #expect(try await fixture.store.suspension() == nil)
      #expect(try await fixture.ledgerAddsUp())
      let all = ResourceAmounts(cpu: 8000, memory: 12 << 30, gpu: 3, storage: 9 << 30, pods: 30)
      #expect(try await fixture.store.capacity().map(\.committed) == [all])
      #expect(try await fixture.count("SELECT sequence FROM zone_records WHERE zone = 'nord'") == 7)
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries WHERE action = 'recovered'") == 1)
      #expect(try await fixture.count("SELECT count(*) FROM placements WHERE recovered_at IS NOT NULL") == 3)
      let again = try await claims(fixture).map(\.state)
      #expect(Set(again.map(\.placement)) == Set(published.map(\.state.placement)))
      for state in again {
        let before = try #require(published.first { $0.state.placement == state.placement }).state
        #expect(state.epoch == 2 && state.revision == before.revision + 1)
        #expect(state.quota == before.quota && state.namespace == before.namespace && state.phase == before.phase)
      }
      // The same wish finds what was adopted, of which only the chain was not known, and another one changes it.
      let found = try await fixture.place("alpha", quota: Offered.full(cpu: 4)).placements
      #expect(found.map(\.spec.chain) == ["forge"])
      #expect(found[0].version == again.first { $0.placement == found[0].spec.id }?.version)
      #expect(try await fixture.place("alpha", quota: Offered.full(cpu: 4)).changed == false)
      let next = try #require(try await fixture.place("alpha", quota: Offered.full(cpu: 5)).placements.first)
      #expect(next.spec.epoch == 2 && next.spec.revision == 4)
      #expect(try await fixture.ledgerAddsUp())
      #expect(try await fixture.store.recoveryPlan([try self.evidence([])]).signs.isEmpty)
    }
  }

  @Test func `recovery ends the relay's term, so that the next one compares again`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let evidence = try evidence(try await fixture.store.claimOutbox(term: lease.term, limit: 10))
      let plan = try await fixture.store.recoveryPlan([evidence])
      #expect(!plan.signs.isEmpty && plan.changes.isEmpty && plan.unchanged == 1)
      _ = try await fixture.store.recover([evidence], agreedTo: plan.digest, context: someone)
      let ended = try await refusal { _ = try await fixture.store.claimOutbox(term: lease.term, limit: 10) }
      #expect(ended?.kind == .leaseLost)
      #expect(try await fixture.store.publishedStates().map(\.offset) == [5], "what stands is known to be published")
    }
  }

  @Test func `buckets that an agent asks for are published whole, and no others`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var placements: [PlacementRecord] = []
      for number in 0..<8 { placements += try await fixture.place("p\(number)").placements }
      let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let claims = try await fixture.store.claimOutbox(term: lease.term, limit: 100)
      try await fixture.store.markPublished(claims.map { OutboxAck(ids: $0.ids, topic: "t", partition: 0, offset: 0) })
      let wanted = Set(placements.prefix(2).map { DigestBook.bucket(of: $0.spec.id) })
      let plea = UUID()
      let expected = Set(placements.map(\.spec.id).filter { wanted.contains(DigestBook.bucket(of: $0)) })
      #expect(
        try await fixture.store.requestRepublication(
          zone: "nord", request: plea, reason: "differs", buckets: wanted.sorted()) == expected.count)
      #expect(
        try await fixture.store.requestRepublication(
          zone: "nord", request: plea, reason: "differs", buckets: wanted.sorted()) == 0)
      let states = try await fixture.store.claimOutbox(term: lease.term, limit: 100).map(\.state.placement)
      #expect(Set(states) == expected)
    }
  }

  @Test func `what the bus took is noted with its digest, and nothing older comes over it`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      func publish(at offset: Int64) async throws -> OutboxAck {
        let claim = try #require(try await fixture.store.claimOutbox(term: lease.term, limit: 10).first)
        return OutboxAck(
          ids: claim.ids, topic: "t", partition: 2, offset: offset,
          state: PublishedState(
            placement: claim.state.placement, zone: claim.state.zone, version: claim.state.version,
            content: ContentDigest(of: try BusCodec.encode(claim.state)), partition: 2, offset: offset))
      }
      let first = try await publish(at: 3)
      try await fixture.store.markPublished([first])
      _ = try await fixture.place("alpha", quota: Offered.quota(cpu: 4))
      let second = try await publish(at: 4)
      try await fixture.store.markPublished([second])
      #expect(try await fixture.store.publishedStates() == [try #require(second.state)])
      try await fixture.store.markPublished([first])
      #expect(try await fixture.store.publishedStates() == [try #require(second.state)])
      #expect(try await fixture.store.requestRepublicationOfUnnoted() == 0)
      // As an earlier version of the program would leave it.
      _ = try await fixture.count("DELETE FROM published_states RETURNING 1::bigint")
      #expect(try await fixture.store.requestRepublicationOfUnnoted() == 1)
      #expect(try await fixture.store.requestRepublicationOfUnnoted() == 0)
    }
  }

  @Test func `each record of a zone has a number of its own, and none is given under an ended term`() async throws {
    try await StoreFixture.run { fixture in
      let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      for sequence: Int64 in 1...3 {
        let number = try #require(try await fixture.store.numberZoneRecords(["nord"], term: lease.term).first)
        #expect(number.sequence == sequence && number.epoch == 1 && number.zone == "nord")
      }
      _ = try await fixture.store.acquireRelayLease(holder: "b", backendPID: 1)
      let ended = try await refusal { _ = try await fixture.store.numberZoneRecords(["nord"], term: lease.term) }
      #expect(ended?.kind == .leaseLost)
      #expect(try await fixture.store.account(of: "nord").sequence == 3)
    }
  }

  /// A report that a removal was carried out.
  private func done(_ state: DesiredState, sequence: Int64) -> ObservedState {
    ObservedState(
      placement: state.placement, zone: state.zone, cluster: state.cluster, incarnation: 1, sequence: sequence,
      observedEpoch: state.epoch, observedRevision: state.revision, phase: .removed,
      conditions: [
        Condition(
          type: ConditionType.applied, status: .yes, reason: "Removed", observedRevision: state.revision,
          lastTransitionTime: state.decidedAt)
      ])
  }

  @Test(arguments: [false, true])
  func `two lives of one namespace that both ended in the lost life are adopted, also beside a third that stands`(
    isPlacedAnew: Bool
  ) async throws {
    var evidence = BusEvidence(zone: "nord")
    try await StoreFixture.run { lost in
      try await lost.offer()
      let lease = try await lost.store.acquireRelayLease(holder: "a", backendPID: 1)
      for round: Int64 in 1...2 {
        let placed = try #require(try await lost.place("alpha").placements.first)
        _ = try await lost.store.remove(RemovalRequest(project: "alpha"), context: someone)
        let claims = try await lost.store.claimOutbox(term: lease.term, limit: 10)
        try await lost.store.markPublished(
          claims.map { OutboxAck(ids: $0.ids, topic: "t", partition: 0, offset: round) })
        let claim = try #require(claims.first { $0.state.placement == placed.spec.id && $0.state.phase == .removed })
        let report = done(claim.state, sequence: round)
        evidence.desired[claim.state.placement] = BusEvidence.Seen(
          state: claim.state, content: ContentDigest(of: try BusCodec.encode(claim.state)), partition: 0,
          offset: round)
        evidence.observed[claim.state.placement] = report
        let record = ObservationRecord(partition: 0, offset: round, observation: .placement(report))
        #expect(try await lost.store.apply([record], topic: "o", zone: "nord").removed == [claim.state.placement])
      }
    }
    #expect(evidence.desired.count == 2 && Set(evidence.desired.values.map(\.state.namespace)).count == 1)
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      if isPlacedAnew {
        // The project's UUID is in the backup: whoever places it anew gets the same namespace.
        let state = try #require(evidence.desired.values.first).state
        _ = try await fixture.count(
          "INSERT INTO project_identities VALUES (\(state.project.name), \(state.project.id), false) RETURNING 1::bigint"
        )
        _ = try await fixture.count(
          """
          INSERT INTO environment_identities (project, environment, environment_id, from_console)
          VALUES (\(state.project.name), \(state.environment.name), \(state.environment.id), false) RETURNING 1::bigint
          """)
        let third = try #require(try await fixture.place("alpha").placements.first)
        #expect(third.spec.namespace == state.namespace)
      }
      let plan = try await fixture.store.recoveryPlan([evidence])
      #expect(plan.changes.map(\.action) == [.removed, .removed] && plan.left.isEmpty)
      _ = try await fixture.store.recover([evidence], agreedTo: plan.digest, context: someone)
      #expect(try await fixture.count("SELECT count(*) FROM placements WHERE removed_at IS NOT NULL") == 2)
      #expect(try await fixture.count("SELECT count(*) FROM reservations WHERE state = 'released'") == 2)
      #expect(try await fixture.ledgerAddsUp())
      #expect(
        RestoreSigns.first(
          in: evidence, against: try await fixture.store.account(of: "nord", beside: evidence)) == nil)
      #expect(try await fixture.place("alpha", quota: Offered.quota(cpu: 3)).placements.count == 1)
    }
  }

  @Test func `a namespace that is promised twice is left to people, no sign any more, and taken over afterwards`()
    async throws
  {
    var evidence = BusEvidence(zone: "nord")
    try await StoreFixture.run { lost in
      try await lost.offer()
      _ = try await lost.place("alpha", quota: Offered.full(cpu: 8))
      evidence = try self.evidence(try await claims(lost))
    }
    let lost = try #require(evidence.desired.values.first).state
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.count(
        "INSERT INTO project_identities VALUES (\(lost.project.name), \(lost.project.id), false) RETURNING 1::bigint")
      _ = try await fixture.count(
        """
        INSERT INTO environment_identities (project, environment, environment_id, from_console)
        VALUES (\(lost.project.name), \(lost.environment.name), \(lost.environment.id), false) RETURNING 1::bigint
        """)
      let mine = try #require(try await fixture.place("alpha").placements.first)
      func account() async throws -> RestoreSigns.Account {
        try await fixture.store.account(of: "nord", beside: evidence)
      }
      let sign = try #require(RestoreSigns.first(in: evidence, against: try await account()))
      #expect(try await !fixture.store.suspend(because: sign, comparedIn: 9), "what was compared is no more")
      #expect(try await fixture.store.suspend(because: sign, comparedIn: 1))
      let plan = try await fixture.store.recoveryPlan([evidence])
      #expect(plan.changes.map(\.action) == [.held] && plan.findings.map(\.kind) == ["NamespaceInUse"])
      _ = try await fixture.store.recover([evidence], agreedTo: plan.digest, context: someone)
      #expect(RestoreSigns.first(in: evidence, against: try await account()) == nil)
      #expect(try await fixture.store.publishedStates().map(\.placement) == [lost.placement])
      let larger = ResourceAmounts(Offered.full(cpu: 8))
      #expect(try await fixture.store.capacity().map(\.committed) == [larger], "the larger of both, of everything")
      #expect(try await fixture.ledgerAddsUp())
      #expect(try await !fixture.store.recoveryPlan([evidence]).isNeeded)

      // Whoever was placed anew is removed; then the one of the lost life has its namespace.
      let removal = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
      let going = try #require(removal.placements.first { $0.spec.id == mine.spec.id })
      let result = try await fixture.store.apply([fixture.observe(going, sequence: 1)], topic: "o", zone: "nord")
      #expect(result.removed == [mine.spec.id])
      let next = try await fixture.store.recoveryPlan([evidence])
      #expect(next.signs.isEmpty && next.changes.map(\.action) == [.adopted])
      // Nothing is suspended: decisions go on between the look at the plan and the word.
      let beta = try #require(try await fixture.place("beta").placements.first)
      _ = try await fixture.store.recover([evidence], agreedTo: next.digest, context: someone)
      #expect(try await fixture.count("SELECT count(*) FROM left_states") == 0)
      #expect(try await fixture.count("SELECT committed_cpu FROM capacity_ledger") == 8000 + beta.reserved.cpu)
      #expect(try await fixture.ledgerAddsUp())
      #expect(RestoreSigns.first(in: evidence, against: try await account()) == nil)
      #expect(try await !fixture.store.recoveryPlan([evidence]).isNeeded)
    }
  }

  @Test func `what a removal here and a decision there say of one placement ends in the one that stands`() async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha", quota: Offered.full())
      var claim = try #require(try await claims(fixture).first)
      let removal = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
      let going = try #require(removal.placements.first)
      _ = try await fixture.store.apply([fixture.observe(going, sequence: 1)], topic: "o", zone: "nord")
      var state = claim.state
      state.revision = 7
      claim = OutboxClaim(state: state, ids: [], oldest: claim.oldest, traceparent: nil)
      let evidence = try self.evidence([claim])
      let plan = try await fixture.store.recoveryPlan([evidence])
      #expect(plan.findings.map(\.kind) == ["RemovedHere"])
      _ = try await fixture.store.recover([evidence], agreedTo: plan.digest, context: someone)
      #expect(try await fixture.count("SELECT count(*) FROM placements WHERE removed_at IS NULL") == 1)
      #expect(try await fixture.count("SELECT count(*) FROM reservations WHERE state = 'confirmed'") == 1)
      #expect(try await fixture.ledgerAddsUp())
      #expect(
        RestoreSigns.first(
          in: evidence, against: try await fixture.store.account(of: "nord", beside: evidence)) == nil)
    }
  }

  @Test func `a suspension without a reason any more is lifted, and the trail says so`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.store.suspend(because: "a stray record", comparedIn: 1)
      let plan = try await fixture.store.recoveryPlan([BusEvidence(zone: "nord")])
      #expect(plan.signs.isEmpty && plan.isNeeded && !plan.mints)
      _ = try await fixture.store.recover(
        [BusEvidence(zone: "nord")], agreedTo: plan.digest, context: someone)
      #expect(try await fixture.store.suspension() == nil)
      #expect(try await fixture.store.epoch() == 1, "nothing was lost: no epoch is minted")
      #expect(
        try await fixture.count(
          """
          SELECT count(*) FROM audit_entries WHERE action = 'suspension-lifted'
            AND convert_from(body, 'UTF8') LIKE '%"suspendedBecause":"a stray record"%'
          """) == 1)
      #expect(try await fixture.place("alpha").placements.count == 1)
    }
  }

  @Test func `what could not be read or believed holds a recovery up, unless somebody answers for it`() async throws {
    var evidence: [BusEvidence] = []
    try await StoreFixture.run { lost in
      try await lost.offer()
      _ = try await lost.place("alpha")
      evidence = [try self.evidence(try await claims(lost)), BusEvidence(zone: "sud", isDeclared: false)]
    }
    evidence[0].refused = 3
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let plan = try await fixture.store.recoveryPlan(evidence)
      #expect(plan.isIncomplete && !plan.signs.isEmpty)
      let refused = try await refusal {
        _ = try await fixture.store.recover(evidence, agreedTo: plan.digest, context: someone)
      }
      #expect(refused?.kind == .conflict && refused?.path == "despiteUnverified")
      #expect(try await fixture.store.epoch() == 1)
      _ = try await fixture.store.recover(
        evidence, agreedTo: plan.digest, despiteUnverified: true, context: someone)
      #expect(
        try await fixture.count(
          """
          SELECT count(*) FROM audit_entries WHERE action = 'recovered'
            AND convert_from(body, 'UTF8') LIKE '%"despiteUnverified":true%'
          """) == 1)
    }
  }

  @Test func `a state is another one only by what it means`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let claim = try #require(try await claims(fixture).first)
      var evidence = try self.evidence([claim], sequence: 0)
      evidence.record = nil
      #expect(try await fixture.store.account(of: "nord", beside: evidence).others.isEmpty)
      evidence.desired[claim.state.placement]?.content = ContentDigest(of: [1])
      #expect(try await fixture.store.account(of: "nord", beside: evidence).others.isEmpty, "written otherwise")
      evidence.desired[claim.state.placement]?.state.quota = Offered.quota(cpu: 9)
      let account = try await fixture.store.account(of: "nord", beside: evidence)
      #expect(account.others == [claim.state.placement])
      #expect(RestoreSigns.first(in: evidence, against: account)?.contains("another 1.1") == true)
    }
  }
}
