import Foundation
import Model
import Placement
import Postgres
import Requests
import Store
import TestSupport
import Testing

/// Placements that do not comply any more: found, and let go of.
@Suite struct FindingTests {
  /// Two regions of one cluster each would be more than is needed: the rule is on the cluster's name.
  private static func forbid(_ cluster: String, _ id: String = "not-here") -> PolicySpec.Rule {
    PolicySpec.Rule(
      id: id, motive: LocalizedText(fr: "motif"), effect: .forbid,
      places: LabelSelector(matchLabels: ["cluster.name": cluster]))
  }

  private static func withFixture(_ body: (StoreFixture, _ cluster: String) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large])
      _ = try await fixture.place("basegun")
      let placement = try #require(try await fixture.store.placements(limit: 10).items.first)
      try await body(fixture, placement.spec.cluster)
    }
  }

  private static func put(_ rules: [PolicySpec.Rule], days: Int? = nil, in fixture: StoreFixture) async throws {
    var policy = try #require(try await fixture.store.policyInForce()).spec
    policy.rules = rules
    policy.complianceDays = days
    _ = try await fixture.store.put(.policy(Resource("regie", policy)), context: someone)
  }

  @Test func `what a new version does not want any more is found once, with its rule and its deadline`() async throws {
    try await Self.withFixture { fixture, cluster in
      let store = fixture.store
      try await fixture.passMidnight()
      #expect(try await store.judgeEverything(always: true).opened == 0)
      try await Self.put([Self.forbid(cluster)], days: 7, in: fixture)
      let judged = try await store.judgeEverything(always: false)
      #expect(judged.opened == 1 && judged.resolved == 0 && !judged.hasMoved && judged.next != nil)
      let finding = try #require(try await store.findings().items.first)
      #expect(finding.project == "basegun" && finding.rules == ["not-here"] && finding.cluster == cluster)
      #expect(finding.policyVersion == 2 && finding.reasons.map(\.code) == [.ruleForbids] && !finding.isOverdue)
      #expect(finding.resolvedAt == nil && !finding.operator.isEmpty && !finding.region.isEmpty)
      let days = try await fixture.count(
        "SELECT (due_on - (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date)::bigint FROM findings")
      #expect(days == 7)
      #expect(try await store.finding(finding.id) == finding)
      // Nothing has moved, and judging again, by whomever, changes nothing.
      let other = GovernanceStore(pool: fixture.pool, logger: quiet)
      #expect(try await other.judgeEverything(always: true).opened == 0)
      #expect(try await store.findings().items == [finding])
      #expect(try await store.placements(limit: 10).items.map(\.spec.cluster) == [cluster])
      #expect(try await Self.counts(store) == [1, 0, 0])
    }
  }

  @Test func `another version, a derogation and a removal end a finding, and it says which`() async throws {
    try await Self.withFixture { fixture, cluster in
      let store = fixture.store
      func resolutions() async throws -> [FindingRecord.Resolution?] {
        try await store.findings(FindingFilter(state: .resolved)).items.sorted { $0.openedAt < $1.openedAt }
          .map(\.resolution)
      }
      try await Self.put([Self.forbid(cluster)], in: fixture)
      #expect(try await store.judgeEverything(always: false).opened == 1)
      try await Self.put([], in: fixture)
      #expect(try await store.judgeEverything(always: false).resolved == 1)
      #expect(try await resolutions() == [.policy])

      try await Self.put([Self.forbid(cluster)], in: fixture)
      #expect(try await store.judgeEverything(always: false).opened == 1)
      let derogation = DerogationSpec(
        project: "basegun", rules: ["not-here"], motive: "m", decision: .granted,
        notifiedAt: Date(timeIntervalSince1970: 1_700_000_000))
      _ = try await store.put(.derogation(Resource("d", derogation)), context: someone)
      #expect(try await store.judgeEverything(always: false).resolved == 1)
      #expect(try await resolutions() == [.policy, .derogation])

      _ = try await store.delete(.derogation, "d", context: someone)
      #expect(try await store.judgeEverything(always: false).opened == 1)
      _ = try await store.remove(RemovalRequest(project: "basegun"), context: someone)
      #expect(try await store.judge(projects: ["basegun"]).resolved == 1)
      #expect(try await resolutions() == [.policy, .derogation, .removed])
      #expect(try await store.findings().items.isEmpty)
    }
  }

  /// What a team may write of its project.
  enum Edit: String, CaseIterable, Sendable {
    case leftOut, fewerReplicas, anotherStage
  }

  @Test(arguments: Edit.allCases)
  func `what a team writes of its project ends no finding of what stands`(edit: Edit) async throws {
    try await StoreFixture.run { fixture in
      let store = fixture.store
      try await fixture.offer()
      let second = ClusterSpec(
        zone: "nord-usuel", dataCenters: ["dc2"], stages: ["dev", "prod"], capacity: Offered.large)
      _ = try await store.put(.cluster(Resource("nord-2", second)), context: someone)
      var project = Offered.project("basegun", environments: ["prod", "dev"])
      project.spec.environments[0].replicas = 2
      _ = try await store.put(.project(project), context: someone)
      let placed = try await store.decide(PlacementRequest(project: "basegun"), context: someone)
      #expect(placed.placements.count == 3)
      var rule = Self.forbid("")
      (rule.places, rule.stages) = (LabelSelector(matchLabels: ["region.name": "nord"]), ["prod"])
      try await Self.put([rule], in: fixture)
      #expect(try await store.judgeEverything(always: false).opened == 2)
      let found = try await store.findings().items
      switch edit {
      case .leftOut: project.spec.environments.removeFirst()
      case .fewerReplicas: project.spec.environments[0].replicas = 1
      case .anotherStage: project.spec.environments[0].stage = "dev"
      }
      _ = try await store.put(.project(project), context: someone)
      let judged = try await store.judge(projects: ["basegun"])
      #expect(judged.opened == 0 && judged.resolved == 0)
      #expect(try await store.findings().items == found)
      #expect(found.map(\.environment) == ["prod", "prod"])
      // A derogation for the stage in which it stands does, and is told as what has ended them.
      let derogation = DerogationSpec(
        project: "basegun", rules: ["not-here"], stages: ["prod"], motive: "m", decision: .granted,
        notifiedAt: Date(timeIntervalSince1970: 1_700_000_000))
      _ = try await store.put(.derogation(Resource("d", derogation)), context: someone)
      #expect(try await store.judgeEverything(always: false).resolved == 2)
      let over = try await store.findings(FindingFilter(state: .resolved)).items
      #expect(over.map(\.resolution) == [.derogation, .derogation])
    }
  }

  @Test
  func `where its region has another operator it is that one's; both are told, and the project not again`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let store = fixture.store
      try await Self.put([Self.forbid("nord-1")], in: fixture)
      func hook(_ owner: WebhookRecord.Owner) async throws -> UUID {
        try await store.addWebhook(
          try #require(WebhookAddress("https://chat.example.fr/hooks/a")), events: WebhookEvent.choices,
          of: owner, secret: [UInt8](repeating: 7, count: 32), context: someone
        ).id
      }
      let hooks = [
        try await hook(.operator("dtnum")), try await hook(.operator("anfsi")), try await hook(.project("basegun")),
      ]
      func told() async throws -> [[String]] {
        var told: [[String]] = []
        for hook in hooks { told.append(try await store.deliveries(to: hook).items.map(\.event).reversed()) }
        return told
      }
      #expect(try await store.judgeEverything(always: false).opened == 2)
      let before = try await store.findings().items
      // A move leaves the other one: it is not judged any more.
      try await fixture.pool.withConnection {
        _ = try await $0.execute("UPDATE placements SET leaving = true WHERE environment = 'dev'")
      }
      try await fixture.pool.withConnection {
        _ = try await $0.execute("UPDATE findings SET due_on = (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date")
      }
      try await store.tendWebhooks()
      let opened = ["finding.opened", "finding.opened", "finding.due", "finding.due"]
      #expect(try await told() == [opened, [], opened])
      try await fixture.region("nord", "anfsi", ["chorus"])
      let judged = try await store.judgeEverything(always: false)
      #expect(judged.opened == 0 && judged.resolved == 0, "they are the same ones")
      func seen(by name: String) async throws -> [FindingRecord] {
        var filter = FindingFilter()
        filter.reach = FindingFilter.Reach(operators: [name], projects: [])
        return try await store.findings(filter).items
      }
      #expect(try await seen(by: "dtnum").isEmpty)
      let after = try await seen(by: "anfsi")
      #expect(after.map(\.id) == before.map(\.id) && after.allSatisfy { $0.operator == "anfsi" })
      try await store.tendWebhooks()
      let gone = opened + ["finding.resolved", "finding.resolved"]
      #expect(try await told().map { $0.sorted() } == [gone, opened, opened].map { $0.sorted() })
      let bodies = try await fixture.pool.withConnection { connection in
        try await connection.query(
          """
          SELECT convert_from(body, 'UTF8') AS body FROM webhook_deliveries
          WHERE webhook = \(hooks[0]) AND event = 'finding.resolved'
          """)
      }.map { try $0.decode(String.self, "body") }
      #expect(bodies.allSatisfy { $0.contains("handedOver") && $0.contains("passé à un autre opérateur") }, "\(bodies)")
      #expect(try await store.judgeEverything(always: true).opened == 0)
      #expect(try await told().map(\.count) == [6, 4, 4], "once")
    }
  }

  @Test func `a version that takes effect by time alone is judged from that moment on`() async throws {
    try await Self.withFixture { fixture, cluster in
      let store = fixture.store
      _ = try await store.judgeEverything(always: true)
      try await Self.put([Self.forbid(cluster)], in: fixture)
      // It is to come in an hour.
      try await fixture.tamper(
        "UPDATE policy_versions SET effective_at = clock_timestamp() + interval '1 hour' WHERE version = 2")
      let before = try await store.judgeEverything(always: false)
      let next = try #require(before.next)
      #expect(before.opened == 0 && next <= .seconds(3600))
      // The hour has passed; nobody has written anything that would tell.
      try await fixture.tamper("UPDATE policy_versions SET effective_at = clock_timestamp() WHERE version = 2")
      #expect(try await store.judgeEverything(always: false).opened == 1)
      #expect(try await store.findings().items.map(\.policyVersion) == [2])
    }
  }

  @Test func `another breach in place of the first has a deadline of its own, and is told`() async throws {
    try await Self.withFixture { fixture, cluster in
      let store = fixture.store
      try await Self.put([Self.forbid(cluster, "a")], in: fixture)
      _ = try await store.judgeEverything(always: false)
      try await fixture.pool.withConnection { _ = try await $0.query("UPDATE findings SET due_on = due_on - 60") }
      // What was wrong is wrong still: it stays due, whatever comes on top.
      try await Self.put([Self.forbid(cluster, "a"), Self.forbid(cluster, "b")], in: fixture)
      #expect(try await store.judgeEverything(always: false).opened == 0)
      #expect(try await store.findings(FindingFilter(state: .overdue)).items.map(\.rules) == [["a", "b"]])
      try await Self.put([Self.forbid(cluster, "c")], in: fixture)
      let judged = try await store.judgeEverything(always: false)
      #expect(judged.opened == 1 && judged.resolved == 1)
      let open = try await store.findings().items
      #expect(open.map(\.rules) == [["c"]] && open.map(\.isOverdue) == [false])
      let over = try await store.findings(FindingFilter(state: .resolved)).items
      #expect(over.map(\.rules) == [["a", "b"]] && over.map(\.resolution) == [.policy])
      #expect(try await store.judgeEverything(always: true).opened == 0)
    }
  }

  @Test func `a finding whose deadline has passed is overdue`() async throws {
    try await Self.withFixture { fixture, cluster in
      try await Self.put([Self.forbid(cluster)], in: fixture)
      _ = try await fixture.store.judgeEverything(always: false)
      #expect(try await fixture.store.findings(FindingFilter(state: .overdue)).items.isEmpty)
      try await fixture.pool.withConnection { _ = try await $0.query("UPDATE findings SET due_on = due_on - 60") }
      #expect(try await fixture.store.findings(FindingFilter(state: .overdue)).items.map(\.isOverdue) == [true])
      #expect(try await fixture.store.findings().items.count == 1)
      #expect(try await Self.counts(fixture.store) == [0, 1, 0])
    }
  }

  @Test func `several that judge at once open each finding once`() async throws {
    try await Self.withFixture { fixture, cluster in
      try await Self.put([Self.forbid(cluster)], in: fixture)
      let stores = (0..<4).map { _ in GovernanceStore(pool: fixture.pool, logger: quiet) }
      let opened = try await withThrowingTaskGroup(of: Int.self) { group in
        for store in stores { group.addTask { try await store.judgeEverything(always: true).opened } }
        return try await group.reduce(0, +)
      }
      #expect(opened == 1)
      #expect(try await fixture.store.findings().items.count == 1)
    }
  }

  @Test func `what was judged under a policy that is not in force any more is not written`() async throws {
    try await Self.withFixture { fixture, cluster in
      try await Self.put([Self.forbid(cluster)], in: fixture)
      let other = try await fixture.pool.withConnection { writer in
        // A writer of the offer, who is done only after everything was judged.
        _ = try await writer.query("SELECT pg_advisory_lock(\(Self.offerLock))")
        async let judging = fixture.store.judgeEverything(always: true)
        let waits = try await eventually { try await Self.waiting(writer) > 0 }
        #expect(waits)
        _ = try await writer.query("UPDATE offer_state SET version = version + 1")
        _ = try await writer.query("SELECT pg_advisory_unlock(\(Self.offerLock))")
        return try await judging
      }
      #expect(other.hasMoved && other.opened == 0)
      #expect(try await fixture.store.findings().items.isEmpty)
      #expect(try await fixture.store.judgeEverything(always: false).opened == 1)
    }
  }

  @Test func `when the offer moves under one slice, those behind it are judged all the same`() async throws {
    try await Self.withFixture { fixture, _ in
      for name in ["charlie", "delta"] { _ = try await fixture.place(name) }
      try await Self.put([Self.forbid("nord-1", "a"), Self.forbid("nord-2", "b")], in: fixture)
      let judged = try await fixture.pool.withConnection { writer in
        _ = try await writer.query("SELECT pg_advisory_lock(\(Self.offerLock))")
        async let judging = fixture.store.judgeEverything(always: true, together: 1)
        let waits = try await eventually { try await Self.waiting(writer) > 0 }
        #expect(waits)
        _ = try await writer.query("UPDATE offer_state SET version = version + 1")
        _ = try await writer.query("SELECT pg_advisory_unlock(\(Self.offerLock))")
        return try await judging
      }
      #expect(judged.hasMoved && judged.opened == 2)
      #expect(try await fixture.store.findings().items.map(\.project) == ["charlie", "delta"])
      let again = try await fixture.store.judgeEverything(always: false, together: 1)
      #expect(!again.hasMoved && again.opened == 1 && again.resolved == 0)
    }
  }

  @Test func `it is known when everything was judged last`() async throws {
    try await Self.withFixture { fixture, _ in
      let store = fixture.store
      #expect(try await store.counts().judgedAgo == nil)
      _ = try await store.judgeEverything(always: false)
      try await fixture.pool.withConnection {
        _ = try await $0.query("UPDATE findings_judged SET judged_at = judged_at - interval '1 hour'")
      }
      #expect(try #require(try await store.counts().judgedAgo) >= .seconds(3600))
      // Nothing has changed since: so it is true until now.
      _ = try await store.judgeEverything(always: false)
      #expect(try #require(try await store.counts().judgedAgo) < .seconds(3600))
    }
  }

  @Test func `the bus forgets an ended finding after a month, and the store after two years; an open one never`()
    async throws
  {
    try await Self.withFixture { fixture, cluster in
      let store = fixture.store
      for round in 0..<3 {
        try await Self.put([Self.forbid(cluster, "r\(round)")], in: fixture)
        #expect(try await store.judgeEverything(always: false).opened == 1)
        try await Self.put([], in: fixture)
        #expect(try await store.judgeEverything(always: false).resolved == 1)
      }
      try await Self.put([Self.forbid(cluster, "open")], in: fixture)
      #expect(try await store.judgeEverything(always: false).opened == 1)
      let told = try await fixture.count("SELECT count(*) FROM public_facts WHERE key LIKE 'finding/%'")
      #expect(told == 7, "opened four times, ended three times, each once")
      func age(_ days: Int) async throws {
        try await fixture.pool.withConnection {
          _ = try await $0.execute(
            """
            UPDATE findings SET opened_at = opened_at - \(days) * interval '1 day',
              resolved_at = resolved_at - \(days) * interval '1 day'
            """)
        }
      }
      try await age(29)
      #expect(try await store.findingsToBury(limit: 10) == [])
      try await age(2)
      #expect(try await store.findingsToBury(limit: 10) == [], "the bus is to hear of them first")
      while true {
        let claims = try await store.claimFacts(limit: 1000)
        guard !claims.isEmpty else { break }
        try await store.markPublished(facts: claims.map { FactAck(of: $0, partition: 0, offset: 0) })
      }
      let due = try await store.findingsToBury(limit: 2)
      #expect(due.count == 2)
      #expect(try await store.findingsToBury(limit: 2) == due, "what is not acknowledged is due again")
      try await store.markBuried(findings: due)
      let last = try await store.findingsToBury(limit: 2)
      #expect(last.count == 1 && !due.contains(last[0]))
      #expect(try await Self.counts(store) == [1, 0, 3], "they are not forgotten here")
      #expect(try await fixture.count("SELECT count(*) FROM public_facts WHERE key LIKE 'finding/%'") == 3)
      try await age(698)
      #expect(try await store.forgetFindings() == 0)
      try await age(2)
      #expect(try await store.forgetFindings(limit: 2) == 2, "the third is still on the bus")
      try await store.suspend(because: "the bus is ahead", comparedIn: 1)
      #expect(try await store.findingsToBury(limit: 2) == [])
      _ = try await fixture.count("UPDATE epoch SET suspended_at = NULL, suspended_because = NULL RETURNING 1")
      try await store.markBuried(findings: try await store.findingsToBury(limit: 2))
      #expect(try await store.forgetFindings(limit: 2) == 1)
      #expect(try await Self.counts(store) == [1, 0, 0])
      #expect(try await fixture.count("SELECT count(*) FROM public_facts WHERE key LIKE 'finding/%'") == 1)
    }
  }

  /// The key under which whoever changes the offer and whoever reads it meet.
  private static let offerLock: Int64 = 0x7265_6769_6503

  /// Open, overdue and resolved ones.
  private static func counts(_ store: GovernanceStore) async throws -> [Int64] {
    let counts = try await store.findingCounts()
    return [counts.open, counts.overdue, counts.resolved]
  }

  private static func waiting(_ connection: PostgresConnection) async throws -> Int64 {
    try await connection.query(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
    ).first?.decode(Int64.self, "count") ?? 0
  }
}
