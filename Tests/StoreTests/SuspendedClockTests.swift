import Board
import Events
import Foundation
import Model
import Placement
import Postgres
import Testing
import Trail

@testable import Store

/// While a restored database waits to be recovered, time alone changes nothing that was decided.
struct SuspendedClockTests {
  private let text = StoreFixture.boardPolicy(rules: ["nouvelle"])

  /// What a topic holds of a life that had come to another epoch.
  private let ahead = BusEvidence(
    zone: "nord",
    record: ZoneRecord(
      zone: "nord", epoch: 4, sequence: 1, at: Timestamp(microseconds: 1), count: 0, offsets: [], buckets: []))

  private func recover(_ fixture: StoreFixture, _ evidence: [BusEvidence]) async throws {
    let plan = try await fixture.store.recoveryPlan(evidence)
    _ = try await fixture.store.recover(evidence, agreedTo: plan.digest, context: someone)
  }

  private func told(of id: UUID, _ fixture: StoreFixture) async throws -> [ProposalFact] {
    try await fixture.pool.withConnection { connection in
      try await connection.query(
        "SELECT data FROM public_facts WHERE key = \("proposal/\(id.uuidString.lowercased())") ORDER BY id"
      ).map { try JSONDecoder().decode(ProposalFact.self, from: Data(try $0.decode([UInt8].self, "data"))) }
    }
  }

