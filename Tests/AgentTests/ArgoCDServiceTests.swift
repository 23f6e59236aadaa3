import Events
import Foundation
import GitOps
import Kubernetes
import Model
import Reconciler
import SimulatedCluster
import TestSupport
import Testing

@testable import Agent

/// Argo CD's word by the whole agent: that it is told, and that nothing else stops where it can not be had.
@Suite(.timeLimit(.minutes(5)), .enabled(if: ChildProcess.locate("git") != nil, "not run: needs git"))
struct ArgoCDServiceTests {
  private static let kind = "/apis/argoproj.io"

  private static func state(_ number: UInt8 = 1, _ revision: Int64 = 1) -> DesiredState {
    var state = AgentRig.state(number, revision: revision, cluster: "argo")
    state.mode = .gitops
    return state
  }

  /// Runs `body` with a home cluster, one in mode `gitops`, a repository of theirs, and an Argo CD that synchronises.
  private func with(
    knowsApplications: Bool = true, patience: Duration = .seconds(60), pattern: String = "regie-{placement}",
    _ body: @Sendable (AgentRig, FakeArgoCD, Observations) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "regie-agent-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let git = try #require(ChildProcess.locate("git"))
    _ = try await ChildProcess.run(git, ["init", "--quiet", "--bare", "--initial-branch=main", "\(folder)/zone.git"])
    var configuration = try GitOpsConfiguration(
      url: "file://\(folder)/zone.git", clone: "\(folder)/clone",
      author: CommitAuthor(name: "Régie", email: "regie@example.org"))
    configuration.pollInterval = 0.5
    try await AgentRig.with(
      clusters: ["home", "argo"], rules: ["argo": ClusterRules(.gitops)],
      knowingApplications: knowsApplications ? ["argo"] : []
    ) { [configuration] rig in
      let rig = try rig.asking(pattern, patience: patience)
      let argo = FakeArgoCD(repository: "\(folder)/zone.git", cluster: "argo", client: rig.clients[1].client)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await argo.run() }
        try await rig.publish(Self.state())
        try await rig.withAgent(gitops: configuration) { seen in try await body(rig, argo, seen) }
        group.cancelAll()
      }
    }
  }

  @Test func `its words and the commit they are of are told, followed, and missed`() async throws {
    try await with { rig, argo, seen in
      let placement = Self.state().placement
      let missing = try await seen.placement("there is none yet, and the rest is as ever") {
        $0.says(ConditionType.synced) == "Unknown ApplicationMissing"
          && $0.says(ConditionType.ready) == "True QuotaEnforced"
      }
      #expect(missing.says(ConditionType.healthy) == "Unknown ApplicationMissing")
      let text = missing.conditions.first { $0.type == ConditionType.synced }?.message
      #expect(text == "there is no Application \(FakeArgoCD.application(of: placement))")
      try await argo.say("Synced", "Healthy", of: placement)
      let synced = try await seen.placement("its word is told") {
        $0.says(ConditionType.synced) == "True Synced" && $0.says(ConditionType.healthy) == "True Healthy"
      }
      let commit = try await argo.head()
      #expect(synced.conditions.first { $0.type == ConditionType.synced }?.message == "commit \(commit)")
      try await argo.say(
        "OutOfSync", "Degraded", of: placement,
        more: [
          "operationState": .object(["phase": .string("Failed"), "message": .string("one or more objects failed")])
        ])
      let failed = try await seen.placement("that it fails is told") {
        $0.says(ConditionType.synced) == "False OutOfSync" && $0.says(ConditionType.healthy) == "False Degraded"
      }
      let why = failed.conditions.first { $0.type == ConditionType.synced }?.message
      #expect(why?.contains("Failed: one or more objects failed") == true)
      #expect(failed.says(ConditionType.ready) == "True QuotaEnforced", "the cluster's own word")
      let before = seen.placements.count
      try await argo.forget(placement)
      try await seen.placement("that it went is told", after: before) {
        $0.says(ConditionType.synced) == "Unknown ApplicationMissing"
      }
    }
  }

  @Test func `one Application for a cluster speaks for all its placements`() async throws {
    try await with(pattern: FakeArgoCD.application(of: Self.state(2).placement)) { rig, argo, seen in
      try await rig.publish(Self.state(2))
      try await seen.placement("it is there") {
        $0.placement == Self.state(2).placement && $0.says(ConditionType.ready) == "True QuotaEnforced"
      }
      try await argo.say("Synced", "Healthy", of: Self.state(2).placement)
      for number: UInt8 in [1, 2] {
        try await seen.placement("placement \(number)") {
          $0.placement == Self.state(number).placement && $0.says(ConditionType.healthy) == "True Healthy"
        }
      }
    }
  }

  @Test func `where Argo CD is not installed that is told, in the heartbeat too, and all else goes on`() async throws {
    try await with(knowsApplications: false) { rig, argo, seen in
      let told = try await seen.placement("it is told") {
        $0.says(ConditionType.synced) == "Unknown ApplicationKindMissing"
          && $0.says(ConditionType.ready) == "True QuotaEnforced"
      }
      #expect(told.says(ConditionType.healthy) == "Unknown ApplicationKindMissing")
      let beat = try await seen.agent("the heartbeat tells") {
        $0.clusters.contains { $0.name == "argo" && $0.message?.contains("applications.argoproj.io") == true }
      }
      #expect(beat.clusters.first { $0.name == "argo" }?.reachable == true)
      try await rig.publish(Self.state(1, 2))
      try await seen.placement("decisions are still brought about") {
        $0.observedRevision == 2 && $0.says(ConditionType.ready) == "True QuotaEnforced"
      }
    }
  }

  @Test func `rights that are taken away and given back are told each time`() async throws {
    try await with { rig, argo, seen in
      let placement = Self.state().placement
      try await seen.placement("it is in place") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
      try await argo.say("Synced", "Healthy", of: placement)
      try await seen.placement("its word is told") { $0.says(ConditionType.synced) == "True Synced" }
      rig.clusters[1].inject(.status(403), requests: .max, method: "GET", pathPrefix: Self.kind)
      rig.clusters[1].dropWatches()
      let refused = try await seen.placement("that it may not be read is told") {
        $0.says(ConditionType.synced) == "Unknown ApplicationsForbidden"
      }
      #expect(refused.says(ConditionType.ready) == "True QuotaEnforced")
      let before = seen.placements.count
      rig.clusters[1].clearFaults()
      try await seen.placement("it is read again", after: before) {
        $0.says(ConditionType.synced) == "True Synced"
      }
    }
  }

  @Test func `an API server that is away for a moment changes nothing`() async throws {
    // No machine stands still for so long in that moment.
    try await with(patience: .seconds(600)) { rig, argo, seen in
      let placement = Self.state().placement
      try await seen.placement("it is in place") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
      try await argo.say("Synced", "Healthy", of: placement)
      try await seen.placement("its word is told") { $0.says(ConditionType.synced) == "True Synced" }
      let before = seen.placements.count
      rig.clusters[1].inject(.status(503), requests: 3, method: "GET", pathPrefix: Self.kind)
      rig.clusters[1].dropWatches()
      try await argo.say("Synced", "Progressing", of: placement)
      try await seen.placement("it is followed again", after: before) {
        $0.says(ConditionType.healthy) == "False Progressing"
      }
      let words = seen.placements.dropFirst(before).map { $0.says(ConditionType.synced) }
      #expect(Set(words) == ["True Synced"], "what was known stood meanwhile")
    }
  }

  @Test func `an API server that stays away is told`() async throws {
    try await with(patience: .seconds(1)) { rig, argo, seen in
      let placement = Self.state().placement
      try await seen.placement("it is in place") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
      try await argo.say("Synced", "Healthy", of: placement)
      try await seen.placement("its word is told") { $0.says(ConditionType.synced) == "True Synced" }
      rig.clusters[1].inject(.status(503), requests: .max, method: "GET", pathPrefix: Self.kind)
      rig.clusters[1].dropWatches()
      let lost = try await seen.placement("it is told") {
        $0.says(ConditionType.synced) == "Unknown ArgoCDUnavailable"
      }
      #expect(lost.says(ConditionType.ready) == "True QuotaEnforced")
    }
  }

  @Test func `a check looks for the right to read Applications, and for the kind`() async throws {
    for isKnown in [true, false] {
      try await AgentRig.with(
        clusters: ["home", "argo"], rules: ["argo": ClusterRules(.gitops)], knowingApplications: isKnown ? ["argo"] : []
      ) { rig in
        let report = await AgentCheck(
          zone: AgentRig.zone, home: "regie-system", keys: try AgentRig.keys(), bus: rig.kafka,
          clusters: try rig.asking().agentClusters, logger: AgentRig.quiet
        ).run()
        let finding = try #require(report.findings.first { $0.subject == "Argo CD of argo" })
        #expect(finding.isGood == isKnown && report.isGood == isKnown)
        #expect(finding.check == (isKnown ? "applications in argocd" : "applications"))
        if !isKnown { #expect(finding.detail.contains("is Argo CD installed there?")) }
      }
    }
  }
}
