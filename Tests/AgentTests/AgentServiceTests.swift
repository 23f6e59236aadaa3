import Events
import Foundation
import Kafka
import KafkaMock
import Kubernetes
import Model
import Reconciler
import SimulatedCluster
import Telemetry
import Testing

@testable import Agent

/// The whole agent, against a broker and clusters of its own.
@Suite(.timeLimit(.minutes(5)))
struct AgentServiceTests {
  private func quota(_ state: DesiredState, _ client: KubernetesClient) async throws -> ResourceQuota {
    try await client.get(ResourceQuota.self, DesiredObjects.quotaName, in: state.namespace)
  }

  @Test func `what was decided before the agent began is applied, and reported with its incarnation and revision`()
    async throws
  {
    try await AgentRig.with(clusters: ["c1", "c2"]) { rig in
      let first = AgentRig.state(1)
      let second = AgentRig.state(2, cluster: "c2")
      for state in [first, second] { try await rig.publish(state) }
      try await rig.withAgent { seen in
        for state in [first, second] {
          let report = try await seen.placement("the placement becomes ready") {
            $0.placement == state.placement && $0.says(ConditionType.ready).hasPrefix("True")
          }
          #expect(report.observedRevision == 1 && report.incarnation == 1_000 && report.cluster == state.cluster)
          #expect(report.timeline.appliedAt != nil && report.timeline.readyAt != nil)
        }
        #expect(try await quota(second, rig.clients[1].client).spec?.hard?["requests.cpu"] == "4")
      }
      let sequences = try await rig.reportedSequences()
      #expect(sequences == sequences.sorted() && Set(sequences).count == sequences.count)
    }
  }

  @Test func `readiness is a complete snapshot: an empty topic is one, a bus that is away is none`() async throws {
    try await AgentRig.with { rig in
      try await rig.mock.setDown()
      try await rig.withAgent { seen in
        try await eventually("the agent lives: its register is written") {
          let register = ObjectPath(.configMaps, "regie-agent-\(AgentRig.zone)", in: "regie-system")
          return (try? await rig.clients[0].client.get(register, as: ConfigMap.self)) != nil
        }
        #expect(rig.telemetry.health.report().readiness == .fail)
        try await rig.mock.setUp()
        try await seen.agent("the snapshot completes") { $0.snapshotComplete }
        try await eventually("readiness follows") { rig.telemetry.health.report().readiness == .pass }
        // Ready is not the same as free of trouble: the bus goes away, the agent stays in service.
        try await rig.mock.setDown()
        #expect(rig.telemetry.health.report().readiness == .pass)
        try await rig.mock.setUp()
      }
    }
  }

  @Test func `nothing is written to a cluster before the snapshot is complete`() async throws {
    // One of two brokers is slow, so that half of the topic is read long before the other half.
    try await AgentRig.with(partitions: 2, brokers: 2) { rig in
      let numbers = UInt8(1)...8
      for number in numbers { try await rig.publish(AgentRig.state(number)) }
      try await rig.mock.setRoundTrip(milliseconds: 1_000, broker: 2)
      try await rig.withAgent { seen in
        let kept = ListQuery(labelSelector: Labels.placement)
        try await eventually("all are made, and none before") {
          let made = try await rig.clients[0].client.list(Namespace.self, kept).items.count
          if made > 0 { #expect(rig.telemetry.health.report().readiness == .pass) }
          return made == numbers.count
        }
      }
    }
  }

  @Test func `while the bus is away what is known stays enforced, and the latest is told when it is back`()
    async throws
  {
    try await AgentRig.with { rig in
      let state = AgentRig.state(1)
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("the placement becomes ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        try await rig.mock.setDown()
        let client = rig.clients[0].client
        let path = ObjectPath(.resourceQuotas, DesiredObjects.quotaName, in: state.namespace)
        _ = try await client.patch(path, merge: ["spec": ["hard": ["requests.cpu": "99"]]], as: ResourceQuota.self)
        try await eventually("the hand-made change is undone without the bus") {
          try await quota(state, client).spec?.hard?["requests.cpu"] == "4"
        }
        try await rig.mock.setUp()
        let report = try await seen.placement("the drift is told afterwards") { report in
          report.drifts.contains { $0.path == "spec.hard.requests.cpu" && $0.live == "99" && $0.correctedAt != nil }
        }
        #expect(report.drifts.first { $0.live == "99" }?.wanted == "4")
      }
    }
  }

  @Test func `a cluster that is away hinders no other, nor the count of the agent's lives any enforcement`()
    async throws
  {
    try await AgentRig.with(clusters: ["c1", "c2"]) { rig in
      // The first cluster keeps the register.
      rig.clusters[0].inject(.status(503), requests: .max)
      let state = AgentRig.state(2, cluster: "c2")
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await eventually("the other cluster is kept, although nothing can be reported yet") {
          let found = try? await quota(state, rig.clients[1].client)
          return found?.spec?.hard?["requests.cpu"] == "4"
        }
        #expect(seen.placements.isEmpty && seen.agents.isEmpty)
        try await eventually("health says what reports wait for") {
          rig.busCheck?.status == .degraded && rig.busCheck?.message?.contains("ConfigMap") == true
        }
        rig.clusters[0].clearFaults()
        try await seen.placement("what waited is reported") { $0.says(ConditionType.ready).hasPrefix("True") }
        try await eventually("health passes once the bus has taken it") { rig.busCheck?.status == .pass }
      }
    }
  }

