import Events
import Foundation
import Model
import Placement
import Policy
import Postgres
import Store
import TestSupport
import Testing

/// The whole promise: what was said before the vote is what is when the version takes effect on the same data, in each of its parts.
struct ImpactTruthTests {
  private static let nord = ["nord-1", "nord-2", "nord-3"]
  private static let sud = ["sud-1", "sud-2"]

  /// What the store says of one project, under the policy in force.
  private struct View {
    var isPlaceable: Bool
    /// Where it would be best if it were free to move.
    var best: [Assignment]
  }

  /// Two regions; of what is there, most is in the first.
  private static func withRegions(_ body: (StoreFixture, PolicySpec) async throws -> Void) async throws {
    try await ImpactTests.withFixture(8) { fixture, present in
      let audience = Audience(organisations: ["*"], scopes: AudienceScope.allCases)
      let chain = ChainSpec(
        displayName: "Forge", sensitivities: [.usuel, .restricted], regions: ["nord", "sud"], audience: audience)
      let region = RegionSpec(
        operator: "dtnum", location: RegionSpec.Location(country: "FR"),
        dataCenters: [RegionSpec.DataCenter(name: "dc1"), RegionSpec.DataCenter(name: "dc2")], audience: audience)
      let zone = ZoneSpec(region: "sud", sensitivity: .usuel, slug: "sud", chain: "forge")
      for resource in [
        .region(Resource("sud", region)), .chain(Resource("forge", chain)), .zone(Resource("sud-usuel", zone)),
      ] + sud.map({ Offered.cluster($0, Offered.large, zone: "sud-usuel") }) {
        _ = try await fixture.store.put(resource, context: someone)
      }
      for number in 0..<3 { _ = try await fixture.place("tardif\(number)", environments: ["prod", "dev"]) }
      try await body(fixture, present)
    }
  }

  /// What each project is told, by name.
  private static func views(_ fixture: StoreFixture) async throws -> [String: View] {
    var views: [String: View] = [:]
    for project in try await fixture.store.list(.project, limit: 1000).items {
      let basis = try await fixture.store.basis(PlacementRequest(project: project.metadata.name))
      var free = basis.request
      free.keepExisting = false
      views[project.metadata.name] = View(
        isPlaceable: basis.engine.plan(basis.request, on: basis.state).outcome == .placed,
        best: basis.engine.plan(free, on: basis.state).assignments)
    }
    return views
  }

  /// Where each replica of a finding would go, project after project, each on what those before it would take.
  private static func moves(of findings: [FindingRecord], _ fixture: StoreFixture) async throws -> [String] {
    var (moves, state): ([String], PlacementState?) = ([], nil)
    let byProject = Dictionary(grouping: findings, by: \.project)
    for name in byProject.keys.sorted() {
      let basis = try await fixture.store.basis(PlacementRequest(project: name))
      var moving = state ?? basis.state
      let plan = basis.engine.plan(basis.request, on: moving).assignments.filter { $0.movedFrom != nil }
      for finding in byProject[name] ?? [] {
        let move = plan.first {
          ($0.environment, $0.replica, $0.movedFrom) == (finding.environment, finding.replica, finding.cluster)
        }
        moves.append(
          Self.move(name, finding.environment, finding.replica, finding.cluster, move?.cluster, move?.region))
        if let move, let site = basis.engine.site(named: move.cluster) { moving.add(move.quota, to: site) }
      }
      state = moving
    }
    return moves
  }

  private static func move(
    _ project: String, _ environment: String, _ replica: Int, _ from: String, _ to: String?, _ region: String?
  ) -> String {
    "\(project) \(environment) \(replica): \(from) → \(to ?? "nowhere") (\(region ?? "-"))"
  }

  /// What the ledger lets each region promise, and what is promised there.
  private static func promises(_ fixture: StoreFixture) async throws -> [String] {
    try await fixture.pool.withConnection {
      try await $0.query(
        """
        SELECT split_part(cluster, '-', 1) AS region, sum(limit_cpu)::bigint AS most, sum(committed_cpu)::bigint AS committed
        FROM capacity_ledger GROUP BY region ORDER BY region
        """
      ).map {
        "\(try $0.decode(String.self, "region")) \(try $0.decode(Int64.self, "most"))"
          + " \(try $0.decode(Int64.self, "committed"))"
      }
    }
  }

