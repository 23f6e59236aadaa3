import Events
import Foundation
import Identity
import Model
import Placement
import Postgres
import Requests
import TestSupport
import Testing

@testable import Store

/// The end of a qualification or of a derogation, and the beginning of a rule: what follows is told ahead, each once.
struct ForeseenEndTests {
  private static func policy(
    forbidding: Bool, _ effect: PolicySpec.Effect = .forbid, from first: CalendarDay? = nil,
    until last: CalendarDay? = nil, motive: String = "interdit", stages: [String] = []
  ) -> AnyResource {
    guard case .policy(var policy) = Offered.policy() else { return Offered.policy() }
    policy.spec.dataClasses.append(.init(name: "sante", sensitivity: .usuel, qualifications: ["HDS"]))
    if forbidding {
      policy.spec.rules = [
        PolicySpec.Rule(
          id: "interdit", motive: LocalizedText(fr: motive), effect: effect,
          places: LabelSelector(matchLabels: ["cluster.name": "nord-1"]), weight: effect == .avoid ? 5 : nil,
          stages: stages, validFrom: first, validUntil: last)
      ]
    }
    return .policy(policy)
  }

  private static func region(until day: CalendarDay) -> AnyResource {
    guard case .region(var region)? = Offered.base.first(where: { $0.kind == .region }) else { return Offered.base[0] }
    region.spec.qualifications = [
      RegionSpec.Qualification(
        name: "HDS", validFrom: CalendarDay("2020-01-01"), validUntil: day, evidence: .init(reference: "certificat 12"))
    ]
    return .region(region)
  }

  private static func derogation(_ name: String, of project: String, until day: CalendarDay?) -> AnyResource {
    .derogation(
      Resource(
        name,
        DerogationSpec(
          project: project, rules: ["interdit"], motive: "Le temps de migrer", validUntil: day, decision: .granted,
          notifiedAt: Date(timeIntervalSince1970: 1_700_000_000))))
  }

