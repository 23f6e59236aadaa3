import Events
import Foundation
import GitOps
import Kubernetes
import Model
import NIOConcurrencyHelpers
import Reconciler
import SimulatedCluster
import TestSupport
import Testing

@testable import Agent

/// Mode `gitops` by the whole agent: real git, a bare repository, and something that applies what is in it as Argo CD would.
@Suite(.timeLimit(.minutes(5)), .enabled(if: ChildProcess.locate("git") != nil, "not run: needs git"))
struct GitOpsServiceTests {
  private static func state(
    _ revision: Int64 = 1, _ phase: PlacementPhase = .active, cpu: Int64 = 4, takesVolumes: Bool? = nil,
    after delay: Double = 0
  ) -> DesiredState {
    var state = AgentRig.state(1, revision: revision, cluster: "argo", cpu: cpu)
    state.mode = .gitops
    state.phase = phase
    if phase == .removed {
      state.notBefore = Timestamp(Date() + delay)
      state.removePersistentVolumes = takesVolumes
    }
    return state
  }

  /// What guards a namespace besides its quota.
  private static let guards = [
    "limitrange-regie-limits.yaml", "networkpolicy-regie-allow-dns.yaml", "networkpolicy-regie-default-deny.yaml",
  ]

  /// Runs `body` with a home cluster in mode `own`, one in mode `gitops`, and a repository of theirs.
  private func with(
    _ body: @Sendable (AgentRig, FakeArgoCD, GitOpsConfiguration) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "regie-agent-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let git = try #require(ChildProcess.locate("git"))
    _ = try await ChildProcess.run(git, ["init", "--quiet", "--bare", "--initial-branch=main", "\(folder)/zone.git"])
    var configuration = try GitOpsConfiguration(
      url: "file://\(folder)/zone.git", clone: "\(folder)/clone",
      author: CommitAuthor(name: "Régie", email: "regie@example.org"))
    configuration.namespaceDelay = 0.5
    configuration.pollInterval = 0.5
    try await AgentRig.with(clusters: ["home", "argo"], rules: ["argo": ClusterRules(.gitops)]) {
      [configuration] rig in
      let argo = FakeArgoCD(
        repository: "\(folder)/zone.git", cluster: "argo", client: rig.clients[1].client)
      try await body(rig, argo, configuration)
    }
  }

  private func quota(_ argo: FakeArgoCD) async throws -> ResourceQuota {
    try await argo.client.get(ResourceQuota.self, "regie-quota", in: Self.state().namespace)
  }

  private func namespaceIsThere(_ argo: FakeArgoCD) async throws -> Bool {
    do {
      _ = try await argo.client.get(Namespace.self, Self.state().namespace)
      return true
    } catch let error as KubernetesError where error.kind == .notFound {
      return false
    }
  }

  /// What the commits did, newest first.
  private func steps(_ argo: FakeArgoCD) async throws -> [String] {
    try await argo.log().split(separator: "\n").filter { $0.hasPrefix("Regie-Step: ") }.map(String.init)
  }

  @Test func `a decision is committed, seen on the cluster, and drift there is told and left to Argo CD`() async throws
  {
    try await with { rig, argo, gitops in
      try await rig.publish(Self.state())
      try await rig.withAgent(gitops: gitops) { seen in
        let committed = try await seen.placement("it is committed") {
          $0.says(ConditionType.committed) == "True Committed" && $0.says(ConditionType.applied) == "False AwaitingSync"
        }
        let commit = try #require(committed.conditions.first { $0.type == ConditionType.committed }?.message)
        #expect(commit.count == 40)
        let log = try await argo.log()
        #expect(log.contains("Regie-Decision: \(Self.state().decision.uuidString.lowercased())"))
        #expect(try await !namespaceIsThere(argo), "nothing was written to the cluster")
        try await argo.synchronise()
        try await seen.placement("it is seen there") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        let managers = try await quota(argo).metadata.managedFields?.compactMap(\.manager) ?? []
        #expect(!managers.contains(Labels.fieldManager))

        let edit: JSONValue = .object([
          "metadata": .object(["name": .string("regie-quota")]),
          "spec": .object(["hard": .object(["requests.cpu": .string("40")])]),
        ])
        let path = ObjectPath(.resourceQuotas, "regie-quota", in: Self.state().namespace)
        try await argo.client.apply(edit, to: path, fieldManager: "somebody", force: true, as: JSONValue.self)
        let drifted = try await seen.placement("the drift is told") {
          $0.says(ConditionType.drifted) == "True Reported"
        }
        #expect(drifted.drifts.contains { $0.path == "spec.hard.requests.cpu" && $0.live == "40" })
        #expect(try await quota(argo).spec?.hard?["requests.cpu"] == "40")
        try await argo.synchronise()
        try await seen.placement("Argo CD has put it back") { $0.says(ConditionType.drifted) == "False Corrected" }
      }
      let memory = try await rig.clients[0].client.get(ConfigMap.self, "regie-memory-z1-0", in: "regie-system")
      #expect(memory.data?[Self.state().placement.uuidString.lowercased()] == "1.1 active")
    }
  }

