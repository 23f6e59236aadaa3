import Contract
import Events
import Foundation
import HTTPTypes
import Model
import Placement
import Postgres
import Store
import Testing

@testable import API

/// Questions under a policy that is not in force: one that is supposed, or one that is scheduled.
struct SupposedPolicyTests {
  private static func ask(_ api: APIFixture, _ more: String = "") async throws -> QueryView {
    let answer = try await api.send(
      .post, Asked.query, #"{"project": "vigie"\#(more)}"#, type: "application/json")
    try #require(answer.status == 200, "\(answer.text)")
    return try answer.decode()
  }

  private static func codes(_ view: QueryView) -> Set<ReasonCode> {
    Set(view.explanation.environments.flatMap(\.candidates).flatMap(\.reasons).map(\.code))
  }

  /// The policy with more said in it, as part of a body.
  private static func supposing(_ line: String) throws -> String {
    #", "policy": \#(try ProjectText.json(Offered.policy + "\n  \(line)\n"))"#
  }

  /// Ratified, and in force from a moment on, with what `change` makes of the present document.
  private static func schedule(
    _ api: APIFixture, version: Int64, from moment: String, _ change: PostgresQuery
  ) async throws {
    _ = try await api.pool.withConnection {
      try await $0.execute(
        """
        INSERT INTO policy_versions (version, resource, effective_at, document, principal)
        SELECT \(version), resource, (\(moment)::text)::timestamptz, \(change), 'test'
        FROM policy_versions WHERE version = 1
        """)
    }
  }

  /// What the rule prefers is forbidden.
  private static let forbidding: PostgresQuery =
    "jsonb_set(document #- '{rules,0,weight}', '{rules,0,effect}', '\"forbid\"')"

  private static func check(_ api: APIFixture) async throws {
    for (day, version) in [("2097-02-27", 1), ("2097-03-01", 2), ("2098-03-15", 2), ("2098-06-01", 3)] {
      let view = try await ask(api, #", "at": "\#(day)""#)
      #expect(view.basis.policyVersion == Int64(version) && view.basis.supposed == [.at], "\(day)")
      let isForbidden = codes(view).contains(.ruleForbids)
      #expect(isForbidden == (version == 2), "\(day)")
      #expect(view.explanation.outcome == (version == 2 ? .unplaceable : .placed), "\(day)")
    }
    let now = try await ask(api)
    #expect(now.basis.policyVersion == 1 && now.explanation.outcome == .placed)
    // What is supposed goes before what is scheduled.
    let policy = try supposing("complianceDays: 9")
    let supposed = try await ask(api, policy + #", "at": "2097-03-15""#)
    #expect(supposed.explanation.outcome == .placed && supposed.basis.supposed == [.at, .policy])
    let body = #"{"project": "vigie", "choices": {"prod": ["nord-1"]}, "at": "2097-03-15"}"#
    let validation: ValidationView = try await api.send(.post, Asked.validate, body, type: "application/json").decode()
    #expect(!validation.valid && validation.basis.policyVersion == 2)
  }

  @Test func `on a day to come the policy answers that will be in force by then`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      try await Self.schedule(api, version: 2, from: "2097-03-01T00:00:00Z", Self.forbidding)
      try await Self.schedule(api, version: 3, from: "2098-06-01T00:00:00Z", "document")
      try await Self.check(api)
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `what is scheduled is answered from memory, while its only connection is taken`() async throws {
    try await QueryMemoryTests.run { api in
      try await Self.schedule(api, version: 2, from: "2097-03-01T00:00:00Z", Self.forbidding)
      try await Self.schedule(api, version: 3, from: "2098-06-01T00:00:00Z", "document")
      while try await Self.ask(api, #", "at": "2098-06-01""#).basis.policyVersion != 3 {
        try await Task.sleep(for: .milliseconds(5))
      }
      try await api.pool.withConnection { _ in try await Self.check(api) }
    }
  }

  @Test func `a policy that is supposed says for itself how long an agent may be silent`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let strict = try Self.supposing("heartbeatLimitSeconds: 60")
      let lax = try Self.supposing("heartbeatLimitSeconds: 3600")
      func outcomes() async throws -> [Decision.Outcome] {
        var outcomes: [Decision.Outcome] = []
        for policy in [strict, "", lax] { outcomes.append(try await Self.ask(api, policy).explanation.outcome) }
        return outcomes
      }
      #expect(try await outcomes() == [.placed, .placed, .placed])
      try await api.store.recordSilence(zone: "nord", for: .seconds(100))
      #expect(try await outcomes() == [.unplaceable, .placed, .placed])
      let silent = Self.codes(try await Self.ask(api, strict))
      #expect(silent.contains(.staleHeartbeat))
      try await api.store.recordSilence(zone: "nord", for: .seconds(300))
      #expect(try await outcomes() == [.unplaceable, .unplaceable, .placed])
      // A scheduled one does so as well.
      try await Self.schedule(
        api, version: 2, from: "2097-03-01T00:00:00Z", "jsonb_set(document, '{heartbeatLimitSeconds}', '3600')")
      #expect(try await Self.ask(api, #", "at": "2097-03-15""#).explanation.outcome == .placed)
      #expect(try await Self.ask(api, #", "at": "2097-02-15""#).explanation.outcome == .unplaceable)
    }
  }

  /// The heartbeat of an agent that has measured a cluster once and could not watch it since, so many seconds later.
  private static func hear(_ sequence: Int64, after seconds: Int64, _ api: APIFixture) async throws {
    let start: Int64 = 1_795_000_000_000_000
    let measured = MeasuredCapacity(
      asOf: Timestamp(microseconds: start), nodes: 3,
      amounts: ResourceAmounts(cpu: 8_000, memory: 64 << 30, pods: 100))
    let status = AgentStatus(
      zone: "nord", incarnation: 1, sequence: sequence, version: "test",
      at: Timestamp(microseconds: start + seconds * 1_000_000), snapshotComplete: true,
      clusters: [.init(name: "nord-1", reachable: true, placements: 0, capacity: measured)])
    // Whoever hears it has heard nothing before: nothing waits.
    let record = ObservationRecord(partition: 0, offset: sequence, observation: .agent(status))
    _ = try await GovernanceStore(pool: api.pool, logger: quiet).apply([record], topic: "t", zone: "nord")
  }

  @Test func `a policy that is supposed says for itself how long a measurement counts`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let cluster = Offered.cluster("nord-1").replacing(
        "zone: nord-usuel", with: "zone: nord-usuel\n  capacitySource: measured")
      try #require(try await api.send(.put, "/api/v1/clusters/nord-1", cluster).status == 200)
      try await Self.hear(1, after: 0, api)
      try await Self.hear(2, after: 900, api)
      let strict = try Self.supposing("capacityMaxAgeSeconds: 600")
      #expect(try await Self.ask(api).explanation.outcome == .placed)
      #expect(try await Self.ask(api, strict).explanation.outcome == .unplaceable)
      // An offer that is supposed besides is so with what counts by the policy.
      let open = #", "offer": {"states": [{"kind": "Region", "name": "nord", "state": "open"}]}"#
      #expect(try await Self.ask(api, open).explanation.outcome == .placed)
      #expect(try await Self.ask(api, strict + open).explanation.outcome == .unplaceable)
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `what agents say by other limits than those in force is asked for anew each time`() async throws {
    try await QueryMemoryTests.run(connections: 4) { api in
      let strict = try Self.supposing("heartbeatLimitSeconds: 60")
      for _ in 0..<3 { #expect(try await Self.ask(api, strict).explanation.outcome == .placed) }
      // Nobody is told of it: by the policy in force it may be silent for so long.
      try await api.store.recordSilence(zone: "nord", for: .seconds(100))
      #expect(try await Self.ask(api, strict).explanation.outcome == .unplaceable)
    }
  }
}