  /// The first two are what must be seen for each part to be looked at: all leave a region, and nobody has a place.
  private static func proposal(_ round: Int, from present: PolicySpec, _ dice: inout Dice) -> PolicySpec {
    func rule(_ number: Int, _ effect: PolicySpec.Effect, _ labels: [String: String]) -> PolicySpec.Rule {
      var rule = ImpactTests.forbid("", "r\(number)")
      (rule.effect, rule.places) = (effect, LabelSelector(matchLabels: labels))
      return rule
    }
    var proposed = present
    proposed.title = LocalizedText(fr: "Version \(round)")
    switch round {
    case 0: proposed.rules = [rule(0, .forbid, ["region.name": "nord"])]
    case 1: proposed.rules = ["nord-1", "sud-1"].enumerated().map { rule($0, .require, ["cluster.name": $1]) }
    default:
      proposed.rules = (0..<2).map { number in
        let labels =
          Bool.random(using: &dice)
          ? ["region.name": ["nord", "sud"].randomElement(using: &dice) ?? "nord"]
          : ["cluster.name": (nord + sud).randomElement(using: &dice) ?? "nord-1"]
        var rule = rule(number, Bool.random(using: &dice) ? .require : .forbid, labels)
        if Bool.random(using: &dice) { rule.stages = ["prod"] }
        return rule
      }
      let reserves: [Quantity?] = [Quantity("0.25"), Quantity("0.5"), Quantity("0.9")]
      proposed.capacity = [
        PolicySpec.CapacityRule(id: "reserve", reserve: reserves.randomElement(using: &dice) ?? nil)
      ]
    }
    return proposed
  }

