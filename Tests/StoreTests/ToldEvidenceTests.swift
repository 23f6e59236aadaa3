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
    for anchor in anchors { told.take(anchor, key: "audit/2026-11-28") }
    return told
  }

  private static let account = ToldAccount(
    epoch: 2, policy: 4, digest: digest("a"), position: 100, link: digest("a"))

  @Test func `of what was told the highest of the highest epoch counts, in whatever order it comes`() {
    let facts = [Self.fact(7), Self.fact(3, epoch: 2), Self.fact(4, epoch: 2, "b"), Self.fact(2, epoch: 2)]
    for told in [Self.told(facts), Self.told(facts.reversed())] {
      #expect(told.policy == ToldEvidence.Version(epoch: 2, version: 4, digest: Self.digest("b")))
      #expect(told.highestPolicy == 7 && told.epoch == 2)
    }
    let anchors = [Self.anchor(900), Self.anchor(10, epoch: 2), Self.anchor(30, epoch: 2)]
    for told in [Self.told([], anchors), Self.told([], anchors.reversed())] {
      #expect(told.anchor == anchors[2] && told.anchored == ["audit/2026-11-28": 900])
      #expect(!told.mayAnchor(899, key: "audit/2026-11-28") && told.mayAnchor(900, key: "audit/2026-11-28"))
      #expect(told.mayAnchor(1, key: "audit/2026-11-29"))
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

  @Test func `an intact database has told all that it has told`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      _ = try await fixture.store.sealAudit(limit: 1000)
      let head = try await fixture.store.auditHead().head
      var told = ToldEvidence()
      for data in try await facts(of: "policy/2", fixture) {
        told.take(try JSONDecoder().decode(PolicyVersionFact.self, from: Data(data)))
      }
      told.take(AuditAnchor(epoch: 1, position: head.position, link: head.linkText, count: head.position), key: "audit")
      for _ in 0..<2 {
        let account = try await fixture.store.account(beside: told)
        #expect(account.policy == 2 && account.digest == told.policy?.digest && account.link == head.linkText)
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
