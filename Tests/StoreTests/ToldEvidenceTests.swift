import Board
import Events
import Foundation
import Model
import Postgres
import Testing
import Trail

@testable import Store

/// What `regie.events` holds of the board and of the trail, beside a database that may have lost it.
struct ToldEvidenceTests {
  private static func digest(_ digit: Character) -> String { String(repeating: digit, count: 64) }

  private static func fact(_ version: Int64, epoch: Int64 = 1, _ digit: Character = "a") -> PolicyVersionFact {
    PolicyVersionFact(
      epoch: epoch, version: version, state: .inForce, origin: "ratified", effectiveAt: Timestamp(microseconds: 1),
      digest: digest(digit))
  }

  private static func anchor(_ position: Int64, epoch: Int64 = 1, _ digit: Character = "a") -> AuditAnchor {
    AuditAnchor(epoch: epoch, position: position, link: digest(digit), count: position)
  }

  private static func told(_ facts: [PolicyVersionFact], _ anchors: [AuditAnchor] = []) -> ToldEvidence {
    var told = ToldEvidence()
    for fact in facts { told.take(fact) }
    for anchor in anchors { told.take(anchor, under: "audit/2026-11-20") }
    return told
  }

  private static let account = ToldAccount(
    epoch: 2, policy: 4, digests: [digest("a"), digest("c")], position: 100, link: digest("a"))

  @Test func `of what was told the highest of the highest epoch counts, in whatever order it comes`() {
    let facts = [Self.fact(7), Self.fact(3, epoch: 2), Self.fact(4, epoch: 2, "b"), Self.fact(2, epoch: 2)]
    for told in [Self.told(facts), Self.told(facts.reversed())] {
      #expect(told.policy == ToldEvidence.Version(epoch: 2, version: 4, digest: Self.digest("b")))
      #expect(told.highestPolicy == 7 && told.epoch == 2)
    }
    let anchors = [Self.anchor(900), Self.anchor(10, epoch: 2), Self.anchor(30, epoch: 2)]
    for told in [Self.told([], anchors), Self.told([], anchors.reversed())] {
      #expect(told.anchor == anchors[2])
    }
    let twice = Self.told([Self.fact(4), Self.fact(4, "b")], [Self.anchor(9), Self.anchor(9, "b")])
    #expect(twice.policy?.digest == Self.digest("b") && twice.anchor?.link == Self.digest("b"))
  }