  @Test func `a heartbeat says what each cluster is: reachable, its version, its placements`() async throws {
    try await AgentRig.with(clusters: ["c1", "c2"]) { rig in
      rig.clusters[1].inject(.status(503), requests: .max)
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        let beat = try await seen.agent("both clusters are judged") { status in
          status.clusters.first?.version != nil && status.clusters.first?.reachable == true
            && status.clusters.last?.message?.contains("503") == true
        }
        #expect(beat.clusters.map(\.name) == ["c1", "c2"])
        #expect(beat.clusters[0].version?.hasPrefix("v1.20") == true && beat.clusters[0].placements == 1)
        #expect(!beat.clusters[1].reachable && beat.clusters[1].version == nil)
      }
    }
  }

  @Test func `a heartbeat says what each cluster refuses, as soon as it was probed`() async throws {
    try await AgentRig.with(clusters: ["c1", "c2"]) { rig in
      rig.clusters[1].inject(.status(503), requests: .max)
      try await rig.withAgent(heartbeat: .seconds(60)) { seen in
        let beat = try await seen.agent("the cluster that answers was probed, the other was tried") { status in
          status.clusters.first?.conformity.map { $0.problem == nil } == true
            && status.clusters.last?.conformity?.problem != nil
        }
        #expect(beat.clusters[0].conformity?.answers.map(\.result) == Array(repeating: .notEnforced, count: 5))
        #expect(beat.clusters[1].conformity?.answers.map(\.result) == Array(repeating: .inconclusive, count: 5))
      }
    }
  }

  @Test func `what changes is told at once, not with the next heartbeat`() async throws {
    try await AgentRig.with { rig in
      try await rig.withAgent(heartbeat: .seconds(300)) { seen in
        try await seen.agent("the cluster is listed") { $0.snapshotComplete && $0.clusters.first?.reachable == true }
        rig.clusters[0].inject(.status(503), requests: .max)
        rig.clusters[0].dropWatches()
        try await seen.agent("the cluster is lost") { $0.clusters.first?.message?.contains("503") == true }
      }
    }
  }

  private static var frozen: DesiredState {
    var state = AgentRig.state(1)
    state.phase = .frozen
    return state
  }

  /// As by `kubectl apply --server-side` of an export: its manager comes to have all that is there, too.
  private func apply(_ path: ObjectPath, as manager: String, _ client: KubernetesClient) async throws {
    let there: ObjectTree = try await client.get(path)
    var body: [String: ObjectTree] = [
      "metadata": ["name": .string(path.name), "labels": there["metadata"]?["labels"] ?? [:]]
    ]
    if path.resource == .resourceQuotas { body["spec"] = there["spec"] }
    _ = try await client.apply(body, to: path, fieldManager: manager, as: ObjectTree.self)
  }

  @Test func `what a freeze has set goes with it, whoever has come to have it, too`() async throws {
    try await AgentRig.with { rig in
      let client = rig.clients[0].client
      try await rig.withAgent { seen in
        let frozen = Self.frozen
        try await rig.publish(frozen)
        try await seen.placement("it is frozen") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        let namespace = ObjectPath(.namespaces, frozen.namespace)
        try await apply(namespace, as: "other", client)
        try await apply(
          ObjectPath(.resourceQuotas, DesiredObjects.quotaName, in: frozen.namespace), as: "other", client)
        #expect(try await quota(frozen, client).spec?.hard?["pods"] == "0")
        let thawed = AgentRig.state(1, revision: 2)
        try await rig.publish(thawed)
        try await seen.placement("it is active") {
          $0.observedRevision == 2 && $0.says(ConditionType.ready) == "True QuotaEnforced"
        }
        let there = try await quota(thawed, client)
        #expect(there.spec?.hard?["pods"] == nil && there.status?.hard?["pods"] == nil)
        #expect(there.spec?.hard?["requests.cpu"] == "4" && there.metadata.labels?[Labels.podsInUse] == nil)
        let marked = try await client.get(namespace, as: Namespace.self)
        #expect(marked.metadata.labels?[Labels.revision] == "2" && marked.metadata.labels?[Labels.phase] == nil)
      }
    }
  }

  @Test func `the next life counts on, and takes up what the one before applied`() async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1))
      for incarnation in Int64(1_000)...1_001 {
        try await rig.withAgent { seen in
          try await seen.placement("this life reports it ready") {
            $0.incarnation == incarnation && $0.says(ConditionType.ready).hasPrefix("True")
          }
        }
      }
      let drifts = try await rig.allReports().flatMap(\.drifts)
      #expect(drifts.isEmpty, "what the agent itself made is no drift")
    }
  }
}

extension AgentRig {
  /// All reports so far.
  func allReports() async throws -> [ObservedState] {
    let consumer = try KafkaConsumer(
      configuration: kafka, topic: Topics.observed(zone: Self.zone), logger: Self.quiet)
    let observations = Observations()
    var tracker = try await consumer.snapshot()
    while !tracker.isComplete {
      for event in try await consumer.nextBatch(max: 500) {
        tracker.observe(event)
        observations.take(event, zone: Self.zone)
      }
    }
    await consumer.close(within: .seconds(5))
    return observations.placements
  }

  func reportedSequences() async throws -> [Int64] { try await allReports().map(\.sequence) }
}

/// Waits until a condition that nothing announces holds, for a time that only a defect reaches.
func eventually(_ what: Comment, _ holds: () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(120)
  while try await !holds() {
    try #require(ContinuousClock.now < deadline, what)
    try await Task.sleep(for: .milliseconds(5))
  }
}