  @Test func `frozen: no pod is let in until they are counted, then as many as there were, each by a commit`()
    async throws
  {
    try await with { rig, argo, gitops in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await argo.run() }
        try await rig.publish(Self.state())
        try await rig.withAgent(gitops: gitops) { seen in
          try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
          try await rig.publish(Self.state(2, .frozen))
          try await seen.placement("it is frozen") {
            $0.phase == .frozen && $0.says(ConditionType.ready) == "True QuotaEnforced"
          }
          #expect(try await quota(argo).metadata.labels?[Labels.podsInUse] == "0")
        }
        group.cancelAll()
      }
      let steps = try await argo.log().split(separator: "\n").filter { $0.hasPrefix("Regie-Step: ") }
      #expect(steps == ["Regie-Step: place", "Regie-Step: place", "Regie-Step: place"])
    }
  }

  @Test func `removed: in two commits, and told once the cluster shows that it is gone`() async throws {
    try await with { rig, argo, gitops in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await argo.run() }
        try await rig.publish(Self.state())
        try await rig.withAgent(gitops: gitops) { seen in
          try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
          try await rig.publish(Self.state(2, .removed))
          try await seen.placement("it is gone") {
            $0.phase == .removed && $0.says(ConditionType.applied) == "True Removed"
          }
        }
        group.cancelAll()
      }
      #expect(try await !namespaceIsThere(argo))
      let pruned = argo.pruned.withLockedValue { $0 }
      #expect(pruned.contains("Namespace") && !pruned.contains("ResourceQuota"), "no volume comes in between the two")
      #expect(try await argo.paths() == [])
      let steps = try await argo.log().split(separator: "\n").filter { $0.hasPrefix("Regie-Step: ") }
      #expect(steps.first == "Regie-Step: remove" && steps.last == "Regie-Step: place")
    }
  }

  /// Waits until a removal is handed over and held.
  private func waits(_ seen: Observations) async throws {
    try await seen.placement("it waits") {
      $0.observedRevision == 2 && $0.says(ConditionType.committed) == "False RemovalWaiting"
    }
  }

  private func goes(_ seen: Observations) async throws {
    try await seen.placement("it is gone") {
      $0.phase == .removed && $0.says(ConditionType.applied) == "True Removed"
    }
  }

  /// As by a record of the zone that names for a moment what was not read yet.
  @Test func `leave that is taken back just as a removal is handed over holds it up no longer than that`() async throws
  {
    try await with { _, argo, gitops in
      let asked = NIOLockedValueBox(0)
      let id = Self.state().placement
      let bridge = GitOpsBridge(
        gitops, logger: AgentRig.quiet,
        mayRemove: { placement, _ in
          // As it is taken out, as it is handed over, and from then on.
          asked.withLockedValue { count -> Bool in
            count += 1
            return count != 2 && placement == id
          }
        })
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await bridge.run([]) }
        let (placed, removed) = (Self.state(), Self.state(2, .removed))
        bridge.take(
          CommitOrder(
            attempt: 1, state: placed, objects: DesiredObjects.render(placed), mayRemoveNamespace: false,
            mayFinish: false))
        try await eventually("it is committed") { try await !argo.paths().isEmpty }
        bridge.take(
          CommitOrder(
            attempt: 2, state: removed, objects: DesiredObjects.render(removed), mayRemoveNamespace: true,
            mayFinish: true))
        try await eventually("it is gone") { try await steps(argo).first == "Regie-Step: remove" }
        group.cancelAll()
      }
    }
  }

  @Test func `while the bus is suspect nothing is taken out of the repository, and it goes on afterwards`()
    async throws
  {
    try await with { rig, argo, gitops in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await argo.run() }
        try await rig.publish(Self.state())
        try await rig.recordMissing(AgentRig.state(3))
        try await rig.withAgent(gitops: gitops) { seen in
          try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
          try await seen.agent("the bus is suspect") { $0.zoneRecord?.verdict == .suspect }
          try await rig.publish(Self.state(2, .removed))
          try await waits(seen)
          // Longer than a removal's commits take.
          try await Task.sleep(for: .seconds(3))
          #expect(try await steps(argo) == ["Regie-Step: place"])
          #expect(try await namespaceIsThere(argo))
          try await rig.recordWithout(AgentRig.state(3).placement)
          try await goes(seen)
        }
        group.cancelAll()
      }
      #expect(try await !namespaceIsThere(argo))
      #expect(try await steps(argo).first == "Regie-Step: remove")
    }
  }

  /// Where volumes are given up nothing else asks for the centre's clock: they are not looked for.
  @Test
  func `nothing is taken out before a record was read that was made after the moment, whatever clocks say`()
    async throws
  {
    try await with { rig, argo, gitops in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await argo.run() }
        try await rig.publish(Self.state())
        try await rig.withAgent(gitops: gitops, now: { Timestamp(Date() + 3_600) }) { seen in
          try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
          let removal = Self.state(2, .removed, takesVolumes: true, after: 20)
          try await rig.publish(removal)
          try await waits(seen)
          let moment = try #require(removal.notBefore)
          try await Task.sleep(for: .microseconds(moment.microseconds(since: Timestamp(Date())) + 3_000_000))
          #expect(try await steps(argo) == ["Regie-Step: place"])
          #expect(try await namespaceIsThere(argo))
          try await rig.publishRecord()
          try await goes(seen)
        }
        group.cancelAll()
      }
      #expect(try await !namespaceIsThere(argo))
      #expect(try await steps(argo).first == "Regie-Step: remove")
    }
  }

  @Test func `volumes that nobody gave up keep the namespace in the repository, protected`() async throws {
    try await with { rig, argo, gitops in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await argo.run() }
        try await rig.publish(Self.state())
        try await rig.withAgent(gitops: gitops) { seen in
          try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
          let claim: [String: [String: String]] = ["metadata": ["name": "data-0", "namespace": Self.state().namespace]]
          let path = ObjectPath(.persistentVolumeClaims, "data-0", in: Self.state().namespace)
          try await argo.client.apply(claim, to: path, fieldManager: "team", as: ConfigMap.self)
          try await rig.publish(Self.state(2, .removed))
          let held = try await seen.placement("it is held") { $0.says(ConditionType.applied) == "False VolumesHeld" }
          #expect(held.conditions.first?.message.contains("data-0") == true)
          #expect(try await namespaceIsThere(argo))
          let names = Set(try await argo.paths().compactMap { $0.split(separator: "/").last.map(String.init) })
          #expect(names.isSuperset(of: Self.guards), "what stays keeps its limits and policies: \(names)")
          #expect(argo.pruned.withLockedValue { $0 }.isEmpty)
          try await rig.publish(Self.state(3, .removed, takesVolumes: true))
          try await seen.placement("it is gone") { $0.says(ConditionType.applied) == "True Removed" }
        }
        group.cancelAll()
      }
    }
  }

  @Test func `a repository that is away is told, and holds up no other cluster`() async throws {
    try await with { rig, argo, gitops in
      try FileManager.default.moveItem(atPath: argo.repository, toPath: argo.repository + ".away")
      try await rig.publish(Self.state())
      try await rig.publish(AgentRig.state(2, cluster: "home"))
      try await rig.withAgent(gitops: gitops) { seen in
        try await seen.placement("the other is ready") {
          $0.cluster == "home" && $0.says(ConditionType.ready) == "True QuotaEnforced"
        }
        try await seen.placement("what is wrong is told") {
          $0.cluster == "argo" && $0.says(ConditionType.committed) == "False RepositoryNotFound"
        }
        try await seen.agent("the heartbeat tells too") {
          $0.clusters.contains {
            $0.name == "argo" && $0.reachable && $0.message?.contains("RepositoryNotFound") == true
          }
        }
      }
      try FileManager.default.moveItem(atPath: argo.repository + ".away", toPath: argo.repository)
      try await rig.withAgent(gitops: gitops) { seen in
        try await seen.placement("a next life commits it") { $0.says(ConditionType.committed) == "True Committed" }
      }
    }
  }

  @Test func `a removed placement does not come back by an old record, although its folder is gone`() async throws {
    try await with { rig, argo, gitops in
      let home = rig.clients[0].client
      try await home.ensureNamespace("regie-system")
      try await home.create(
        ConfigMap(
          metadata: ObjectMeta(name: "regie-memory-z1-0", namespace: "regie-system"),
          data: [Self.state().placement.uuidString.lowercased(): "1.5 removed"]))
      try await rig.publish(Self.state(4))
      try await rig.withAgent(gitops: gitops) { seen in
        try await seen.placement("it is refused") { $0.says(ConditionType.refused) == "True Outdated" }
      }
      #expect(try await argo.paths() == [])
    }
  }
}
