import Events
import Foundation
import Kubernetes
import Model
import Reconciler
import TestSupport
import Testing

@testable import Agent

/// Which of a cluster's namespaces are Régie's, and what is promised in them, so that whatever pods ask for beyond that
/// is subtracted from measured capacity.
@Suite(.timeLimit(.minutes(5)))
struct KeptNamespacesTests {
  /// What is promised in the namespace of every state of the rig.
  private static let promised = ResourceAmounts(cpu: 4_000, memory: 8 << 30)

  private static func worker(_ mode: ClusterSpec.Mode, _ client: KubernetesClient) -> ClusterWorker {
    ClusterWorker(
      name: "c1", rules: ClusterRules(mode), zone: AgentRig.zone, client: client, homeNamespace: "regie-system",
      now: { Timestamp(Date()) }, centre: { Timestamp(Date()) }, logger: AgentRig.quiet, submit: { _ in },
      mayDelete: { _ in nil }, isVouchedFor: { _ in false }, recognise: { _, _ in .nothing("no key is known") },
      obsolete: { _, _ in })
  }

  /// Runs the worker until that is what it says.
  private static func expect(_ wanted: [String: ResourceAmounts], of worker: ClusterWorker) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await worker.run() }
      await #expect(throws: Never.self) {
        try await eventually("the placement's namespace is known, and no other") {
          await worker.keptNamespaces == wanted
        }
      }
      group.cancelAll()
    }
  }

  @Test(arguments: [ClusterSpec.Mode.own, .adopt, .observe])
  func `those of placements are, and none of anybody else's, in every mode`(mode: ClusterSpec.Mode) async throws {
    try await AgentRig.with(rules: ["c1": ClusterRules(mode)]) { rig in
      let client = rig.clients[0].client
      var (kept, gone) = (AgentRig.state(1), AgentRig.state(2))
      (kept.mode, gone.mode) = (mode, mode)
      (gone.phase, gone.notBefore) = (.removed, Timestamp(Date()))
      for name in ["theirs"] + (mode == .own ? [] : [kept.namespace, gone.namespace]) {
        try await client.create(Namespace(metadata: ObjectMeta(name: name)))
      }
      let worker = Self.worker(mode, client)
      for state in [kept, gone] { await worker.take(state, publishedAt: nil, refusal: nil) }
      #expect(await worker.keptNamespaces == nil, "nobody has looked yet")
      await Self.expect([kept.namespace: Self.promised], of: worker)
    }
  }

  @Test func `nothing is promised in one that bears the label and is of no state, or of a removal`() async throws {
    try await AgentRig.with { rig in
      let client = rig.clients[0].client
      let kept = AgentRig.state(1)
      var going = AgentRig.state(2)
      (going.phase, going.notBefore) = (.removed, Timestamp(Date(timeIntervalSinceNow: 3_600)))
      for (name, placement) in [(going.namespace, going.placement), ("forgotten", AgentRig.state(3).placement)] {
        let labels = [Labels.placement: placement.uuidString.lowercased()]
        try await client.create(Namespace(metadata: ObjectMeta(name: name, labels: labels)))
      }
      let worker = Self.worker(.own, client)
      for state in [kept, going] { await worker.take(state, publishedAt: nil, refusal: nil) }
      let wanted = [
        kept.namespace: Self.promised, going.namespace: ResourceAmounts(), "forgotten": ResourceAmounts(),
      ]
      await Self.expect(wanted, of: worker)
    }
  }
}
