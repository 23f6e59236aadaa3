import Events
import Foundation
import Kubernetes
import Model
import Reconciler
import SimulatedCluster
import Testing

@testable import Agent

/// What must never be forgotten lies in two places, by the mode of its time, and counts in every mode.
@Suite(.timeLimit(.minutes(5)))
struct MemoryPlacesTests {
  static let modes = ClusterSpec.Mode.allCases
  private static let configMaps = "/api/v1/namespaces/regie-system/configmaps"

  private static func state(_ revision: Int64, _ mode: ClusterSpec.Mode) -> DesiredState {
    var state = AgentRig.state(1, revision: revision, cluster: "c")
    state.mode = mode
    return state
  }

  /// Runs `body` with a home cluster and another one.
  private func with(
    _ mode: ClusterSpec.Mode, remembered: String? = nil, of before: ClusterSpec.Mode = .own,
    _ body: @Sendable (AgentRig) async throws -> Void
  ) async throws {
    try await AgentRig.with(clusters: ["home", "c"], rules: ["c": ClusterRules(mode)]) { rig in
      if let remembered {
        let place = rig.clients[before == .own || before == .adopt ? 1 : 0].client
        try await place.ensureNamespace("regie-system")
        try await place.create(
          ConfigMap(
            metadata: ObjectMeta(name: "regie-memory-z1-0", namespace: "regie-system"),
            data: [Self.state(1, mode).placement.uuidString.lowercased(): remembered]))
      }
      try await body(rig)
    }
  }

  private func namespaceIsThere(_ rig: AgentRig) async throws -> Bool {
    do {
      _ = try await rig.clients[1].client.get(Namespace.self, Self.state(1, .own).namespace)
      return true
    } catch let error as KubernetesError where error.kind == .notFound {
      return false
    }
  }

  @Test(arguments: modes, modes)
  func `what was removed in one mode does not come back by an old record in another`(
    before: ClusterSpec.Mode, after: ClusterSpec.Mode
  ) async throws {
    try await with(after, remembered: "1.7 removed", of: before) { rig in
      try await rig.publish(Self.state(4, after))
      try await rig.withAgent { seen in
        try await seen.placement("it is refused") { $0.says(ConditionType.refused) == "True Outdated" }
      }
      #expect(try await !namespaceIsThere(rig))
    }
  }

  /// By the mode, where the memory lies that the agent is not let read: at home, or on the cluster.
  @Test(arguments: [(ClusterSpec.Mode.own, 0), (.adopt, 0), (.gitops, 1), (.observe, 1)], [401, 403])
  func `a memory that may not be read is none that is empty: nothing is done, and that is told`(
    place: (mode: ClusterSpec.Mode, cluster: Int), status: Int
  ) async throws {
    try await with(place.mode) { rig in
      let home = rig.clusters[place.cluster]
      // The agent's count of its lives is kept at home as well, and is not what this is about.
      home.inject(.status(status), requests: .max, method: "GET", pathPrefix: "\(Self.configMaps)/regie-memory")
      try await rig.publish(Self.state(1, place.mode))
      try await rig.withAgent { seen in
        try await seen.agent("the heartbeat tells") {
          $0.clusters.contains { $0.name == "c" && !$0.reachable && $0.message?.contains("\(status)") == true }
        }
        try await seen.placement("the placement tells") {
          $0.cluster == "c" && $0.says(ConditionType.applied) == "False MemoryUnavailable"
        }
        #expect(try await !namespaceIsThere(rig))
        home.clearFaults()
        try await seen.placement("it goes on by itself") {
          $0.cluster == "c" && !$0.says(ConditionType.applied).hasSuffix("MemoryUnavailable")
        }
      }
    }
  }

  @Test func `what home alone knows to be removed does not come back while home is away`() async throws {
    try await with(.own, remembered: "1.5 removed", of: .gitops) { rig in
      let (replayed, other) = (Self.state(3, .own), AgentRig.state(2, cluster: "c"))
      rig.clusters[0].inject(
        .status(503), requests: .max, method: "GET", pathPrefix: "\(Self.configMaps)/regie-memory")
      try await rig.publish(other)
      try await rig.publish(replayed, isRecorded: false)
      try await rig.withAgent { seen in
        try await seen.placement("the zone's record does not vouch for it") {
          $0.placement == replayed.placement && $0.says(ConditionType.applied) == "False MemoryUnavailable"
        }
        #expect(try await !namespaceIsThere(rig))
        rig.clusters[0].clearFaults()
        try await seen.placement("home has its say") {
          $0.placement == replayed.placement && $0.says(ConditionType.refused) == "True Outdated"
        }
      }
      #expect(try await !namespaceIsThere(rig))
    }
  }

