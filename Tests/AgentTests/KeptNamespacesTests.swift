import Events
import Foundation
import Kubernetes
import Model
import Reconciler
import TestSupport
import Testing

@testable import Agent

/// Which of a cluster's namespaces are Régie's, so that what pods ask for in all others is subtracted from measured capacity.
@Suite(.timeLimit(.minutes(2)))
struct KeptNamespacesTests {
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
      let worker = ClusterWorker(
        name: "c1", rules: ClusterRules(mode), zone: AgentRig.zone, client: client, homeNamespace: "regie-system",
        now: { Timestamp(Date()) }, centre: { Timestamp(Date()) }, logger: AgentRig.quiet, submit: { _ in })
      for state in [kept, gone] { await worker.take(state, publishedAt: nil, refusal: nil) }
      #expect(await worker.keptNamespaces == nil, "nobody has looked yet")
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await worker.run() }
        await #expect(throws: Never.self) {
          try await eventually("the placement's namespace is known, and no other") {
            await worker.keptNamespaces == [kept.namespace]
          }
        }
        group.cancelAll()
      }
    }
  }
}
