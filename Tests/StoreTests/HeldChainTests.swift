import Events
import Foundation
import Migration
import Model
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

/// The secondary chain that was chosen is held with what it delivers to.
@Suite struct HeldChainTests {
  /// One place that two chains deliver to: `atelier` comes first by its name.
  private static func withChains(_ body: (StoreFixture) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for resource in secondChain { _ = try await fixture.store.put(resource, context: someone) }
      try await body(fixture)
    }
  }

  static let secondChain: [AnyResource] = [
    .chain(
      Resource(
        "atelier",
        ChainSpec(
          displayName: "Atelier", sensitivities: [.usuel], regions: ["nord", "sud"],
          audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases)))),
    .zone(Resource("nord-usuel", ZoneSpec(region: "nord", sensitivity: .usuel, slug: "nord"))),
  ]

  private static func rule(_ id: String, _ effect: PolicySpec.Effect, _ chain: String) -> PolicySpec.Rule {
    PolicySpec.Rule(
      id: id, motive: LocalizedText(fr: "motif"), effect: effect,
      chains: LabelSelector(matchLabels: ["chain.name": chain]), weight: effect == .prefer ? 10 : nil)
  }

  private static func put(_ rules: [PolicySpec.Rule], in store: GovernanceStore) async throws {
    guard case .policy(var policy) = Offered.policy() else { return }
    policy.spec.rules = rules
    _ = try await store.put(.policy(policy), context: someone)
  }

  @Test func `a chain that may deliver no more is found, and the next decision gives another one and no revision`()
    async throws
  {
    try await Self.withChains { fixture in
      try await fixture.withWorld {
        let store = fixture.store
        let placed = try await fixture.place("alpha", environments: ["prod", "dev"])
        #expect(placed.placements.map(\.spec.chain) == ["atelier", "atelier"])
        // Liked as it is, the other one is not taken: what stands keeps what it has.
        try await Self.put([Self.rule("liked", .prefer, "forge")], in: store)
        #expect(try await fixture.place("alpha", environments: ["prod", "dev"]).changed == false)
        #expect(try await store.judgeEverything(always: true).opened == 0)

        try await Self.put([Self.rule("closed", .forbid, "atelier")], in: store)
        #expect(try await store.judgeEverything(always: false).opened == 2)
        let findings = try await store.findings().items
        #expect(findings.map(\.mayStay) == [true, true] && findings.map(\.rules) == [["closed"], ["closed"]])
        #expect(findings.first?.reasons.map(\.code) == [.ruleForbids])
        let told = try await fixture.count("SELECT count(*) FROM outbox")

        let again = try await fixture.place("alpha", environments: ["prod", "dev"])
        #expect(again.changed && again.pendingMoves.isEmpty)
        #expect(again.placements.map(\.spec.chain) == ["forge", "forge"])
        let decision = again.decision.id
        #expect(again.placements.map(\.chainDecision) == [decision, decision])
        var unchanged = again.placements
        for index in unchanged.indices {
          (unchanged[index].spec.chain, unchanged[index].chainDecision) = ("atelier", nil)
        }
        #expect(unchanged == placed.placements, "nothing but the chain is another one")
        #expect(try await store.placements().items.map(\.spec.chain) == ["forge", "forge"])
        #expect(try await fixture.count("SELECT count(*) FROM outbox") == told)
        try await fixture.expectTrueMemory("after another chain")
        let known = try await store.basis(PlacementRequest(project: "alpha")).request.existing
        #expect(known.map(\.chain) == ["forge", "forge"])
        let audited = try await fixture.count(
          """
          SELECT count(*) FROM audit_entries a, json_array_elements(
            convert_from(a.body, 'UTF8')::json #> '{detail,rechained}') AS c
          WHERE a.action = 'decided' AND c ->> 'chain' = 'forge'
            AND (c ->> 'placement')::uuid IN (SELECT id FROM placements)
          """)
        #expect(audited == 2)

        #expect(try await store.judgeEverything(always: true).resolved == 2)
        let ended = try await store.findings(FindingFilter(state: .resolved)).items
        #expect(ended.map(\.resolution) == [.circumstances, .circumstances])
        #expect(try await fixture.place("alpha", environments: ["prod", "dev"]).changed == false)
        try await fixture.expectAllReplay()
      }
    }
  }

  @Test func `which decision chose the chain is known, whatever else becomes of the placement`() async throws {
    try await Self.withChains { fixture in
      let store = fixture.store
      let placed = try await fixture.place("alpha")
      func chosen() async throws -> UUID? {
        let placement = try #require(try await store.placements().items.first)
        let choice = try await store.chainChoice(of: placement)
        #expect(choice.map { $0.explained?.plan.chain == placement.spec.chain } ?? true)
        return choice?.decision.id
      }
      #expect(try await chosen() == nil, "its own decision did")
      try await Self.put([Self.rule("closed", .forbid, "atelier")], in: store)
      let rechained = try await fixture.place("alpha").decision.id
      #expect(try await chosen() == rechained)
      // A removal and what calls it back are revisions of their own; the second one is decided, with its chain.
      _ = try await store.remove(RemovalRequest(project: "alpha", environments: ["prod"]), context: someone)
      #expect(try await chosen() == rechained)
      let back = try await fixture.place("alpha")
      #expect(back.placements[0].spec.decision == back.decision.id && back.placements[0].chainDecision == nil)
      #expect(try await chosen() == nil)

      try await Self.put([Self.rule("closed", .forbid, "forge")], in: store)
      let third = try await fixture.place("alpha").decision.id
      #expect(try await chosen() == third)
      // As a program of the version before does, which knows nothing of it: another chain, and a further revision.
      for change in ["chain = 'forge'", "decision = '\(placed.decision.id)'"] {
        try await fixture.tamper("UPDATE placements SET chain_decision = '\(third)'")
        #expect(try await store.placements().items.map(\.chainDecision) == [third])
        try await fixture.pool.withConnection { try await $0.script("UPDATE placements SET \(change)") }
        #expect(try await chosen() == nil, "no decision is said to have chosen what another one has, after \(change)")
      }
      // Of a form that this program can not read: it is named all the same.
      try await fixture.tamper(
        """
        UPDATE placements SET chain_decision = '\(third)';
        ALTER TABLE decisions DROP CONSTRAINT decisions_basis_check;
        UPDATE decisions SET day = NULL WHERE id = '\(third)';
        """)
      let placement = try #require(try await store.placements().items.first)
      let choice = try #require(try await store.chainChoice(of: placement))
      #expect(choice.decision.id == third && choice.explained == nil)
      // Of a form that is known, and made on something else than what is there: that is told, and not passed over.
      try await fixture.tamper(
        """
        UPDATE decisions SET day = (SELECT max(day) FROM decisions) WHERE id = '\(third)';
        UPDATE ledger_checkpoints SET bytes = bytes || ' '::bytea;
        """)
      let refused = try await refusal { _ = try await store.chainChoice(of: placement) }
      #expect(refused?.kind == .conflict && refused?.message.contains("digest") == true)
    }
  }

  @Test func `another instance hears that a chain is another one`() async throws {
    try await Self.withChains { fixture in
      _ = try await fixture.place("alpha")
      try await fixture.withWorld {
        try await fixture.expectTrueMemory("before")
        let other = GovernanceStore(pool: fixture.pool, logger: quiet)
        try await Self.put([Self.rule("closed", .forbid, "atelier")], in: other)
        _ = try await other.decide(PlacementRequest(project: "alpha"), context: someone)
        try await fixture.expectTrueMemory("after")
        #expect(try await fixture.store.basis(PlacementRequest(project: "alpha")).request.existing[0].chain == "forge")
      }
    }
  }

  @Test func `to have to go is another finding than to have the wrong chain, though one rule says both`() async throws {
    try await Self.withChains { fixture in
      _ = try await fixture.store.put(Offered.cluster("nord-2", Offered.large), context: someone)
      let cluster = try #require(try await fixture.place("alpha").placements.first).spec.cluster
      let store = fixture.store
      try await Self.put([Self.rule("closed", .forbid, "atelier")], in: store)
      _ = try await store.judgeEverything(always: false)
      let first = try #require(try await store.findings().items.first)
      #expect(first.mayStay)
      var rule = Self.rule("closed", .forbid, "atelier")
      (rule.places, rule.chains) = (LabelSelector(matchLabels: ["cluster.name": cluster]), nil)
      try await Self.put([rule], in: store)
      let judged = try await store.judgeEverything(always: false)
      #expect(judged.opened == 1 && judged.resolved == 1)
      let second = try #require(try await store.findings().items.first)
      #expect(second.id != first.id && !second.mayStay && second.rules == first.rules)
      // Both: what drives it out is told first, and it is the same finding.
      try await Self.put([Self.rule("shut", .forbid, "atelier"), rule], in: store)
      _ = try await store.judgeEverything(always: false)
      let both = try #require(try await store.findings().items.first)
      #expect(
        both.id == second.id && both.reasons.map { $0.parameters["rule"] } == ["closed", "shut"] && !both.mayStay)
      // Of both only the chain is left: that was told already, and its day stays.
      try await Self.put([Self.rule("shut", .forbid, "atelier")], in: store)
      let left = try await store.judgeEverything(always: false)
      let third = try #require(try await store.findings().items.first)
      #expect(left.opened == 0 && left.resolved == 0 && third.id == second.id && third.mayStay)
      #expect(third.dueOn == second.dueOn)
    }
  }

  @Test func `what a move has frozen has another chain, too`() async throws {
    try await Self.withChains { fixture in
      _ = try await fixture.place("alpha")
      try await fixture.tamper("UPDATE placements SET phase = 'frozen'")
      try await Self.put([Self.rule("closed", .forbid, "atelier")], in: fixture.store)
      let again = try await fixture.place("alpha")
      #expect(again.changed && again.placements.map(\.spec.chain) == ["forge"])
      #expect(again.placements.map(\.spec.phase) == [.frozen] && again.placements[0].spec.revision == 1)
      #expect(try await fixture.place("alpha").changed == false)
    }
  }

  @Test func `a decision that was planned on another chain is made again`() async throws {
    try await Self.withChains { fixture in
      _ = try await fixture.place("alpha")
      try await fixture.withWorld {
        try await fixture.expectTrueMemory("before")
        // Behind everybody's back, and told to nobody: memory is behind, the truth under the locks is not.
        try await fixture.tamper("UPDATE placements SET chain = 'forge'")
        let larger = Offered.project("alpha", quota: Offered.quota(cpu: 3))
        let grown = try await fixture.store.decide(PlacementRequest(project: larger), context: someone)
        #expect(grown.placements.map(\.spec.chain) == ["forge"] && grown.decision.attempts > 1)
      }
    }
  }

  @Test func `a reservation has its chain, and leaves what stands its own`() async throws {
    try await Self.withChains { fixture in
      _ = try await fixture.place("alpha")
      try await Self.put([Self.rule("closed", .forbid, "atelier")], in: fixture.store)
      let held = try await fixture.reserve("alpha", environments: ["prod", "dev"])
      #expect(held.placements.map(\.spec.chain) == ["forge"])
      let chains = { try await fixture.store.placements().items.map(\.spec.chain) }
      #expect(try await chains() == ["atelier"])
      let console = ConfirmationRequest(projectID: held.placements[0].spec.projectID, environmentIDs: ["dev": UUID()])
      try await fixture.confirm(held, console)
      #expect(try await chains() == ["forge", "atelier"])
      #expect(try await fixture.place("alpha", environments: ["prod", "dev"]).changed)
      #expect(try await chains() == ["forge", "forge"])
    }
  }

  @Test func `what grows, and what is called back, has the chain that was chosen for it`() async throws {
    try await Self.withChains { fixture in
      _ = try await fixture.place("alpha")
      try await Self.put([Self.rule("closed", .forbid, "atelier")], in: fixture.store)
      let grown = try await fixture.place("alpha", quota: Offered.quota(cpu: 3))
      #expect(grown.placements.map(\.spec.chain) == ["forge"] && grown.placements[0].spec.revision == 2)
      try await Self.put([Self.rule("closed", .forbid, "forge")], in: fixture.store)
      _ = try await fixture.store.remove(RemovalRequest(project: "alpha", environments: ["prod"]), context: someone)
      // What goes keeps no chain for anybody.
      #expect(try await fixture.store.basis(PlacementRequest(project: "alpha")).request.existing.map(\.chain) == [nil])
      let back = try await fixture.place("alpha", quota: Offered.quota(cpu: 3))
      #expect(back.placements.map(\.spec.chain) == ["atelier"] && back.placements[0].spec.revision == 4)
    }
  }

  @Test func `what decisions have chosen so far is known after an upgrade; what was not to be read, or held, is not`()
    async throws
  {
    try await Self.withChains { fixture in
      for name in ["alpha", "beta", "delta", "gamma"] { _ = try await fixture.place(name) }
      let held = try await fixture.reserve("alpha", environments: ["prod", "dev"])
      _ = try await fixture.store.cancel(reservation: held.id, context: someone)
      let pending = try await fixture.reserve("omega")
      // What a confirmed reservation has chosen is its own, and nothing else's.
      _ = try await fixture.place("kappa")
      let more = try await fixture.reserve("kappa", environments: ["prod", "dev"])
      try await fixture.confirm(
        more, ConfirmationRequest(projectID: more.placements[0].spec.projectID, environmentIDs: ["dev": UUID()]))
      // What came as a reservation and was decided on with all of it since has what that has chosen, and so has all else.
      _ = try await fixture.place("lambda")
      let dev = try await fixture.reserve("lambda", environments: ["prod", "dev"])
      try await fixture.confirm(
        dev, ConfirmationRequest(projectID: dev.placements[0].spec.projectID, environmentIDs: ["dev": UUID()]))
      var grown = Offered.project("lambda", environments: ["prod", "dev"])
      grown.spec.environments[1].quota = Offered.quota(cpu: 3)
      _ = try await fixture.store.decide(PlacementRequest(project: grown), context: someone)
      // As before there were chains; the latest decision of one project can not be read, that of another one is of nothing, and
      // what was held only for a while says nothing.
      try await fixture.tamper(
        """
        UPDATE decisions SET decision = '\\x7b2263' WHERE project = 'beta';
        UPDATE decisions SET decision = convert_to('{"chain":"forge"}', 'UTF8') WHERE project = 'gamma';
        UPDATE decisions SET decision = convert_to('{"chain":"other"}', 'UTF8')
          WHERE project = 'alpha' AND number = (SELECT max(number) FROM decisions WHERE project = 'alpha');
        UPDATE decisions SET decision = convert_to('{"plan":{"chain":"later"}}', 'UTF8')
          WHERE project = 'kappa' AND number = (SELECT max(number) FROM decisions WHERE project = 'kappa');
        UPDATE decisions SET decision = convert_to('{}', 'UTF8'), placed = false WHERE project = 'delta';
        UPDATE decisions SET decision = convert_to('{"plan":{"chain":"whole"}}', 'UTF8')
          WHERE project = 'lambda' AND number = (SELECT max(number) FROM decisions WHERE project = 'lambda');
        DROP TRIGGER forget_chain_decision ON placements;
        ALTER TABLE placements DROP COLUMN chain;
        ALTER TABLE findings DROP COLUMN may_stay;
        """)
      let sql = String(decoding: PackageResources._050_chains_sql, as: UTF8.self)
      try await fixture.pool.withConnection { try await $0.script("BEGIN; \(sql) COMMIT;") }
      let kappa = try await fixture.store.placements(PlacementFilter(project: "kappa")).items
      #expect(kappa.map(\.spec.chain) == ["later", "atelier"])
      let known = try await fixture.store.placements().items.filter {
        $0.spec.environment == "prod" && !["kappa", "lambda"].contains($0.spec.project)
      }
      let lambda = try await fixture.store.placements(PlacementFilter(project: "lambda")).items
      #expect(lambda.map(\.spec.chain) == ["whole", "whole"])
      #expect(known.map(\.spec.project) == ["alpha", "beta", "delta", "gamma"])
      #expect(known.map(\.spec.chain) == ["atelier", nil, nil, "forge"])
      #expect(try await fixture.count("SELECT count(*) FROM pg_proc WHERE proname = 'chain_of'") == 0)
      #expect(try await fixture.count("SELECT count(*) FROM pg_class WHERE relname = 'chosen_chains'") == 0)
      let waiting = try await fixture.pool.withConnection {
        try await $0.query("SELECT chain FROM placements WHERE revision = 0 AND id = \(pending.placements[0].spec.id)")
      }
      #expect(try waiting.only.decode(String?.self, "chain") == "atelier")
      // What is not known yet is with the next decision.
      #expect(try await fixture.place("beta").placements.map(\.spec.chain) == ["atelier"])
    }
  }

  /// Two decisions on a project, the later one on a further environment as well: what the upgrade takes of them.
  @Test(arguments: [
    ("", ["second", "second"]),
    ("UPDATE placements SET leaving = true WHERE environment = 'prod';", ["second", "first"]),
    (
      "UPDATE decisions SET principal = 'governance:mover' WHERE number = (SELECT max(number) FROM decisions);",
      ["second", "first"]
    ),
  ])
  func `what a move leaves, and what a move has decided, stand apart in an upgrade`(
    _ change: String, chains: [String]
  ) async throws {
    try await Self.withChains { fixture in
      _ = try await fixture.place("alpha")
      _ = try await fixture.place("alpha", environments: ["prod", "dev"])
      try await fixture.tamper(
        """
        UPDATE decisions SET decision = convert_to('{"plan":{"chain":"first"}}', 'UTF8');
        UPDATE decisions SET decision = convert_to('{"plan":{"chain":"second"}}', 'UTF8')
          WHERE number = (SELECT max(number) FROM decisions);
        \(change)
        DROP TRIGGER forget_chain_decision ON placements;
        ALTER TABLE placements DROP COLUMN chain;
        ALTER TABLE findings DROP COLUMN may_stay;
        """)
      let sql = String(decoding: PackageResources._050_chains_sql, as: UTF8.self)
      try await fixture.pool.withConnection { try await $0.script("BEGIN; \(sql) COMMIT;") }
      #expect(try await fixture.store.placements().items.map(\.spec.chain) == chains)
    }
  }

  @Test func `a move goes on while only the chain of its target is in the way`() async throws {
    try await MoveFixture.run { moves in
      let store = moves.store.store
      for resource in Self.secondChain { _ = try await store.put(resource, context: someone) }
      _ = try await store.put(
        .zone(Resource("sud-usuel", ZoneSpec(region: "sud", sensitivity: .usuel, slug: "sud"))), context: someone)
      // First by its name, and no chain for what stays in the north: only what drives something out lets that be forgotten.
      let southern = ChainSpec(
        displayName: "Sud", sensitivities: [.usuel], regions: ["sud"],
        audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases))
      _ = try await store.put(.chain(Resource("abri", southern)), context: someone)
      try await moves.report()
      #expect(try await moves.placements().map(\.spec.chain) == ["forge", "forge"])
      try await Self.put([Self.rule("closed", .forbid, "forge")], in: store)
      // Found before the move is planned, and no reason for one.
      #expect(try await store.judgeEverything(always: false).opened == 2)
      let migration = try await moves.plan(.environment(project: "basegun", environment: "prod"))
      try await moves.start(migration)
      try await moves.carry(migration, upTo: .finalCopy)
      let record = try await moves.move("prod", of: migration)
      #expect(try await moves.placement(record.move.target).spec.chain == "atelier")
      try await Self.put([Self.rule("closed", .forbid, "atelier")], in: store)
      _ = try await store.judgeEverything(always: false)
      let findings = try await store.findings().items.filter { $0.placement == record.move.target }
      #expect(findings.map(\.mayStay) == [true])
      _ = try await store.tendMove(record.id)
      #expect(try await moves.move("prod", of: migration).move.obstacles.isEmpty)
      try await moves.carry(migration)
      #expect(try await moves.move("prod", of: migration).move.step == .done)
    }
  }

  @Test func `a restored row keeps its chain where the bus tells of the same decision, and of another one none`() throws
  {
    var record = RecoveryPlanTests.record(RecoveryPlanTests.state(1))
    let chosen = RecoveryPlanTests.id(6)
    (record.spec.chain, record.chainDecision) = ("forge", chosen)
    var same = record
    same.take(RecoveryPlanTests.state(1, 2))
    #expect(same.spec.chain == "forge" && same.spec.revision == 2 && same.chainDecision == chosen)
    var state = RecoveryPlanTests.state(1, 3)
    state.decision = RecoveryPlanTests.id(7)
    record.take(state)
    #expect(record.spec.chain == nil && record.chainDecision == nil)
  }
}
