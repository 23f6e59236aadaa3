import Board
import Contract
import Events
import Foundation
import Kafka
import Model
import NIOHTTP1
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// The service dies by `kill -9` while the board's work is under way: what was decided takes effect all the same.
  @Suite(.timeLimit(.minutes(6))) struct BoardCrashTests {}
}

extension SystemSuite.BoardCrashTests {
  @Test func `what was ratified before the service died is in force from its date on, and told once it lives again`()
    async throws
  {
    try await SystemUnderTest.run { system in
      let first = try await system.startGovernance(as: "governance-1")
      _ = try await system.startAgent()
      try await system.declareBoard(to: first.api)
      let id = try await first.api.propose(system.text("ratifiee"), effectiveAt: Date(timeIntervalSinceNow: 3600))
      for name in ["dtnum", "anfsi", "ants"] { try await first.api.vote("for", name, on: id) }
      try await first.program.killNow()
      try #require(try await system.count("SELECT count(*) FROM policy_origins WHERE told_at IS NULL") == 1)

      // Its date comes while nobody lives.
      try await system.withDatabase {
        try await $0.script(
          """
          BEGIN;
          SET LOCAL session_replication_role = replica;
          UPDATE policy_versions SET effective_at = clock_timestamp() WHERE version = 3;
          COMMIT;
          """)
      }
      let others = try await withThrowingTaskGroup(of: Governance.self) { group in
        for name in ["governance-2", "governance-3"] {
          group.addTask { try await system.startGovernance(as: name) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let next = try #require(others.first)
      let decided = try await next.api.place(Offered.project("apres"))
      #expect(decided.decision.policyVersion == 3)
      let inForce: PolicyVersionView = try await next.api.send(.GET, "/api/v1/policy/in-force").decode()
      #expect(inForce.version == 3 && inForce.proposal == id)
      try await eventually("it is told that the date has come") {
        try await system.count("SELECT count(*) FROM policy_origins WHERE told_at IS NOT NULL") == 1
      }
      #expect(try await system.count("SELECT count(*) FROM audit_entries WHERE action = 'effective'") == 1)
      try await system.expectTold(
        proposal: id, states: [.open, .ratified], version: 3, states: [.awaited, .inForce])
      try await system.settle(next.api, 1)
    }
  }

  @Test func `a vote whose deadline passes while no instance lives is counted once, by whoever lives first`()
    async throws
  {
    try await SystemUnderTest.run { system in
      let first = try await system.startGovernance(as: "governance-1")
      _ = try await system.startAgent()
      try await system.declareBoard(to: first.api)
      let id = try await first.api.propose(system.text("comptee"))
      // Two of four: those who are silent may turn it until the deadline.
      for name in ["dtnum", "anfsi"] { try await first.api.vote("for", name, on: id) }
      try await first.program.killNow()
      let open = try await system.count("SELECT count(*) FROM policy_proposals WHERE state = 'open'")
      try #require(open == 1)
      // The database lets nobody move a deadline.
      try await system.withDatabase {
        try await $0.script(
          """
          BEGIN;
          SET LOCAL session_replication_role = replica;
          UPDATE policy_proposals SET closes_at = clock_timestamp() - interval '1 second',
            body = jsonb_set(body, '{closesAt}', to_jsonb(to_char(
              (clock_timestamp() - interval '1 second') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
          WHERE state = 'open';
          COMMIT;
          """)
      }
      let others = try await withThrowingTaskGroup(of: Governance.self) { group in
        for name in ["governance-2", "governance-3"] {
          group.addTask { try await system.startGovernance(as: name) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let next = try #require(others.first)
      try await eventually("the vote is counted") {
        try await system.count("SELECT count(*) FROM policy_proposals WHERE state = 'ratified'") == 1
      }
      let counted = try await system.count(
        "SELECT count(*) FROM audit_entries WHERE action = 'ratified' AND principal = 'governance:clock'")
      #expect(counted == 1)
      #expect(try await system.count("SELECT max(version) FROM policy_versions") == 3)
      let ended: ProposalView = try await next.api.send(.GET, "/api/v1/policy/proposals/\(id)").decode()
      #expect(ended.state == .ratified && ended.version == 3 && ended.count?.silent == 2)
      #expect(try await next.api.place(Offered.project("apres")).decision.policyVersion == 3)
      try await system.expectTold(proposal: id, states: [.open, .ratified], version: 3, states: [.inForce])
      try await system.settle(next.api, 1)
    }
  }
}

extension SystemUnderTest {
  /// The offer, four operators, and a policy with a board as its second version.
  fileprivate func declareBoard(to api: TestAPI) async throws {
    try await declareOffer(to: api)
    for name in ["alize", "anfsi", "ants"] {
      try await api.put(.operator(Resource(name, OperatorSpec(displayName: name))))
    }
    try await api.put(.policy(Resource("regie", text(nil))))
  }

  /// A policy with a board; with a rule that nothing breaks.
  fileprivate func text(_ rule: String?) -> PolicySpec {
    PolicySpec(
      title: LocalizedText(fr: "Politique"),
      dataClasses: [PolicySpec.DataClass(name: "public", sensitivity: .usuel)],
      rules: [rule].compactMap(\.self).map {
        PolicySpec.Rule(
          id: $0, motive: LocalizedText(fr: "Ailleurs"), effect: .forbid,
          places: LabelSelector(matchLabels: ["region.name": "ailleurs"]))
      }, governance: .init(quorum: 2))
  }

  /// Waits until the bus holds these states of a proposal and a version, verified, and nothing else of them.
  fileprivate func expectTold(
    proposal: UUID, states: [ProposalFact.State], version: Int64, states standing: [PolicyVersionFact.State]
  ) async throws {
    let verifier = try EventVerifier(JSONWebKeySet([signer.publicKey]))
    try await eventually("the bus is told of the board's work") {
      let told = try await records(of: Topics.events).compactMap { record -> CloudEvent? in
        try CloudEvent(
          headers: record.headers.map { CloudEvent.Header($0.name, $0.value) }, data: record.value ?? [])
      }
      func facts<Fact: PublicFact>(_ type: Fact.Type, key: String) -> [Fact] {
        // Published at least once: the same event twice is the same. A real broker has those of other tests, too.
        var ids: Set<String> = []
        return told.filter { $0.subject == key && ids.insert($0.id).inserted }.compactMap { event in
          try? BusCodec.fact(
            type, key: Array(key.utf8), headers: event.headers, data: event.data, verifier: verifier
          ).fact
        }.sorted { $0.revision < $1.revision }
      }
      let said = facts(ProposalFact.self, key: "proposal/\(proposal.uuidString.lowercased())").map(\.state)
      let stands = facts(PolicyVersionFact.self, key: "policy/\(version)").map(\.state)
      try demand(said == states && stands == standing, "\(said) \(stands)")
      return true
    }
  }
}

extension TestAPI {
  /// Drafts and proposes a policy for dtnum.
  fileprivate func propose(_ spec: PolicySpec, effectiveAt: Date? = nil) async throws -> UUID {
    let text = try ModelJSON.encoder.encode(AnyResource.policy(Resource("regie", spec)))
    let draft: ProposalView = try await send(.POST, "/api/v1/policy/drafts?operator=dtnum", body: text).decode()
    let moment = effectiveAt.map { #", "effectiveAt": "\#(Timestamp($0))""# } ?? ""
    let wish = #"{"motive": {"fr": "Il le faut"}, "operator": "dtnum"\#(moment)}"#
    let open: ProposalView = try await send(
      .POST, "/api/v1/policy/drafts/\(draft.id)/propose", body: Data(wish.utf8)
    ).decode()
    return open.id
  }

  fileprivate func vote(_ choice: String, _ name: String, on id: UUID) async throws {
    let _: ProposalView = try await send(
      .PUT, "/api/v1/policy/proposals/\(id)/votes/\(name)",
      body: Data(#"{"choice": "\#(choice)", "withoutImpact": true}"#.utf8)
    ).decode()
  }
}
