import Foundation
import Model
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

/// Decisions are made again from what is stored alone.
struct ReplayTests {
  @Test func `every decision of a random history has the same bytes when it is made again`() async throws {
    let seed = UInt64.random(in: .min ... .max)
    try await StoreFixture.run(maximum: 8) { fixture in
      var dice = Dice(seed: seed)
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large, "nord-3": Offered.large])
      for round in 1...6 {
        let projects = (0..<8).map { _ in
          Offered.project(
            "p\(Int.random(in: 0..<12, using: &dice))",
            quota: Offered.quota(cpu: Int64.random(in: 1...40, using: &dice)), environments: ["prod", "dev"])
        }
        var seen: Set<String> = []
        _ = try await [fixture.store].decide(projects.filter { seen.insert($0.name).inserted })
        switch round % 3 {
        case 0:
          _ = try await fixture.store.put(Offered.policy(reserve: Quantity(milli: Int64(round))), context: someone)
        case 1:
          _ = try await fixture.store.put(
            Offered.cluster("nord-\(3 + round)", Offered.large), context: someone)
        default:
          _ = try await refusal {
            _ = try await fixture.store.remove(RemovalRequest(project: "p0"), context: someone)
          }
        }
      }
      try await fixture.expectAllReplay()
      // One snapshot per offer and few checkpoints, not one per decision.
      let decisions = try await fixture.count("SELECT count(*) FROM decisions")
      #expect(try await fixture.count("SELECT count(*) FROM ledger_checkpoints") < decisions / 2, "seed \(seed)")
    }
  }

  @Test func `a stored decision that was tampered with is told, and where`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcome = try await fixture.place("alpha")
      _ = try await fixture.pool.withConnection {
        try await $0.execute(
          """
          UPDATE decisions SET decision = convert_to(
            replace(convert_from(decision, 'UTF8'), '"cluster":"nord-1"', '"cluster":"nord-9"'), 'UTF8')
          """)
      }
      guard case .differs(let path) = try await fixture.store.replay(outcome.decision.id).verdict else {
        Issue.record("the difference was not seen")
        return
      }
      #expect(path.hasSuffix(".cluster"))
    }
  }

  /// What was decided before the form changed is the same engine's still.
  @Test func `a decision that is kept in the form before is compared in that form`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large])
      let outcome = try await fixture.place("alpha")
      guard case .byEngine(let explanation, _) = try await fixture.store.explanation(of: outcome.decision.id) else {
        Issue.record("it was not made again")
        return
      }
      let before = [UInt8](try explanation.record(in: .verdicts).canonicalBytes())
      #expect(try before != [UInt8](explanation.record.canonicalBytes()))
      _ = try await fixture.pool.withConnection {
        try await $0.execute("UPDATE decisions SET decision = \(before)")
      }
      #expect(try await fixture.store.replay(outcome.decision.id).verdict == .equal)
      try await fixture.tamper(Self.replacing(#""region":"nord""#, by: #""region":"sud""#))
      let verdict = try await fixture.store.replay(outcome.decision.id).verdict
      #expect(verdict == .differs(at: "environments[0].best[0].region"))
      // What does not decode any more is compared as well.
      try await fixture.tamper(Self.replacing(#""operator":"#, by: #""carrier":"#))
      let other = try await fixture.store.replay(outcome.decision.id).verdict
      #expect(other == .differs(at: "environments[0].best[0].carrier"))
    }
  }

  @Test func `what no cluster accepts is compared in the form before as well`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let wish = PlacementRequest(project: Offered.project("alpha", quota: Offered.quota(cpu: 1_000_000)))
      let outcome = try await fixture.store.decide(wish, context: someone)
      guard !outcome.decision.placed,
        case .byEngine(let explanation, _) = try await fixture.store.explanation(of: outcome.decision.id)
      else {
        Issue.record("it was placed, or not made again")
        return
      }
      #expect(try await fixture.store.replay(outcome.decision.id).verdict == .equal)
      let before = explanation.record(in: .verdicts)
      #expect(before.environments.allSatisfy { $0.verdicts == [] })
      let bytes = [UInt8](try before.canonicalBytes())
      _ = try await fixture.pool.withConnection {
        try await $0.execute("UPDATE decisions SET decision = \(bytes)")
      }
      #expect(try await fixture.store.replay(outcome.decision.id).verdict == .equal)
    }
  }

  /// A statement that writes something else into what is kept of decisions.
  private static func replacing(_ text: String, by other: String) -> String {
    """
    UPDATE decisions SET decision = convert_to(replace(convert_from(decision, 'UTF8'), '\(text)', '\(other)'), 'UTF8')
    """
  }

  @Test func `a decision of an engine that is not here says so`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcome = try await fixture.place("alpha")
      _ = try await fixture.pool.withConnection {
        try await $0.execute("UPDATE decisions SET engine_version = 'regie-placement/0'")
      }
      #expect(
        try await fixture.store.replay(outcome.decision.id).verdict
          == .otherEngine(stored: "regie-placement/0", present: EngineVersion.current))
    }
  }

  @Test func `a decision of another engine is told as it was stored, to the same key as well`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large])
      let first = try await fixture.place("alpha", key: "k")
      #expect(first.answer.plan.assignments.map(\.cluster) == ["nord-1"])
      // What that engine said is not what this one would say.
      _ = try await fixture.pool.withConnection {
        try await $0.execute(
          """
          UPDATE decisions SET engine_version = 'regie-placement/99', decision = convert_to(
            replace(convert_from(decision, 'UTF8'), '"cluster":"nord-1"', '"cluster":"nord-2"'), 'UTF8')
          """)
      }
      let again = try await fixture.store.decide(
        PlacementRequest(project: "alpha"), idempotencyKey: "k", context: someone)
      #expect(again.isReplay)
      for explained in [again.answer, try await fixture.store.explanation(of: first.decision.id)] {
        guard case .asStored(let stored) = explained else {
          Issue.record("it was made again")
          continue
        }
        #expect(stored.engineVersion == "regie-placement/99")
        #expect(stored.document.plan.assignments.map(\.cluster) == ["nord-2"])
        #expect(stored.document.environments.map(\.candidates) == [2])
        #expect(stored.offer.clusters.map(\.name) == ["nord-1", "nord-2"])
      }
    }
  }

  @Test func `a form that is not known here is a conflict that names the engine, and its summary is shown`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcome = try await fixture.place("alpha")
      _ = try await fixture.pool.withConnection {
        try await $0.execute(
          "UPDATE decisions SET engine_version = 'regie-placement/99', decision = '{}', inputs = '?'")
      }
      let refused = try await refusal { _ = try await fixture.store.explanation(of: outcome.decision.id) }
      #expect(refused?.kind == .conflict)
      #expect(refused?.message.contains("regie-placement/99") == true)
      let summary = try await fixture.store.summary(ofDecision: outcome.decision.id)
      #expect(summary.project == "alpha" && summary.engineVersion == "regie-placement/99")
      #expect(
        try await fixture.store.replay(outcome.decision.id).verdict
          == .otherEngine(stored: "regie-placement/99", present: EngineVersion.current))
    }
  }

  @Test func `a ledger that nobody can read any more is told as a form that is not known`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcome = try await fixture.place("alpha")
      let delta: [UInt8] = [0xff]
      _ = try await fixture.pool.withConnection {
        try await $0.execute("UPDATE decisions SET ledger_delta = \(delta)")
      }
      let refused = try await refusal { _ = try await fixture.store.replay(outcome.decision.id) }
      #expect(refused?.kind == .conflict)
    }
  }

  @Test func `a decision is explained by the policy it was made on, where a number came again after a restore`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let first = try await fixture.place("alpha")
      #expect(try await fixture.store.replay(first.decision.id).verdict == .equal)
      // Another policy of the same number, and a decision under it by a process that knows nothing of the first.
      try await fixture.tamper(
        """
        UPDATE policy_versions SET document = jsonb_set(document, '{capacity}', '[{"id":"reserve","reserve":"0.5"}]')
        """)
      let other = GovernanceStore(pool: fixture.pool, logger: quiet)
      _ = try await fixture.store.put(.project(Offered.project("beta")), context: someone)
      let second = try await other.decide(PlacementRequest(project: "beta"), context: someone)
      #expect(try await fixture.store.replay(second.decision.id).verdict == .equal)
    }
  }

  @Test func `the first difference of two documents is found in the order of names`() throws {
    func first(_ one: String, _ other: String) throws -> String? {
      try JSONDifference.first(in: Array(one.utf8), and: Array(other.utf8))
    }
    #expect(try first(#"{"a":[1,{"b":true}]}"#, #"{"a":[1,{"b":false}]}"#) == "a[1].b")
    #expect(try first(#"{"a":[1]}"#, #"{"a":[1,2]}"#) == "a[1]")
    #expect(try first(#"{"b":1,"c":2}"#, #"{"c":3}"#) == "b")
    #expect(try first(#"{"a":null}"#, #"{"a":0}"#) == "a")
    #expect(try first(#"{"a":1}"#, #"{"a": 1}"#) == nil)
  }
}