  @Test func `what home tells while something lower is being written down is not forgotten for that`() async throws {
    try await with(.own, remembered: "1.7 removed", of: .gitops) { rig in
      let removed = Self.state(3, .own)
      let other = AgentRig.state(2, cluster: "c")
      let home = rig.clusters[0]
      home.inject(.status(503), requests: .max, method: "GET", pathPrefix: "\(Self.configMaps)/regie-memory")
      // Until long after home is back.
      rig.clusters[1].inject(.delay(.seconds(6)), method: "POST", path: Self.configMaps)
      try await rig.publish(removed)
      try await rig.withAgent { seen in
        try await seen.agent("home is away") {
          $0.clusters.contains { $0.name == "c" && $0.message?.contains("home cluster") == true }
        }
        home.clearFaults()
        try await seen.placement("home has its say") {
          $0.placement == removed.placement && $0.says(ConditionType.refused) == "True Outdated"
        }
        // In the same ConfigMap, of which all that is remembered is written.
        try await rig.publish(other)
        try await seen.placement("the other is in place") {
          $0.placement == other.placement && $0.says(ConditionType.ready).hasPrefix("True")
        }
      }
      let memory = try await rig.clients[1].client.get(ConfigMap.self, "regie-memory-z1-0", in: "regie-system")
      #expect(memory.data?[removed.placement.uuidString.lowercased()] == "1.7 removed")
    }
  }

  @Test func `a home cluster that is away holds up only what it may know better`() async throws {
    try await with(.own, remembered: "1.4 active") { rig in
      rig.clusters[0].inject(
        .status(503), requests: .max, method: "GET", pathPrefix: "\(Self.configMaps)/regie-memory")
      let other = AgentRig.state(2, cluster: "c")
      for state in [Self.state(4, .own), other] { try await rig.publish(state) }
      try await rig.withAgent { seen in
        try await seen.placement("what no life has acted on is made") {
          $0.placement == other.placement && $0.says(ConditionType.ready) == "True QuotaEnforced"
        }
        try await seen.placement("what was there once, and is not, waits") {
          $0.placement != other.placement && $0.says(ConditionType.applied) == "False MemoryUnavailable"
        }
        try await seen.agent("the heartbeat tells, and the cluster is kept") {
          $0.clusters.contains { $0.name == "c" && $0.reachable && $0.message?.contains("home cluster") == true }
        }
        #expect(try await !namespaceIsThere(rig))
        rig.clusters[0].clearFaults()
        try await seen.placement("nothing later is remembered at home, and it is made") {
          $0.placement != other.placement && $0.says(ConditionType.ready) == "True QuotaEnforced"
        }
      }
    }
  }

  @Test func `what was deleted of the memory is written anew without a newer state`() async throws {
    try await AgentRig.with { rig in
      let (client, state) = (rig.clients[0].client, AgentRig.state(1))
      try await rig.publish(state)
      try await rig.withAgent(memoryInterval: .milliseconds(100)) { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        let name = "regie-memory-z1-0"
        let before = try await client.get(ConfigMap.self, name, in: "regie-system")
        try await client.delete(ObjectPath(.configMaps, name, in: "regie-system"))
        try await eventually("it is there again") {
          let there = try? await client.get(ConfigMap.self, name, in: "regie-system")
          return there.map { $0.metadata.uid != before.metadata.uid && $0.data == before.data } ?? false
        }
      }
    }
  }

  /// A newer revision is acted on once it is written down, and it is asked for once that it is.
  @Test func `that what was written before is looked for does not displace what could not be written yet`()
    async throws
  {
    try await AgentRig.with { rig in
      let cluster = rig.clusters[0]
      let shards = "\(Self.configMaps)/regie-memory"
      // Far longer than it takes until what is remembered is looked for again.
      let fault = Fault.silence(.seconds(2))
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent(memoryInterval: .milliseconds(50)) { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        // Writes too: what was read before this may be written upon, and is not read once more for that.
        cluster.inject(fault, requests: .max, pathPrefix: shards)
        try await rig.publish(AgentRig.state(1, revision: 2, cpu: 5))
        try await seen.placement("the newer one waits") {
          $0.says(ConditionType.applied) == "False MemoryUnavailable"
        }
        cluster.clearFaults()
        cluster.inject(fault, requests: 2, pathPrefix: shards)
        try await seen.placement("it is in place") {
          $0.observedRevision == 2 && $0.says(ConditionType.ready).hasPrefix("True")
        }
      }
    }
  }
}