  @Test func `impact is what happens when the version takes effect on the same data`() async throws {
    var dice = Dice.fresh("impact and effect")
    try await Self.withRegions { fixture, present in
      let store = fixture.store
      for round in 0..<6 {
        let proposed = Self.proposal(round, from: present, &dice)
        // What is reserved only, and what is to be removed, is there too.
        _ = try await store.put(.project(Offered.project("attente\(round)")), context: someone)
        _ = try? await store.reserve(
          PlacementRequest(project: "attente\(round)"), ttl: .seconds(600), idempotencyKey: nil, context: someone)
        if Bool.random(using: &dice) {
          _ = try await store.remove(RemovalRequest(project: "projet\(round)"), context: someone)
        }
        let asked = try await store.requestImpact(of: proposed, context: someone)
        #expect(try await ImpactTests.workOut(store))
        let impact = try #require(try await store.impactResult(asked.id))
        let before = try await Self.views(fixture)
        _ = try await store.put(.policy(Resource("regie", proposed)), context: someone)
        let after = try await Self.views(fixture)
        _ = try await store.judgeEverything(always: false)
        let found = try await store.findings(limit: 1000).items
        let place: Comment = "seed \(dice.seed), round \(round)"
        #expect(
          found.map { "\($0.project) \($0.environment) \($0.replica) \($0.cluster) \($0.rules)" }
            == impact.nonCompliances.map {
              "\($0.project) \($0.environment) \($0.replica) \($0.cluster) \($0.rules)"
            }, place)
        #expect(found.map(\.reasons) == impact.nonCompliances.map(\.reasons), place)
        let lost = after.filter { !$0.value.isPlaceable && before[$0.key]?.isPlaceable == true }.keys.sorted()
        #expect(impact.unplaceable.map(\.project) == lost, place)
        let changes = after.keys.sorted().flatMap { name -> [String] in
          let (old, new) = (before[name]?.best ?? [], after[name]?.best ?? [])
          guard old.count == new.count else { return [] }
          return zip(old, new).filter { $0.region != $1.region }.map {
            "\(name) \($0.environment) \($0.replica) \($0.region) \($1.region)"
          }
        }
        #expect(
          impact.regionChanges.flatMap { change in
            change.replicas.map { "\(change.project) \($0.environment) \($0.replica) \($0.from) \($0.to)" }
          } == changes, place)
        #expect(
          impact.migrations.map { Self.move($0.project, $0.environment, $0.replica, $0.from, $0.to, $0.toRegion) }
            .sorted() == (try await Self.moves(of: found, fixture)).sorted(), place)
        for stage in ["dev", "prod"] {
          let said = impact.capacity.map { region in
            let most = region.stages.first { $0.stage == stage }?.after.cpu ?? -1
            return "\(region.region) \(most) \(region.committed.cpu)"
          }
          #expect(said == (try await Self.promises(fixture)), place)
        }
        if round == 0 { #expect(!impact.regionChanges.isEmpty && impact.migrations.contains { $0.toRegion == "sud" }) }
        if round == 1 { #expect(!impact.unplaceable.isEmpty && impact.migrations.contains { $0.to == nil }) }
      }
    }
  }

  // MARK: What agents say, by two policies

  /// What a policy would change.
  private static func impact(
    of policy: PolicySpec, at date: Timestamp? = nil, _ fixture: StoreFixture
  ) async throws -> Impact {
    let asked = try await fixture.store.requestImpact(of: policy, effectiveAt: date, context: someone)
    #expect(try await ImpactTests.workOut(fixture.store))
    return try #require(try await fixture.store.impactResult(asked.id))
  }

  @Test(arguments: [false, true])
  func `each of the two policies says for itself how long an agent may be silent`(isInMemory: Bool) async throws {
    try await ImpactTests.withFixture(2) { fixture, present in
      func check() async throws {
        let store = fixture.store
        _ = try await store.put(.project(Offered.project("attente")), context: someone)
        try await store.recordSilence(zone: "nord", for: .seconds(100))
        var strict = present
        strict.heartbeatLimitSeconds = 60
        let dates: [Timestamp?] = [nil, Timestamp(Date(timeIntervalSinceNow: 30 * 86_400))]
        for date in dates {
          let impact = try await Self.impact(of: strict, at: date, fixture)
          #expect(impact.unplaceable.map(\.project) == ["attente"] && impact.summary.noLongerPlaceable == 1)
          let codes = impact.unplaceable.flatMap(\.reasons).map(\.code)
          #expect(codes.contains(.staleHeartbeat))
          #expect(impact.nonCompliances.isEmpty && impact.migrations.isEmpty, "what is there stays")
        }
        #expect(try await Self.impact(of: present, fixture).summary.noLongerPlaceable == 0)
        // So it is.
        _ = try await store.put(.policy(Resource("regie", strict)), context: someone)
        #expect(try await fixture.place("attente").answer.plan.outcome == .unplaceable)
        let back = try await Self.impact(of: present, fixture).summary
        #expect(back.placeableAgain == 1 && back.noLongerPlaceable == 0)
        #expect(try await Self.impact(of: strict, fixture).summary.placeableAgain == 0)
      }
      if isInMemory { try await fixture.withWorld { try await check() } } else { try await check() }
    }
  }

  /// The heartbeat of an agent that has measured a cluster once and could not watch it since, so many seconds later. Whoever
  /// hears it has heard nothing before: nothing waits.
  private static func hear(_ sequence: Int64, after seconds: Int64, _ fixture: StoreFixture) async throws {
    let start: Int64 = 1_795_000_000_000_000
    let measured = MeasuredCapacity(
      asOf: Timestamp(microseconds: start), nodes: 3,
      amounts: ResourceAmounts(cpu: 8_000, memory: 64 << 30, pods: 100))
    let status = AgentStatus(
      zone: "nord", incarnation: 1, sequence: sequence, version: "test",
      at: Timestamp(microseconds: start + seconds * 1_000_000), snapshotComplete: true,
      clusters: [.init(name: "nord-1", reachable: true, placements: 0, capacity: measured)])
    _ = try await GovernanceStore(pool: fixture.pool, logger: quiet).apply(
      [ObservationRecord(partition: 0, offset: sequence, observation: .agent(status))], topic: "t", zone: "nord")
  }

  private static func measuring(within seconds: Int, _ policy: PolicySpec) -> PolicySpec {
    var policy = policy
    policy.capacityMaxAgeSeconds = seconds
    return policy
  }

  /// The processors that the region may promise in production, before and after.
  private static func processors(_ impact: Impact) -> [Int64] {
    impact.capacity.flatMap(\.stages).filter { $0.stage == "prod" }.flatMap { [$0.before.cpu, $0.after.cpu] }
  }

  @Test(arguments: [false, true])
  func `each of the two policies says for itself how long a measurement counts`(isInMemory: Bool) async throws {
    try await ImpactTests.withFixture(1) { fixture, present in
      let store = fixture.store
      guard case .cluster(var cluster) = Offered.cluster("nord-1", Offered.large) else { return }
      cluster.spec.capacitySource = .measured
      _ = try await store.put(.cluster(cluster), context: someone)
      try await Self.hear(1, after: 0, fixture)
      try await Self.hear(2, after: 900, fixture)
      let strict = Self.measuring(within: 600, present)
      let lax = Self.measuring(within: 7200, present)
      func limit() async throws -> Int64 {
        try await fixture.count("SELECT sum(limit_cpu)::bigint FROM capacity_ledger")
      }
      func compare(_ policy: PolicySpec, at date: Timestamp? = nil, _ expected: [Int64]) async throws {
        let processors = Self.processors(try await Self.impact(of: policy, at: date, fixture))
        #expect(processors == expected)
      }
      func check() async throws {
        try await compare(strict, [136_000, 128_000])
        try await compare(lax, [136_000, 136_000])
        // So it is, from the next heartbeat on.
        _ = try await store.put(.policy(Resource("regie", strict)), context: someone)
        try await Self.hear(3, after: 901, fixture)
        #expect(try await limit() == 128_000)
        try await compare(lax, [128_000, 136_000])
        try await compare(strict, [128_000, 128_000])
        _ = try await store.put(.policy(Resource("regie", lax)), context: someone)
        try await Self.hear(4, after: 902, fixture)
        #expect(try await limit() == 136_000)
        // What is compared with one that is to come is compared with what that one counts.
        try await ImpactTests.execute(
          fixture,
          """
          INSERT INTO policy_versions (version, resource, effective_at, document, principal)
          SELECT version + 1, resource, clock_timestamp() + interval '1 hour',
            jsonb_set(document, '{capacityMaxAgeSeconds}', '600'), principal
          FROM policy_versions ORDER BY version DESC LIMIT 1
          """)
        try await compare(lax, [136_000, 136_000])
        try await compare(strict, at: Timestamp(Date(timeIntervalSinceNow: 7200)), [128_000, 128_000])
      }
      if isInMemory { try await fixture.withWorld { try await check() } } else { try await check() }
    }
  }
}
