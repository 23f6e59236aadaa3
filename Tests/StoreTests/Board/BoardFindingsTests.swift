import Board
import Events
import Foundation
import Identity
import Model
import Policy
import Postgres
import Requests
import Testing

@testable import Store

/// From the vote to what is left to be done, and to its end.
struct BoardFindingsTests {
  private static func policy(forbidding cluster: String?, days: Int? = nil) -> PolicySpec {
    var policy = StoreFixture.boardPolicy()
    policy.complianceDays = days
    policy.rules = [cluster].compactMap(\.self).map {
      PolicySpec.Rule(
        id: "interdit", motive: LocalizedText(fr: "interdit"), effect: .forbid,
        places: LabelSelector(matchLabels: ["cluster.name": $0]))
    }
    return policy
  }

  private static func withBoard(_ body: (StoreFixture, _ cluster: String) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      // The first has so much more room that both projects go there.
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.quota(cpu: 16)])
      for name in StoreFixture.operators { try await fixture.represent(name, by: [.init(subject: name)]) }
      _ = try await fixture.store.put(.policy(Resource("regie", policy(forbidding: nil))), context: someone)
      for name in ["avec", "sans"] { _ = try await fixture.place(name) }
      let clusters = try await fixture.store.placements(limit: 10).items.map(\.spec.cluster)
      try #require(Set(clusters).count == 1, "both are at the same place")
      _ = try await fixture.store.judgeEverything(always: true)
      try await body(fixture, clusters[0])
    }
  }

  @Test func `what a vote forbids is said before, found when it takes effect, and ends by a derogation or a move`()
    async throws
  {
    try await Self.withBoard { fixture, cluster in
      let store = fixture.store
      let date = Timestamp(Date(timeIntervalSinceNow: 10 * 86_400))
      let id = try await fixture.propose(
        Self.policy(forbidding: cluster, days: 14), effectiveAt: date
      ).proposal.id
      let claim = try #require(try await store.claimImpact(by: "test"))
      #expect(try await store.workOut(claim) { _ in })
      let said = try #require(try await store.proposal(id).impact?.result?.summary)
      #expect(said.nonCompliant == 2 && said.migrations == 2)
      let owners: [WebhookRecord.Owner] = [.project("avec"), .operator("dtnum"), .operator("anfsi")]
      var hooks: [UUID] = []
      for owner in owners {
        hooks.append(
          try await store.addWebhook(
            try #require(WebhookAddress("https://chat.example.fr/hooks/abc")), events: WebhookEvent.choices, of: owner,
            secret: [UInt8](repeating: 7, count: 32), within: .everything, context: someone
          ).id)
      }
      try await fixture.vote(.for, on: id, "dtnum")
      #expect(try await fixture.count("SELECT count(*) FROM webhook_deliveries") == 0, "nothing is decided")
      try await fixture.vote(.for, on: id, "anfsi")
      let bodies = try await fixture.pool.withConnection {
        try await $0.query(
          "SELECT webhook, event, convert_from(body, 'UTF8') AS body FROM webhook_deliveries ORDER BY webhook, at"
        ).map {
          (try $0.decode(UUID.self, "webhook"), try $0.decode(String.self, "event"), try $0.decode(String.self, "body"))
        }
      }
      #expect(
        bodies.count == 2 && bodies.allSatisfy { $0.1 == "finding.foreseen" }, "what concerns nobody is told nobody")
      let texts = Dictionary(bodies.map { ($0.0, $0.2) }) { first, _ in first }
      #expect(texts[hooks[0]]?.contains("1 placement(s) du projet avec") == true, "\(texts)")
      #expect(texts[hooks[1]]?.contains("2 placement(s) chez l’opérateur dtnum") == true, "\(texts)")
      #expect(try await store.judgeEverything(always: false).opened == 0, "its date is to come")
      try await fixture.bringNearer(days: 11)
      #expect(try await store.judgeEverything(always: false).opened == said.nonCompliant)
      let found = try await store.findings().items
      #expect(found.map(\.project) == ["avec", "sans"] && found.allSatisfy { $0.policyVersion == 3 })
      #expect(found.allSatisfy { $0.rules == ["interdit"] && $0.cluster == cluster })
      #expect(try await store.placements(limit: 10).items.allSatisfy { $0.spec.cluster == cluster }, "nothing is moved")

      let asked = try await fixture.ask(["interdit"], project: "avec").request.id
      try await fixture.decide(asked)
      try await fixture.act(.notified, on: asked)
      #expect(try await store.judgeEverything(always: false).resolved == 1)

      // Somebody takes the other one away, and decides it anew: it may not go where it was.
      let left = try #require(try await store.placements(limit: 10).items.first { $0.spec.project == "sans" })
      _ = try await store.remove(RemovalRequest(project: "sans"), context: someone)
      let moved = try await fixture.place("sans").placements
      try #require(moved.first?.spec.cluster != left.spec.cluster && !moved.isEmpty)
      #expect(try await store.judge(projects: ["sans"]).resolved == 1)
      let ended = try await store.findings(FindingFilter(state: .resolved)).items
      #expect(ended.map(\.project) == ["avec", "sans"] && ended.map(\.resolution) == [.derogation, .migrated])
      #expect(try await store.findings().items.isEmpty)
      // The bus is told of all of it, each once, in this order.
      let told = try await fixture.pool.withConnection { connection in
        try await connection.query("SELECT data FROM public_facts WHERE key LIKE 'finding/%' ORDER BY id").map {
          try JSONDecoder().decode(FindingFact.self, from: Data(try $0.decode([UInt8].self, "data")))
        }
      }
      #expect(told.map(\.state) == [.open, .open, .resolved, .resolved])
      #expect(told.compactMap(\.resolution) == ["derogation", "migrated"])
    }
  }

  @Test func `what a vote has forbidden, another vote allows again`() async throws {
    try await Self.withBoard { fixture, cluster in
      let first = try await fixture.propose(Self.policy(forbidding: cluster)).proposal.id
      try await fixture.vote(.for, on: first, "dtnum", "anfsi")
      #expect(try await fixture.store.judgeEverything(always: false).opened == 2)
      let back = try await fixture.propose(nil, restores: 2).proposal.id
      try await fixture.vote(.for, on: back, "dtnum", "anfsi")
      #expect(try await fixture.store.judgeEverything(always: false).resolved == 2)
      let ended = try await fixture.store.findings(FindingFilter(state: .resolved)).items
      #expect(ended.map(\.resolution) == [.policy, .policy])
    }
  }
}
