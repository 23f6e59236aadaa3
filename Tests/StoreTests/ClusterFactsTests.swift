import Events
import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// What agents find on their clusters decides where projects go, and is stored with the decisions.
struct ClusterFactsTests {
  private typealias Result = ClusterConformity.Result

  /// A zone for restricted data, and a class of them that demands that its clusters let no root run.
  private func run(_ body: (StoreFixture) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let zone = ZoneSpec(region: "nord", sensitivity: .restricted, slug: "norddr", chain: "forge")
      let demand = LabelSelector(matchLabels: ["conformity.root": "Enforced"])
      let policy = PolicySpec(
        title: LocalizedText(fr: "Politique"),
        dataClasses: [
          PolicySpec.DataClass(name: "public", sensitivity: .usuel),
          PolicySpec.DataClass(name: "dr", sensitivity: .restricted, requires: demand),
        ])
      for resource in [
        .zone(Resource("nord-dr", zone)), Offered.cluster("dr-1", Offered.large, zone: "nord-dr"),
        .policy(Resource("regie", policy)),
      ] as [AnyResource] {
        _ = try await fixture.store.put(resource, context: someone)
      }
      try await body(fixture)
    }
  }

  private func heartbeat(
    _ sequence: Int64, root: Result?, cluster: String = "dr-1", zone: String = "norddr",
    at: Timestamp = Timestamp(microseconds: 1_795_000_000_000_000), foundAt: Timestamp? = nil
  ) -> ObservationRecord {
    let answers = root.map { [ClusterConformity.Answer(rule: "root", result: $0, at: foundAt ?? at)] }
    let status = AgentStatus(
      zone: zone, incarnation: 1, sequence: sequence, version: "test", at: at, snapshotComplete: true,
      clusters: [
        .init(
          name: cluster, reachable: true, placements: 0,
          conformity: answers.map { ClusterConformity(at: at, answers: $0) })
      ])
    return ObservationRecord(partition: 0, offset: sequence, observation: .agent(status))
  }

  private func hear(_ record: ObservationRecord, zone: String = "norddr", _ fixture: StoreFixture) async throws {
    _ = try await fixture.store.apply([record], topic: "regie.\(zone).observed", zone: zone)
  }

  private func decide(_ name: String, _ fixture: StoreFixture) async throws -> DecisionOutcome {
    _ = try await fixture.store.put(.project(Offered.project(name, dataClasses: ["dr"])), context: someone)
    return try await fixture.store.decide(PlacementRequest(project: name), context: someone)
  }

  private func version(_ fixture: StoreFixture) async throws -> Int64 {
    try await fixture.count("SELECT version FROM offer_state")
  }

  private func reasons(_ outcome: DecisionOutcome, at cluster: String = "dr-1") -> [Reason] {
    let candidates = outcome.answer.explanation?.decision.environments.flatMap(\.candidates) ?? []
    return candidates.first { $0.cluster == cluster }?.reasons ?? []
  }

  @Test func `a class that demands what probes find is refused until they do, and told why in both languages`()
    async throws
  {
    try await run { fixture in
      let unknown = try await decide("alpha", fixture)
      #expect(unknown.answer.plan.outcome == .unplaceable)
      let reason = try #require(reasons(unknown).first)
      #expect(reason.code == .attributeUndeclared)
      #expect(reason.sentence.fr.contains("n’a pas été sondé") && reason.sentence.en?.contains("not probed") == true)

      try await hear(heartbeat(1, root: .enforced), fixture)
      let placed = try await decide("alpha", fixture)
      #expect(placed.answer.plan.assignments.map(\.cluster) == ["dr-1"])

      try await hear(heartbeat(2, root: .notEnforced), fixture)
      let refused = try await decide("beta", fixture)
      #expect(refused.answer.plan.outcome == .unplaceable)
      let demand = try #require(reasons(refused).first)
      #expect(demand.code == .dataClassDemand)
      #expect(demand.sentence.fr == "La classe « dr » exige : conformity.root in (Enforced).")
      #expect(demand.sentence.en == "The class “dr” demands: conformity.root in (Enforced).")
      try await fixture.expectAllReplay()
    }
  }

  @Test func `what is placed where a probe fails later is found out, and stays where it is`() async throws {
    try await run { fixture in
      try await hear(heartbeat(1, root: .enforced), fixture)
      let placed = try await decide("alpha", fixture)
      let before = try #require(placed.placements.first)
      try await hear(heartbeat(2, root: .notEnforced), fixture)

      let (offer, day) = try await fixture.store.presentOffer()
      let policy = try #require(try await fixture.store.policyInForce())
      let engine = Engine(offer: offer, policy: EffectivePolicy(version: policy.version, spec: policy.spec), day: day)
      let request = DecisionRequest(
        project: Offered.project("alpha", dataClasses: ["dr"]),
        existing: [ExistingPlacement(before.spec)], now: Date(timeIntervalSince1970: 1_795_000_000))
      let standing = engine.rejudge(request, on: PlacementState(ledger: Ledger(), staleZones: [], for: engine))
      #expect(standing.map(\.mayStay) == [false])
      #expect(standing.flatMap(\.reasons).map(\.code) == [.dataClassDemand])

      let again = try await decide("alpha", fixture)
      #expect(!again.changed)
      #expect(try await fixture.store.placement(before.spec.id).spec == before.spec)
      #expect(try await fixture.ledgerAddsUp())
      try await fixture.expectAllReplay()
    }
  }

  @Test func `only what decisions look at is a new version of the offer, not every heartbeat`() async throws {
    try await run { fixture in
      let first = try await version(fixture)
      try await hear(heartbeat(1, root: nil), fixture)
      #expect(try await version(fixture) == first)
      try await hear(heartbeat(2, root: .enforced), fixture)
      #expect(try await version(fixture) == first + 1)
      let later = Timestamp(microseconds: 1_795_086_400_000_000)
      for sequence in Int64(3)...5 { try await hear(heartbeat(sequence, root: .enforced, at: later), fixture) }
      // The agent was started again, and has not probed yet.
      try await hear(heartbeat(6, root: nil, at: later), fixture)
      #expect(try await version(fixture) == first + 1)
      try await hear(heartbeat(7, root: .notEnforced, at: later), fixture)
      #expect(try await version(fixture) == first + 2)
      // What comes late, or again, changes nothing.
      try await hear(heartbeat(5, root: .enforced, at: later), fixture)
      #expect(try await version(fixture) == first + 2)
    }
  }

  @Test func `a probe that says nothing makes nothing unknown before three days have passed`() async throws {
    try await run { fixture in
      let start: Int64 = 1_795_000_000_000_000
      let day: Int64 = 86_400_000_000
      try await hear(heartbeat(1, root: .enforced, at: Timestamp(microseconds: start)), fixture)
      let first = try await version(fixture)
      try await hear(heartbeat(2, root: .inconclusive, at: Timestamp(microseconds: start + 3 * day)), fixture)
      #expect(try await version(fixture) == first)
      try await hear(heartbeat(3, root: .inconclusive, at: Timestamp(microseconds: start + 3 * day + 1)), fixture)
      #expect(try await version(fixture) == first + 1)
      let refused = try await decide("alpha", fixture)
      #expect(reasons(refused).map(\.code) == [.attributeUndeclared])
    }
  }

  @Test func `an agent is believed of the clusters of its own zone only`() async throws {
    try await run { fixture in
      let first = try await version(fixture)
      try await hear(heartbeat(1, root: .enforced, zone: "nord"), zone: "nord", fixture)
      // One that says it is of another zone than the topic's is not heard at all.
      try await hear(heartbeat(2, root: .enforced, zone: "norddr"), zone: "nord", fixture)
      try await hear(heartbeat(3, root: .enforced, cluster: "nowhere"), fixture)
      #expect(try await version(fixture) == first)
      #expect(try await decide("alpha", fixture).answer.plan.outcome == .unplaceable)
    }
  }

  private func measured(
    _ sequence: Int64, cpu: Int64?, at seconds: Int64 = 0, asOf: Int64? = nil
  ) -> ObservationRecord {
    func moment(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: 1_795_000_000_000_000 + seconds * 1_000_000) }
    let amounts = ResourceAmounts(cpu: cpu ?? 0, memory: 64 << 30, pods: 100)
    let status = AgentStatus(
      zone: "nord", incarnation: 1, sequence: sequence, version: "test", at: moment(seconds), snapshotComplete: true,
      clusters: [
        .init(
          name: "nord-1", reachable: true, placements: 0, conformity: ClusterConformity(at: moment(0), answers: []),
          capacity: cpu.map { _ in MeasuredCapacity(asOf: moment(asOf ?? seconds), nodes: 3, amounts: amounts) })
      ])
    return ObservationRecord(partition: 0, offset: sequence, observation: .agent(status))
  }

  private func limit(_ fixture: StoreFixture) async throws -> Int64 {
    try await fixture.count("SELECT limit_cpu FROM capacity_ledger WHERE cluster = 'nord-1'")
  }

  private func measure(_ source: ClusterSpec.CapacitySource, _ fixture: StoreFixture) async throws {
    guard case .cluster(var cluster) = Offered.cluster("nord-1", Offered.large) else { return }
    cluster.spec.capacitySource = source
    _ = try await fixture.store.put(.cluster(cluster), context: someone)
  }

  @Test func `what is measured bounds what is declared, where the offer says so, and nowhere else`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let first = try await version(fixture)
      try await hear(measured(1, cpu: 3_000), zone: "nord", fixture)
      #expect(try await version(fixture) == first)
      #expect(try await limit(fixture) == 64_000)
      #expect(try await fixture.place("alpha").answer.plan.outcome == .placed)

      try await measure(.measured, fixture)
      #expect(try await limit(fixture) == 3_000)
      let full = try await fixture.place("beta")
      #expect(full.answer.plan.outcome == .unplaceable && reasons(full, at: "nord-1").map(\.code) == [.capacityShort])
      try await hear(measured(2, cpu: 4_000, at: 10), zone: "nord", fixture)
      #expect(try await fixture.place("beta").answer.plan.outcome == .placed)
      try await hear(measured(3, cpu: 900_000, at: 20), zone: "nord", fixture)
      #expect(try await limit(fixture) == 4_000, "more capacity waits for a minute")
      guard case .agent(let later)? = measured(4, cpu: 900_000, at: 80).observation else { return }
      try await fixture.store.takeFacts(of: [later], zone: "nord", at: .now + .seconds(60))
      #expect(try await limit(fixture) == 64_000, "never more than is declared")
      try await fixture.expectAllReplay()
    }
  }

  @Test func `a measurement below nothing is stored as nothing, and one that is stored already holds nobody up`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await measure(.measured, fixture)
      try await hear(measured(1, cpu: .min), zone: "nord", fixture)
      #expect(try await fixture.count("SELECT (capacity -> 'amounts' ->> 'cpu')::bigint FROM cluster_facts") == 0)
      // As an earlier program has stored it.
      try await fixture.pool.withConnection { connection in
        _ = try await connection.execute(
          "UPDATE cluster_facts SET capacity = jsonb_set(capacity, '{amounts,cpu}', '-9223372036854775808')")
      }
      guard case .agent(let later)? = measured(2, cpu: 5_000, at: 60).observation else { return }
      try await fixture.store.takeFacts(of: [later], zone: "nord", at: .now + .seconds(60))
      #expect(try await limit(fixture) == 5_000)
    }
  }

  @Test func `a measurement counts no more once it is too old, and only a change of amounts is a new offer`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await measure(.measured, fixture)
      #expect(try await limit(fixture) == 0, "nothing before it was measured")
      try await hear(measured(1, cpu: 8_000), zone: "nord", fixture)
      let first = try await version(fixture)
      // The agent was started again, then can not watch the cluster any more.
      try await hear(measured(2, cpu: nil, at: 60), zone: "nord", fixture)
      try await hear(measured(3, cpu: 8_000, at: 3_600, asOf: 0), zone: "nord", fixture)
      #expect(try await version(fixture) == first)
      #expect(try await limit(fixture) == 8_000)
      try await hear(measured(4, cpu: 8_000, at: 3_601, asOf: 0), zone: "nord", fixture)
      #expect(try await version(fixture) == first + 1)
      #expect(try await limit(fixture) == 0)
      #expect(try await fixture.place("alpha").answer.plan.outcome == .unplaceable)
    }
  }

  @Test func `every rule that is probed is an attribute that a policy may name`() {
    #expect(ConformityRule.allCases.map(\.rawValue) == ConformityFinding.rules)
    #expect(ConformityFinding.rules.allSatisfy { AttributeNames.place.contains("conformity.\($0)") })
  }
}
