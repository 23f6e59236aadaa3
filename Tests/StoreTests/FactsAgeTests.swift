import Events
import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// What nobody says any more of a cluster does not stand for ever: by the agent's clock, and by the centre's.
struct FactsAgeTests {
  /// What a heartbeat may no longer say.
  enum Silence: String, CaseIterable, Sendable {
    case cluster = "the cluster is named, and nothing is said of it"
    case others = "only another cluster is named"
    case all = "no cluster is named"
  }

  /// Whose clock runs.
  enum Clock: CaseIterable, Sendable {
    case agent, centre
  }

  private static let start = Timestamp(microseconds: 1_795_000_000_000_000)

  private static func seconds(_ seconds: Int64) -> Timestamp {
    Timestamp(microseconds: start.microseconds + seconds * 1_000_000)
  }

  private func heartbeat(
    _ sequence: Int64, at seconds: Int64, _ clusters: [AgentStatus.ClusterStatus]
  ) -> ObservationRecord {
    let status = AgentStatus(
      zone: "nord", incarnation: 1, sequence: sequence, version: "test", at: Self.seconds(seconds),
      snapshotComplete: true, clusters: clusters)
    return ObservationRecord(partition: 0, offset: sequence, observation: .agent(status))
  }

  private func full(_ seconds: Int64, asOf: Int64? = nil) -> AgentStatus.ClusterStatus {
    let at = Self.seconds(asOf ?? seconds)
    return AgentStatus.ClusterStatus(
      name: "nord-1", reachable: true, placements: 0,
      conformity: ClusterConformity(at: at, answers: [.init(rule: "root", result: .enforced, at: at)]),
      capacity: MeasuredCapacity(
        asOf: at, nodes: 3, amounts: ResourceAmounts(cpu: 8_000, memory: 64 << 30, pods: 100)))
  }

  private func rest(_ silence: Silence) -> [AgentStatus.ClusterStatus] {
    switch silence {
    case .cluster: [.init(name: "nord-1", reachable: true, placements: 0)]
    case .others: [.init(name: "nord-2", reachable: true, placements: 0)]
    case .all: []
    }
  }

  /// Lets as much time pass for the centre as if it had stored everything earlier by so much.
  private func age(by seconds: Int64, _ fixture: StoreFixture) async throws {
    try await fixture.pool.withConnection { connection in
      for row in try await connection.query("SELECT cluster, conformity, capacity FROM cluster_facts") {
        func earlier(_ moment: Timestamp?) -> Timestamp? {
          moment.map { Timestamp(microseconds: $0.microseconds - seconds * 1_000_000) }
        }
        var conformity = try row.decode(PostgresJSON.self, "conformity").decode(StoredConformity.self)
        conformity.answers = conformity.answers.mapValues { answer in
          StoredConformity.Answer(finding: answer.finding, at: answer.at, heardAt: earlier(answer.heardAt))
        }
        var capacity = try row.decode(PostgresJSON?.self, "capacity")?.decode(StoredCapacity.self)
        let heardAt = earlier(capacity?.heardAt)
        capacity?.heardAt = heardAt
        try await connection.execute(
          """
          UPDATE cluster_facts SET conformity = \(PostgresJSON(bytes: try BusCodec.encode(conformity))),
            capacity = \(try capacity.map { PostgresJSON(bytes: try BusCodec.encode($0)) }),
            stored_at = stored_at - make_interval(secs => \(Double(seconds)))
          WHERE cluster = \(try row.decode(String.self, "cluster"))
          """)
      }
    }
  }

  private func known(_ fixture: StoreFixture) async throws -> ClusterFacts? {
    try await fixture.store.presentOffer().offer.facts.first { $0.cluster == "nord-1" }
  }

