import Events
import Foundation
import GitOps
import Kubernetes
import Model
import Reconciler
import TestSupport
import Testing

@testable import Agent

/// Each mode on a real API server with RBAC, with exactly the rights that `deploy/` gives it there.
@Suite(
  .enabled(
    if: KubernetesServer.hasControllerManager, Comment(rawValue: KubernetesServer.needsControllerManager)),
  .timeLimit(.minutes(5)))
struct ModeRightsTests {
  private static func state(
    _ mode: ClusterSpec.Mode, _ revision: Int64, _ phase: PlacementPhase = .active
  ) -> DesiredState {
    var state = AgentRig.state(1, revision: revision, cluster: "real")
    state.mode = mode
    state.phase = phase
    if phase == .removed { state.notBefore = Timestamp(Date()) }
    return state
  }

  /// Runs `body` with an agent's parts on a server of its own, which has none of the agent's rights yet.
  private func with(
    _ body: @Sendable (AgentRig, KubernetesServer, KubernetesClient) async throws -> Void
  ) async throws {
    let server = try await KubernetesServer.start()
    try await KubernetesClient.withClient(try .kubeconfig(paths: [server.adminKubeconfigPath])) { admin in
      try await AgentRig.with(clusters: ["home"], real: try await AgentRightsTests.configuration(server)) { rig in
        try await body(rig, server, admin)
      }
    }
  }

  /// An API server goes by the roles that it was given in its own time.
  private func check(_ rig: AgentRig, missing: [String] = []) async throws {
    let keys = try AgentRig.keys()
    try await eventually("what is missing is told, and nothing else: \(missing)") {
      let report = await AgentCheck(
        zone: AgentRig.zone, home: "regie-system", keys: keys, bus: rig.kafka,
        clusters: rig.agentClusters.filter { $0.name == "real" }, logger: AgentRig.quiet
      ).run()
      return report.findings.filter { !$0.isGood }.map(\.check) == missing
    }
  }

  private func quota(_ name: String, cpu: String = "4") -> ResourceQuota {
    ResourceQuota(
      metadata: ObjectMeta(name: name, namespace: Self.state(.own, 1).namespace),
      spec: .init(hard: ["requests.cpu": cpu, "limits.cpu": cpu, "requests.memory": "8Gi", "limits.memory": "8Gi"]))
  }

  /// As by `kubectl edit`.
  private static func edit(
    _ name: String, in namespace: String, cpu: String, _ configuration: KubernetesConfiguration
  ) async throws {
    var configuration = configuration
    configuration.userAgent = "kubectl-edit"
    try await KubernetesClient.withClient(configuration, logger: AgentRig.quiet) { person in
      let body = ["spec": ["hard": ["requests.cpu": cpu]]]
      _ = try await person.patch(
        ObjectPath(.resourceQuotas, name, in: namespace), merge: body, as: ResourceQuota.self)
    }
  }