  @Test func `no vote ends by time before a recovery, whoever looks, and then there is all its time again`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text).proposal.id
      try await fixture.vote(.for, on: id, "anfsi")
      try await fixture.store.suspend(because: "a test", comparedIn: 1)
      try await fixture.passDeadline(of: id)
      #expect(try await fixture.store.tendBoard() == BoardTending(closed: [], next: nil))
      #expect(try await isSuspended { try await fixture.vote(.for, on: id, "dtnum") })
      // As an earlier program does, beside this one.
      #expect(
        try await isSuspended {
          _ = try await fixture.count(
            """
            UPDATE policy_proposals SET state = 'rejected', body = jsonb_set(body, '{state}', '"rejected"')
            WHERE id = \(id) RETURNING 1
            """)
        })
      let waiting = try await fixture.store.proposal(id)
      #expect(waiting.isClosing && waiting.proposal.state == .open)
      #expect(try await fixture.deeds().last == "voted")
      // The deadline that passed is in the trail as well, for what follows to be compared with.
      try await fixture.tamper(
        """
        UPDATE audit_entries a SET body = convert_to(jsonb_set(convert_from(a.body, 'UTF8')::jsonb,
          '{detail,closesAt}', p.body -> 'closesAt')::text, 'UTF8') FROM policy_proposals p
        WHERE a.name = p.id::text AND a.action IN ('proposed', 'voted');
        UPDATE audit_entries SET digest = sha256(body)
        """)

      try await recover(fixture, [ahead])
      let after = try await fixture.store.proposal(id)
      let (closesAt, rules) = (try #require(after.proposal.closesAt), try #require(after.proposal.rules))
      let days = Double(closesAt.microseconds(since: after.asOf)) / 86_400_000_000
      #expect(after.proposal.state == .open && !after.isClosing)
      #expect(days <= Double(rules.votingDays) && days > Double(rules.votingDays) - 0.1)
      #expect(try await fixture.deeds().last == "prolonged")
      let facts = try await told(of: id, fixture)
      #expect(facts.last?.state == .open && facts.last?.closesAt == closesAt && facts.last?.epoch == 5)
      #expect(try await fixture.store.verifyAudit().findings == [])
      #expect(try await fixture.vote(.for, on: id, "dtnum").proposal.state == .ratified)
    }
  }

  @Test func `where nothing was lost a vote has the time again in which nobody could vote`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text).proposal.id
      let before = try #require(try await fixture.store.proposal(id).proposal.closesAt)
      let begun = ContinuousClock.now
      try await fixture.store.suspend(because: "a test", comparedIn: 1)
      try await fixture.tamper("UPDATE epoch SET suspended_at = suspended_at - interval '1 hour'")
      try await recover(fixture, [])
      // And as long as it took, to a second.
      let most = 3_601_000_000 + Int64((ContinuousClock.now - begun) / .microseconds(1))
      #expect(try await fixture.store.epoch() == 1)
      let after = try #require(try await fixture.store.proposal(id).proposal.closesAt)
      #expect((3_600_000_000...most).contains(after.microseconds(since: before)))
      #expect(try await fixture.store.verifyAudit().findings == [])
    }
  }

  @Test func `nobody moves a deadline but with the end of a suspension`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text).proposal.id
      let move: PostgresQuery = """
        UPDATE policy_proposals SET closes_at = closes_at + interval '1 day', body = jsonb_set(body, '{closesAt}',
          to_jsonb(to_char((closes_at + interval '1 day') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
        WHERE id = \(id)
        """
      await #expect(throws: PostgresError.self) {
        try await fixture.pool.withConnection { _ = try await $0.execute(move) }
      }
      try await fixture.store.suspend(because: "a test", comparedIn: 1)
      await #expect(throws: PostgresError.self) {
        try await fixture.pool.withConnection { _ = try await $0.execute(move) }
      }
    }
  }

  @Test func `a policy is applied directly only once it is recovered`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var policy = try #require(try await fixture.store.policyInForce()).spec
      policy.title = LocalizedText(fr: "Autre")
      let other = AnyResource.policy(Resource("regie", policy))
      try await fixture.store.suspend(because: "a test", comparedIn: 1)
      #expect(try await isSuspended { _ = try await fixture.store.put(other, context: someone) })
      try await recover(fixture, [])
      _ = try await fixture.store.put(other, context: someone)
      #expect(try await fixture.store.policyInForce()?.version == 2)
    }
  }

  @Test func `a version's date is told only once it is recovered`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let date = Timestamp(Date(timeIntervalSinceNow: 5 * 86_400))
      let id = try await fixture.propose(text, effectiveAt: date).proposal.id
      try await fixture.vote(.for, on: id, "dtnum", "anfsi")
      try await fixture.store.suspend(because: "a test", comparedIn: 1)
      try await fixture.bringNearer(days: 6)
      #expect(try await fixture.store.tendBoard() == BoardTending(closed: [], next: nil))
      #expect(
        try await isSuspended {
          _ = try await fixture.count("UPDATE policy_origins SET told_at = clock_timestamp() RETURNING 1")
        })
      #expect(try await fixture.deeds().last == "ratified")
      try await recover(fixture, [ahead])
      _ = try await fixture.store.tendBoard()
      #expect(try await fixture.deeds().last == "effective")
    }
  }

  @Test func `no reservation runs out, and nothing is judged, of what may not be so`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let reservation = try await fixture.reserve("alpha")
      let placed = try #require(try await fixture.place("beta").placements.first)
      var policy = try #require(try await fixture.store.policyInForce()).spec
      policy.rules = [
        PolicySpec.Rule(
          id: "pas-la", motive: LocalizedText(fr: "non"), effect: .forbid,
          places: LabelSelector(matchLabels: ["cluster.name": placed.spec.cluster]))
      ]
      _ = try await fixture.store.put(.policy(Resource("regie", policy)), context: someone)
      try await fixture.store.suspend(because: "a test", comparedIn: 1)
      try await fixture.elapse(reservation)
      let expiry = try await fixture.store.expireReservations()
      #expect(expiry.expired.isEmpty && expiry.next == nil)
      for judged in [
        try await fixture.store.judgeEverything(always: true), try await fixture.store.judge(projects: ["beta"]),
      ] {
        #expect(judged.hasMoved && judged.opened == 0, "it is tried again")
      }
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries WHERE action IN ('expired', 'judged')") == 0)
      try await recover(fixture, [])
      #expect(try await fixture.store.expireReservations().expired == [reservation.id])
      #expect(try await fixture.store.judgeEverything(always: true).opened == 1)
    }
  }
}