  private func run(_ body: (StoreFixture) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large])
      guard case .cluster(var cluster) = Offered.cluster("nord-1", Offered.large) else { return }
      cluster.spec.capacitySource = .measured
      _ = try await fixture.store.put(.cluster(cluster), context: someone)
      try await body(fixture)
    }
  }

  @Test(arguments: Silence.allCases, Clock.allCases)
  func `what is not said any more ends: what was measured after its hour, what was found after three days`(
    silence: Silence, clock: Clock
  ) async throws {
    try await run { fixture in
      let topic = "regie.nord.observed"
      var (sequence, passed): (Int64, Int64) = (1, 0)
      func hear(after seconds: Int64) async throws {
        sequence += 1
        if clock == .agent { passed += seconds } else { try await age(by: seconds, fixture) }
        _ = try await fixture.store.apply(
          [heartbeat(sequence, at: passed, rest(silence))], topic: topic, zone: "nord")
      }
      func limit() async throws -> Int64 {
        try await fixture.count("SELECT limit_cpu FROM capacity_ledger WHERE cluster = 'nord-1'")
      }
      _ = try await fixture.store.apply([heartbeat(1, at: 0, [full(0)])], topic: topic, zone: "nord")
      #expect(try await limit() == 8_000)
      try await hear(after: 3_500)
      #expect(try await known(fixture)?.conformity == ["root": .enforced])
      #expect(try await limit() == 8_000)
      try await hear(after: 200)
      #expect(try await known(fixture)?.capacity == nil)
      #expect(try await limit() == 0)
      try await hear(after: 3 * 86_400 - 3_800)
      #expect(try await known(fixture)?.conformity == ["root": .enforced])
      try await hear(after: 200)
      #expect(try await known(fixture) == nil, "not known is not declared")
    }
  }

  @Test func `what the previous program has stored does not become young when something else is written`() throws {
    var conformity = StoredConformity()
    conformity.answers = ["root": .init(finding: .inconclusive, at: Self.start)]
    let capacity = StoredCapacity(
      MeasuredCapacity(asOf: Self.start, nodes: 3, amounts: ResourceAmounts(cpu: 8_000)),
      declared: ResourceAmounts(cpu: 9_000), heardAt: Self.start)
    var known = FactsChange.Known(
      cluster: "nord-1", conformity: conformity, capacity: capacity, storedAt: Self.start,
      declared: ResourceAmounts(cpu: 9_000), isMeasured: true, longest: 3_600)
    known.capacity?.heardAt = nil
    func hear(at seconds: Int64) -> FactsChange? {
      // The agent's clock stands still: it is the centre's that counts.
      FactsChange(known, report: nil, at: Self.start, heardAt: Self.seconds(seconds), withRises: true)
    }
    let first = try #require(hear(at: 1_000))
    #expect(first.weight == .nothing, "nothing was found that was not known")
    #expect(first.conformity.answers["root"]?.heardAt == Self.start && first.capacity?.heardAt == Self.start)
    (known.conformity, known.capacity, known.storedAt) = (first.conformity, first.capacity, Self.seconds(1_000))
    #expect(hear(at: 3_500) == nil)
    let second = try #require(hear(at: 3_700))
    #expect(second.capacity == nil && second.weight == .urgent)
    known.storedAt = Self.seconds(2 * 86_400)
    #expect(hear(at: 3 * 86_400 + 1)?.conformity.answers.isEmpty == true)
  }

  @Test func `an outage of the bus makes nothing old that is said again after it`() async throws {
    try await run { fixture in
      let topic = "regie.nord.observed"
      _ = try await fixture.store.apply([heartbeat(1, at: 0, [full(0)])], topic: topic, zone: "nord")
      let version = try await fixture.count("SELECT version FROM offer_state")
      try await age(by: 5 * 86_400, fixture)
      _ = try await fixture.store.apply(
        [heartbeat(2, at: 5 * 86_400, [full(5 * 86_400)])], topic: topic, zone: "nord")
      #expect(try await known(fixture)?.conformity == ["root": .enforced])
      #expect(try await known(fixture)?.capacity?.cpu == 8_000)
      #expect(try await fixture.count("SELECT version FROM offer_state") == version)
    }
  }
}