  @Test func `adopt: with the rights to look at namespaces and to keep quotas, all of it works`() async throws {
    try await with { rig, server, admin in
      try await AgentRightsTests.deploy(
        server,
        ["adopt/namespaces.yaml", "adopt/rbac.yaml", "adopt/limitranges.yaml", "adopt/networkpolicies.yaml"])
      let rig = rig.keeping(["real": ClusterRules(.adopt, addsLimitRange: true, addsNetworkPolicies: true)])
      try await check(rig)
      let state = Self.state(.adopt, 1)
      let made = try await admin.create(Namespace(metadata: ObjectMeta(name: state.namespace)))
      try await admin.create(quota("dso-quota"))
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        let policies = try await admin.list(NetworkPolicy.self, ListQuery(namespace: state.namespace)).items
        #expect(policies.count == 2)
        try await Self.edit("regie-quota", in: state.namespace, cpu: "40", admin.configuration)
        try await seen.placement("what a hand has changed is put back") {
          $0.says(ConditionType.applied) == "True Applied"
            && $0.drifts.contains { $0.correctedAt != nil && $0.manager == "kubectl-edit" }
        }
        let amount = try await admin.get(ResourceQuota.self, "regie-quota", in: state.namespace).spec?.hard
        #expect(amount?["requests.cpu"] == "4")
        try await admin.apply(
          ResourceQuota(
            metadata: ObjectMeta(name: "regie-quota", namespace: state.namespace),
            spec: .init(hard: ["requests.cpu": "40"])), fieldManager: "somebody", force: true)
        let told = try await seen.placement("the conflict is told") {
          $0.says(ConditionType.applied) == "False Conflict"
        }
        let message = told.conditions.first { $0.type == ConditionType.applied }?.message ?? ""
        #expect(message.contains("somebody") && message.contains("requests.cpu"), "\(message)")
      }
      try await admin.delete(ObjectPath(.resourceQuotas, "regie-quota", in: state.namespace))
      try await rig.withAgent { seen in
        try await seen.placement("it is ready again") {
          $0.incarnation > 1_000 && $0.says(ConditionType.ready) == "True QuotaEnforced"
        }
        try await rig.publish(Self.state(.adopt, 2, .removed))
        try await seen.placement("what is ours is gone") {
          $0.says(ConditionType.applied) == "True Removed"
            && $0.says(ConditionType.awaitingOwner) == "True NamespaceStands"
        }
      }
      let there = try await admin.get(Namespace.self, state.namespace)
      #expect(there.metadata.uid == made.metadata.uid && there.metadata.labels == made.metadata.labels)
      let quotas = try await admin.list(ResourceQuota.self, ListQuery(namespace: state.namespace)).items
      #expect(quotas.compactMap(\.value.metadata.name) == ["dso-quota"])
    }
  }

  @Test func `observe: with the right to look it tells all there is to tell`() async throws {
    try await with { rig, server, admin in
      try await AgentRightsTests.deploy(server, ["observe/namespaces.yaml", "observe/rbac.yaml"])
      let rig = rig.keeping(["real": ClusterRules(.observe)])
      try await check(rig)
      let state = Self.state(.observe, 1)
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("nothing is there") {
          $0.says(ConditionType.awaitingOwner) == "True NamespaceMissing"
        }
        try await admin.create(Namespace(metadata: ObjectMeta(name: state.namespace)))
        try await admin.create(quota("dso-quota"))
        try await seen.placement("it is as decided") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
      }
    }
  }

  @Test func `gitops: where the operator wants it, pods are offered in a namespace that he has made, and in no other`()
    async throws
  {
    try await with { rig, server, admin in
      try await AgentRightsTests.deploy(server, ["gitops/namespaces.yaml", "gitops/rbac.yaml"])
      let probing = rig.keeping(["real": ClusterRules(.gitops, addsProbes: true)])
      try await check(probing, missing: ["pods in regie-probe"])
      try await probing.withAgent { seen in
        let beat = try await seen.agent("the namespace is missing") { $0.clusters.first?.conformity?.problem != nil }
        #expect(beat.clusters[0].conformity?.problem?.contains("operator makes the namespace regie-probe") == true)
      }
      try await AgentRightsTests.deploy(server, ["gitops/probes.yaml"])
      try await check(probing)
      try await probing.withAgent { seen in
        let beat = try await seen.agent("the cluster was probed") {
          $0.incarnation > 1_000 && $0.clusters.first?.conformity.map { $0.problem == nil } == true
        }
        #expect(beat.clusters[0].name == "real" && beat.clusters[0].conformity?.answers.count == 5)
      }
      let pods = try await admin.list(Pod.self, ListQuery(namespace: "regie-probe")).items
      #expect(pods.isEmpty)
      try await rig.keeping(["real": ClusterRules(.gitops)]).withAgent { seen in
        let beat = try await seen.agent("another life begins, and the home cluster is probed") {
          $0.incarnation > 1_001 && $0.clusters.last?.conformity != nil
        }
        #expect(beat.clusters[0].conformity == nil)
      }
    }
  }

  @Test(.enabled(if: ChildProcess.locate("git") != nil, "not run: needs git"))
  func `gitops: with the right to look, and a repository, all of it works`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "regie-agent-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let git = try #require(ChildProcess.locate("git"))
    _ = try await ChildProcess.run(git, ["init", "--quiet", "--bare", "--initial-branch=main", "\(folder)/zone.git"])
    var repository = try GitOpsConfiguration(
      url: "file://\(folder)/zone.git", clone: "\(folder)/clone",
      author: CommitAuthor(name: "Régie", email: "regie@example.org"))
    repository.namespaceDelay = 1
    repository.pollInterval = 1
    try await with { [repository] rig, server, admin in
      try await AgentRightsTests.deploy(server, ["gitops/namespaces.yaml", "gitops/rbac.yaml"])
      let rig = rig.keeping(["real": ClusterRules(.gitops)])
      try await check(rig)
      let argo = FakeArgoCD(repository: "\(folder)/zone.git", cluster: "real", client: admin)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await argo.run() }
        try await rig.publish(Self.state(.gitops, 1))
        try await rig.withAgent(gitops: repository) { seen in
          try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
          try await rig.publish(Self.state(.gitops, 2, .removed))
          try await seen.placement("it is gone") { $0.says(ConditionType.applied) == "True Removed" }
        }
        group.cancelAll()
      }
    }
  }

  @Test(.enabled(if: ChildProcess.locate("git") != nil, "not run: needs git"))
  func `gitops: Argo CD's word is read with the right to do so, and each thing that is missing is told`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "regie-agent-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let git = try #require(ChildProcess.locate("git"))
    _ = try await ChildProcess.run(git, ["init", "--quiet", "--bare", "--initial-branch=main", "\(folder)/zone.git"])
    var repository = try GitOpsConfiguration(
      url: "file://\(folder)/zone.git", clone: "\(folder)/clone",
      author: CommitAuthor(name: "Régie", email: "regie@example.org"))
    repository.pollInterval = 1
    try await with { [repository] rig, server, admin in
      try await AgentRightsTests.deploy(server, ["gitops/namespaces.yaml", "gitops/rbac.yaml"])
      try await admin.ensureNamespace(FakeArgoCD.namespace)
      let rig = try rig.keeping(["real": ClusterRules(.gitops)]).asking()
      let placement = Self.state(.gitops, 1).placement
      let argo = FakeArgoCD(repository: "\(folder)/zone.git", cluster: "real", client: admin)
      try await check(rig, missing: ["applications in argocd"])
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await argo.run() }
        try await rig.publish(Self.state(.gitops, 1))
        try await rig.withAgent(gitops: repository) { seen in
          try await seen.placement("the right is missing, and nothing else") {
            $0.says(ConditionType.synced) == "Unknown ApplicationsForbidden"
              && $0.says(ConditionType.ready) == "True QuotaEnforced"
          }
          try await AgentRightsTests.deploy(server, ["gitops/applications.yaml"])
          try await check(rig, missing: ["applications"])
          try await seen.placement("the kind is missing") {
            $0.says(ConditionType.synced) == "Unknown ApplicationKindMissing"
          }
          let definition = try JSONDecoder().decode(JSONValue.self, from: Data(ApplicationDefinition.json.utf8))
          let _: JSONValue = try await admin.apply(
            definition,
            to: ObjectPath(
              APIResource(
                group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions",
                kind: "CustomResourceDefinition", isNamespaced: false), "applications.argoproj.io"),
            fieldManager: "operator", force: true)
          try await seen.placement("the Application is missing") {
            $0.says(ConditionType.synced) == "Unknown ApplicationMissing"
          }
          try await check(rig)
          try await argo.say("Synced", "Healthy", of: placement)
          try await seen.placement("its word is told") {
            $0.says(ConditionType.synced) == "True Synced" && $0.says(ConditionType.healthy) == "True Healthy"
          }
          try await argo.say("Synced", "Degraded", of: placement)
          try await seen.placement("and followed") { $0.says(ConditionType.healthy) == "False Degraded" }
        }
        group.cancelAll()
      }
    }
  }

  @Test func `a cluster that goes from mode to mode and back keeps all that stands there`() async throws {
    try await with { rig, server, admin in
      let namespace = Self.state(.own, 1).namespace
      var before: [String: String] = [:]
      let steps: [(ClusterRules, [String])] = [
        (ClusterRules(.own), ["namespaces.yaml", "rbac.yaml"]),
        (ClusterRules(.adopt), ["adopt/namespaces.yaml", "adopt/rbac.yaml"]),
        (ClusterRules(.observe), ["observe/namespaces.yaml", "observe/rbac.yaml"]),
        (ClusterRules(.own), ["namespaces.yaml", "rbac.yaml"]),
      ]
      for (index, (rules, files)) in steps.enumerated() {
        try await AgentRightsTests.deploy(server, files)
        let rig = rig.keeping(["real": rules])
        let state = Self.state(rules.mode, Int64(index) + 1)
        try await rig.publish(state)
        try await rig.withAgent { seen in
          try await seen.placement("\(rules.mode.rawValue): what was Régie's is as decided") {
            $0.observedRevision == state.revision && $0.says(ConditionType.ready) == "True QuotaEnforced"
          }
        }
        let now = try await standing(in: namespace, admin)
        if index > 0 { #expect(now == before, "\(rules.mode.rawValue)") }
        before = now
      }
      #expect(before.count == 5)
    }
  }

  /// What is in the namespace, by kind and name, with the `uid` of each: what was made anew shows too.
  private func standing(in namespace: String, _ admin: KubernetesClient) async throws -> [String: String] {
    var found: [String: String] = ["Namespace": try await admin.get(Namespace.self, namespace).metadata.uid ?? ""]
    let query = ListQuery(namespace: namespace)
    for item in try await admin.list(ResourceQuota.self, query).items {
      found["ResourceQuota/\(item.value.metadata.name ?? "")"] = item.value.metadata.uid
    }
    for item in try await admin.list(LimitRange.self, query).items {
      found["LimitRange/\(item.value.metadata.name ?? "")"] = item.value.metadata.uid
    }
    for item in try await admin.list(NetworkPolicy.self, query).items {
      found["NetworkPolicy/\(item.value.metadata.name ?? "")"] = item.value.metadata.uid
    }
    return found
  }
}