  @Test func `what is ahead, or something else, is a sign, and what is behind or of an earlier epoch is none`() throws {
    let inOrder = [
      ToldEvidence(), Self.told([Self.fact(4, epoch: 2)]), Self.told([Self.fact(3, epoch: 2)]),
      Self.told([Self.fact(9)]), Self.told([], [Self.anchor(100, epoch: 2)]), Self.told([], [Self.anchor(900)]),
    ]
    for told in inOrder { #expect(RestoreSigns.first(in: told, against: Self.account) == nil) }
    var begun = ToldEvidence()
    begun.take(EpochFact(epoch: 3, begunAt: Timestamp(microseconds: 1)))
    let signs: [(ToldEvidence, String)] = [
      (begun, "the epoch 3, the database 2"), (Self.told([Self.fact(1, epoch: 3)]), "the epoch 3"),
      (Self.told([], [Self.anchor(1, epoch: 3)]), "the epoch 3"),
      (Self.told([Self.fact(5, epoch: 2)]), "version 5 of the policy, the database has 4"),
      (Self.told([Self.fact(4, epoch: 2, "b")]), "another text of version 4"),
      (Self.told([], [Self.anchor(101, epoch: 2)]), "up to 101, the database's ends at 100"),
      (Self.told([], [Self.anchor(100, epoch: 2, "b")]), "another entry 100"),
    ]
    for (told, words) in signs {
      let sign = try #require(RestoreSigns.first(in: told, against: Self.account), "\(words)")
      #expect(sign.hasPrefix("regie.events: ") && sign.contains(words))
    }
    // Of what is not here any more, or was not told yet, nothing is said.
    let silent = ToldAccount(epoch: 2, policy: 4, position: 100)
    #expect(RestoreSigns.first(in: Self.told([Self.fact(4, epoch: 2, "b")]), against: silent) == nil)
    #expect(RestoreSigns.first(in: Self.told([], [Self.anchor(9, epoch: 2, "b")]), against: silent) == nil)
  }

  @Test func `of anchors that are not believed the last under a key is kept, and of made up keys not all`() {
    var told = ToldEvidence()
    for number in 0...ToldEvidence.refusedLimit { told.refuse(anchor: [], value: [], under: "audit/\(number)") }
    #expect(told.refusedAnchors.count == ToldEvidence.refusedLimit)
    #expect(told.refused == ToldEvidence.refusedLimit + 1)
    told.refuse(anchor: [], value: [1], under: "audit/0")
    #expect(told.refusedAnchors["audit/0"] == ToldEvidence.digest(headers: [], value: [1]))
    told.take(Self.anchor(9), under: "audit/0")
    #expect(told.refusedAnchors["audit/0"] == nil && told.anchors["audit/0"] == 9)
    let long = "audit/" + String(repeating: "9", count: ToldEvidence.refusedKeyLimit)
    told.refuse(anchor: [], value: [], under: long)
    #expect(told.refusedAnchors[long] == nil)
    told.refuse(anchor: [], value: [], under: "audit/0")
    #expect(told.refusedAnchors["audit/0"] != nil && told.anchors.isEmpty)
  }

  @Test func `an intact database has told all that it has told`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      _ = try await fixture.store.sealAudit(limit: 1000)
      let head = try await fixture.store.auditHead().head
      var told = ToldEvidence()
      for data in try await facts(of: "policy/2", fixture) {
        told.take(try JSONDecoder().decode(PolicyVersionFact.self, from: Data(data)))
      }
      told.take(
        AuditAnchor(epoch: 1, position: head.position, link: head.linkText, count: head.position),
        under: "audit/2026-11-20")
      for _ in 0..<2 {
        let account = try await fixture.store.account(beside: told)
        #expect(account.policy == 2 && account.link == head.linkText)
        #expect(account.digests == Set([told.policy?.digest].compactMap(\.self)))
        #expect(RestoreSigns.first(in: told, against: account) == nil)
        // Entries that came since change nothing.
        _ = try await fixture.place("alpha")
        _ = try await fixture.store.sealAudit(limit: 1000)
      }
    }
  }

  @Test func `a recovery tells which versions are lost, and gives their numbers to no other text`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let told = Self.told([Self.fact(2), Self.fact(5)], [Self.anchor(7000)])
      let calm = try await fixture.store.recoveryPlan([])
      #expect(calm.signs.isEmpty && !calm.isNeeded)
      let plan = try await fixture.store.recoveryPlan([], told: told)
      #expect(plan.signs.count == 1 && plan.mints && plan.nextEpoch == 2 && plan.digest != calm.digest)
      #expect(plan.findings.map(\.kind) == ["PolicyLost", "TrailLost"])
      #expect(plan.findings.first?.message.contains("versions 3 to 5") == true)
      #expect(plan.findings.first?.messageFR.contains("la prochaine version est la 6") == true)
      _ = try await fixture.store.recover([], told: told, agreedTo: plan.digest, context: someone)
      let after = try await fixture.store.recoveryPlan([], told: told)
      #expect(after.signs.isEmpty && !after.isNeeded && after.findings.isEmpty)
      // An earlier program counts on from what is here.
      await #expect(throws: PostgresError.self) {
        _ = try await fixture.count(
          """
          INSERT INTO policy_versions (version, resource, effective_at, document, principal)
          SELECT 3, resource, clock_timestamp(), document, principal FROM policy_versions WHERE version = 2
          RETURNING version
          """)
      }
      let id = try await fixture.propose(StoreFixture.boardPolicy(rules: ["encore"])).proposal.id
      #expect(try await fixture.vote(.for, on: id, "dtnum", "anfsi").proposal.version == 6)
      _ = try await fixture.store.sealAudit(limit: 1000)
      #expect(try await fixture.store.verifyAudit().findings == [])
    }
  }

  @Test func `each state of a version that was told in this epoch is as good as the last`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      // Whoever published it may not have come to the last.
      _ = try await fixture.count(
        """
        INSERT INTO public_facts (event, type, key, revision, data, at)
        SELECT gen_random_uuid(), type, key, revision + 1, convert_to(
          replace(convert_from(data, 'UTF8'), digest, repeat('e', 64)), 'UTF8'), at
        FROM (SELECT *, convert_from(data, 'UTF8')::json ->> 'digest' AS digest FROM public_facts WHERE key = 'policy/2'
          ORDER BY id DESC LIMIT 1) AS f RETURNING id
        """)
      let digest = try #require(try await fixture.store.account(beside: Self.told([Self.fact(2)])).digests.first)
      let accepted = try await fixture.store.account(beside: Self.told([Self.fact(2)])).digests
      #expect(accepted.count == 2 && accepted.contains(Self.digest("e")) && accepted.contains(digest))
      for digest in accepted {
        var fact = Self.fact(2)
        fact.digest = digest
        let told = Self.told([fact])
        #expect(RestoreSigns.first(in: told, against: try await fixture.store.account(beside: told)) == nil)
      }
    }
  }

  @Test func `votes and proposals that the database does not have, or otherwise, are a sign and a finding`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(StoreFixture.boardPolicy(rules: ["un"])).proposal.id
      var told = ToldEvidence()
      for (proposal, data) in try await proposals(fixture) { told.take(act: proposal, data: data) }
      #expect(told.acts.keys.contains("proposal/\(id.uuidString.lowercased())"))
      let known = try await fixture.store.account(beside: told)
      #expect(known.lostActs == 0 && RestoreSigns.first(in: told, against: known) == nil)
      // Of an earlier epoch whatever was told does not count.
      let vote = VoteFact(
        epoch: 1, revision: 7, proposal: id, operator: "dtnum", choice: "for", at: Timestamp(microseconds: 1))
      var ahead = told
      ahead.take(act: vote, data: try BusCodec.encode(vote))
      var (other, first) = (told, try #require(try await proposals(fixture).first).fact)
      first.base += 1
      other.take(act: first, data: try BusCodec.encode(first))
      for told in [ahead, other] {
        let account = try await fixture.store.account(beside: told)
        #expect(account.lostActs == 1 && account.lostKeys.count == 1)
        #expect(RestoreSigns.first(in: told, against: account)?.contains(account.lostKeys[0]) == true)
        let plan = try await fixture.store.recoveryPlan([], told: told)
        #expect(plan.findings.map(\.kind) == ["ActsLost"] && plan.mints)
        #expect(plan.findings[0].messageFR.contains(account.lostKeys[0]))
        #expect(plan.findings[0].message.hasPrefix("1 proposal, vote or comment was told of in a life that is lost"))
      }
      let plan = try await fixture.store.recoveryPlan([], told: ahead)
      // Whoever agrees agrees to what is lost.
      var more = ahead
      let second = VoteFact(
        epoch: 1, revision: 7, proposal: id, operator: "sdid", choice: "for", at: Timestamp(microseconds: 1))
      more.take(act: second, data: try BusCodec.encode(second))
      #expect(try await fixture.store.recoveryPlan([], told: more).digest != plan.digest)
      _ = try await fixture.store.recover([], told: ahead, agreedTo: plan.digest, context: someone)
      let after = try await fixture.store.recoveryPlan([], told: ahead)
      #expect(!after.isNeeded && after.findings.isEmpty)
      // What is told again is not compared with what a lost life has told.
      for (proposal, data) in try await proposals(fixture) { ahead.take(act: proposal, data: data) }
      let again = try await fixture.store.account(beside: ahead)
      #expect(ahead.epoch == 2 && again.lostActs == 0)
    }
  }

  @Test func `an agreed plan stands although entries are sealed meanwhile`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let told = Self.told([], [Self.anchor(7000)])
      let plan = try await fixture.store.recoveryPlan([], told: told)
      _ = try await fixture.place("alpha")
      _ = try await fixture.store.sealAudit(limit: 1000)
      let later = try await fixture.store.recoveryPlan([], told: told)
      #expect(later.signs != plan.signs && later.digest == plan.digest)
      #expect(try await fixture.store.recoveryPlan([], told: Self.told([], [Self.anchor(7001)])).digest != plan.digest)
      _ = try await fixture.store.recover([], told: told, agreedTo: plan.digest, context: someone)
      #expect(try await fixture.store.suspension() == nil)
    }
  }

  @Test func `numbers that were told of are kept without an epoch being minted, too`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      func told() async throws -> Int64 { try await fixture.count("SELECT policies_told FROM epoch") }
      try await fixture.store.keepNumbersTold(upTo: 2, comparedIn: 1)
      #expect(try await told() == 0, "the database has them itself")
      try await fixture.store.keepNumbersTold(upTo: 6, comparedIn: 2)
      #expect(try await told() == 0, "another epoch was compared")
      try await fixture.store.keepNumbersTold(upTo: 6, comparedIn: 1)
      try await fixture.store.keepNumbersTold(upTo: 5, comparedIn: 1)
      #expect(try await told() == 6)
      _ = try await fixture.store.suspend(because: "a stray record", comparedIn: 1)
      try await fixture.store.keepNumbersTold(upTo: 9, comparedIn: 1)
      #expect(try await told() == 6, "suspended")
      // A version of an earlier epoch is no sign, and its number is kept all the same.
      let stray = Self.told([Self.fact(8, epoch: 0)])
      let plan = try await fixture.store.recoveryPlan([], told: stray)
      #expect(plan.isNeeded && !plan.mints)
      _ = try await fixture.store.recover([], told: stray, agreedTo: plan.digest, context: someone)
      #expect(try await told() == 8)
    }
  }

  @Test func `of a head that the trail has no more nothing is signed, and nothing recorded`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      _ = try await fixture.store.sealAudit(limit: 1000)
      let head = try await fixture.store.auditHead().head
      let record = AuditAnchorRecord(key: "audit/2026-11-28", headers: [], payload: "{}")
      let lost = [
        AuditHead(position: head.position, link: Digest.sha256([1])),
        AuditHead(position: head.position + 100, link: head.link),
      ]
      for head in lost {
        #expect(try await fixture.store.account(of: head)?.epoch == nil)
        try await fixture.store.recordAuditAnchor(record, position: head.position, link: head.link)
      }
      #expect(try await fixture.store.auditHead().anchoredPosition == 0)
      #expect(try await fixture.store.auditAnchors(limit: 1).items == [])
      #expect(try await fixture.store.account(of: head)?.epoch == 1)
      try await fixture.store.recordAuditAnchor(record, position: head.position, link: head.link)
      _ = try await fixture.place("alpha")
      _ = try await fixture.store.sealAudit(limit: 1000)
      #expect(try await fixture.store.account(of: head)?.epoch == 1, "it goes on")
      #expect(try await fixture.store.auditHead().anchoredPosition == head.position)
    }
  }

  private func proposals(_ fixture: StoreFixture) async throws -> [(fact: ProposalFact, data: [UInt8])] {
    try await fixture.pool.withConnection { connection in
      try await connection.query("SELECT data FROM public_facts WHERE type = \(ProposalFact.type) ORDER BY id").map {
        let data = try $0.decode([UInt8].self, "data")
        return (try JSONDecoder().decode(ProposalFact.self, from: Data(data)), data)
      }
    }
  }

  @Test func `what could not be believed of it is told, and not passed over in silence`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      var told = Self.told([Self.fact(5)])
      told.refuse()
      let plan = try await fixture.store.recoveryPlan([], told: told)
      #expect(plan.isIncomplete && plan.findings.map(\.kind) == ["Unverified", "PolicyLost"])
      await #expect(throws: StoreError.self) {
        _ = try await fixture.store.recover([], told: told, agreedTo: plan.digest, context: someone)
      }
      _ = try await fixture.store.recover(
        [], told: told, agreedTo: plan.digest, despiteUnverified: true, context: someone)
    }
  }

  @Test func `a policy that is applied directly gets no number that was told of either`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let told = Self.told([Self.fact(4)])
      let plan = try await fixture.store.recoveryPlan([], told: told)
      _ = try await fixture.store.recover([], told: told, agreedTo: plan.digest, context: someone)
      var policy = try #require(try await fixture.store.policyInForce()).spec
      policy.title = LocalizedText(fr: "Autre")
      _ = try await fixture.store.put(.policy(Resource("regie", policy)), context: someone)
      #expect(try await fixture.store.policyInForce()?.version == 5)
    }
  }

  @Test func `a version that was told of with another text is named, and the number is not given again`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let told = Self.told([Self.fact(2, "f")])
      let plan = try await fixture.store.recoveryPlan([], told: told)
      #expect(plan.findings.map(\.kind) == ["PolicyReplaced"] && plan.signs.count == 1)
      _ = try await fixture.store.recover([], told: told, agreedTo: plan.digest, context: someone)
      let again = try #require(try await facts(of: "policy/2", fixture).last)
      #expect(try JSONDecoder().decode(PolicyVersionFact.self, from: Data(again)).epoch == 2)
    }
  }

  private func facts(of key: String, _ fixture: StoreFixture) async throws -> [[UInt8]] {
    try await fixture.pool.withConnection { connection in
      try await connection.query("SELECT data FROM public_facts WHERE key = \(key) ORDER BY id").map {
        try $0.decode([UInt8].self, "data")
      }
    }
  }
}