  /// `alpha` and `gamma` need the qualification; there is a destination for each of these owners.
  private func run(
    until days: Int, listening owners: [WebhookRecord.Owner],
    _ body: (StoreFixture, CalendarDay) async throws -> Void
  ) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.passMidnight()
      try await fixture.offer()
      _ = try await fixture.store.put(Self.policy(forbidding: false), context: someone)
      let today = try await fixture.today()
      _ = try await fixture.store.put(
        Self.region(until: today.adding(days: days)), context: someone, acknowledging: true)
      for name in ["alpha", "gamma"] {
        _ = try await fixture.store.put(
          .project(Offered.project(name, dataClasses: ["sante"])), context: someone)
        let placed = try await fixture.store.decide(PlacementRequest(project: name), context: someone)
        try #require(placed.placements.count == 1)
      }
      _ = try await fixture.place("beta")
      for owner in owners {
        _ = try await fixture.store.addWebhook(
          try #require(WebhookAddress("https://chat.example.fr/hooks/abc")), events: WebhookEvent.choices, of: owner,
          secret: [UInt8](repeating: 7, count: 32), within: .everything, context: someone)
      }
      try await body(fixture, today)
    }
  }

  private static let owners: [WebhookRecord.Owner] = [.project("alpha"), .project("beta"), .operator("dtnum")]

  private func told(_ fixture: StoreFixture) async throws -> [String] {
    try await fixture.pool.withConnection {
      try await $0.query(
        """
        SELECT convert_from(body, 'UTF8') AS body FROM webhook_deliveries WHERE event = 'finding.foreseen' ORDER BY number
        """
      ).map { try $0.decode(String.self, "body") }
    }
  }

  @Test func `the end of a qualification is told ahead, once, to whom it concerns`() async throws {
    try await run(until: 10, listening: Self.owners) { fixture, today in
      let store = fixture.store
      #expect(try await store.judgeEverything(always: true).opened == 0)
      #expect(try await store.tellEnds(together: 2) == 1)
      let bodies = try await told(fixture)
      #expect(bodies.count == 2, "beta loses nothing: \(bodies)")
      #expect(bodies.contains { $0.contains("1 placement(s) du projet alpha") }, "\(bodies)")
      #expect(bodies.contains { $0.contains("2 placement(s) chez l’opérateur dtnum") }, "\(bodies)")
      #expect(bodies.allSatisfy { $0.contains("HDS") && $0.contains(today.adding(days: 11).description) }, "\(bodies)")
      #expect(try await store.tellEnds() == 0)
      #expect(try await told(fixture).count == 2, "each end once")
      // Prolonged it is another end, which is told of in its turn.
      _ = try await store.put(Self.region(until: today.adding(days: 20)), context: someone, acknowledging: true)
      #expect(try await store.tellEnds() == 1)
      #expect(try await told(fixture).count == 4)
    }
  }

  @Test(arguments: [(31, 0), (30, 1)])
  func `an end is told of once it lies within the notice of the policy`(days: Int, ends: Int) async throws {
    try await run(until: days, listening: Self.owners) { fixture, _ in
      let told = try await fixture.store.tellEnds()
      #expect(told == ends)
    }
  }

  @Test func `the end of a derogation is told to its project and the operator, and one that leaves nothing is not`()
    async throws
  {
    try await run(until: 400, listening: Self.owners) { fixture, today in
      let store = fixture.store
      for (name, day) in [("alpha", nil), ("gamma", nil), ("beta", today.adding(days: 5))] as [(String, CalendarDay?)] {
        _ = try await store.put(Self.derogation("d-\(name)", of: name, until: day), context: someone)
      }
      // While the rule is not there, the end of what waives it leaves nothing behind, and may do so another day.
      #expect(try await store.tellEnds() == 0)
      #expect(try await fixture.count("SELECT count(*) FROM foreseen_ends WHERE told_at IS NULL") == 1)
      _ = try await store.put(Self.policy(forbidding: true), context: someone)
      #expect(try await store.judgeEverything(always: true).opened == 0, "waived for now")
      #expect(try await store.tellEnds() == 0, "it was looked at today")
      _ = try await fixture.pool.withConnection {
        try await $0.query("UPDATE foreseen_ends SET seen_on = seen_on - 1")
      }
      #expect(try await store.tellEnds() == 1)
      let bodies = try await told(fixture)
      #expect(bodies.count == 2 && bodies.allSatisfy { $0.contains("fin de la dérogation d-beta") }, "\(bodies)")
      #expect(bodies.contains { $0.contains("1 placement(s) du projet beta") }, "\(bodies)")
      #expect(bodies.contains { $0.contains("1 placement(s) chez l’opérateur dtnum") }, "\(bodies)")
    }
  }

  @Test func `a rule that begins later is told ahead, once, to whom it concerns`() async throws {
    try await run(until: 400, listening: Self.owners) { fixture, today in
      let store = fixture.store
      func put(_ policy: AnyResource) async throws { _ = try await store.put(policy, context: someone) }
      let first = today.adding(days: 31)
      try await put(Self.policy(forbidding: true, from: first))
      #expect(try await store.judgeEverything(always: true).opened == 0, "it has not begun")
      #expect(try await store.tellEnds(together: 2) == 1, "the day before is thirty days away")
      let bodies = try await told(fixture)
      #expect(bodies.count == 3, "\(bodies)")
      for whose in [
        "1 placement(s) du projet alpha", "1 placement(s) du projet beta", "3 placement(s) chez l’opérateur dtnum",
      ] {
        #expect(bodies.contains { $0.contains(whose) }, "\(bodies)")
      }
      #expect(bodies.allSatisfy { $0.contains("à partir du \(first)") && $0.contains("règle interdit") }, "\(bodies)")
      #expect(bodies.allSatisfy { $0.contains("\"dueAt\":\"\(today.adding(days: 30))\"") }, "\(bodies)")
      // In other words it is the same rule, in a version of another number; with another reach it is another one.
      try await put(Self.policy(forbidding: true, from: first, motive: "Pour de bonnes raisons"))
      #expect(try await store.tellEnds() == 0)
      try await put(Self.policy(forbidding: true, from: first, stages: Stage.wellKnown))
      #expect(try await store.tellEnds() == 0, "all stages are meant by none as well")
      try await put(Self.policy(forbidding: true, from: first, stages: ["dev", "prod"]))
      #expect(try await store.tellEnds() == 1)
      try await put(Self.policy(forbidding: true, from: first, stages: ["prod", "dev"]))
      #expect(try await store.tellEnds() == 0, "another order means nothing else")
    }
  }

  @Test func `a rule that begins too far away, does not restrict, is waived or only ends is not told ahead`()
    async throws
  {
    try await run(until: 400, listening: Self.owners) { fixture, today in
      let store = fixture.store
      let later = today.adding(days: 10)
      for policy in [
        Self.policy(forbidding: true, from: today.adding(days: 32)), Self.policy(forbidding: true, .avoid, from: later),
        Self.policy(forbidding: true, .require, until: later),
      ] {
        _ = try await store.put(policy, context: someone)
        #expect(try await store.tellEnds() == 0)
        #expect(try await fixture.count("SELECT count(*) FROM foreseen_ends") == 0, "\(policy)")
      }
      for name in ["alpha", "beta", "gamma"] {
        _ = try await store.put(Self.derogation("d-\(name)", of: name, until: nil), context: someone)
      }
      _ = try await store.put(Self.policy(forbidding: true, from: later), context: someone)
      #expect(try await store.tellEnds() == 0, "who has a derogation loses nothing")
      #expect(try await fixture.count("SELECT count(*) FROM foreseen_ends WHERE told_at IS NULL") == 1)
    }
  }

  @Test func `where nobody wants to be told nothing is judged, and nothing counts as told`() async throws {
    try await run(until: 10, listening: []) { fixture, _ in
      let told = try await fixture.store.tellEnds()
      let kept = try await fixture.count("SELECT count(*) FROM foreseen_ends")
      #expect(told == 0 && kept == 0)
    }
  }

  @Test func `several instances tell of an end once`() async throws {
    try await run(until: 10, listening: Self.owners) { fixture, _ in
      let told = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 { group.addTask { try await fixture.store.tellEnds() } }
        return try await group.reduce(0, +)
      }
      #expect(told == 1)
      #expect(try await self.told(fixture).count == 2)
    }
  }
}
