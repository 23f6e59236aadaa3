import Events
import Model
import Reconciler
import Testing

/// A cluster's mode changes while a placement stands there: nothing is deleted and nothing is loosened by that.
struct ModeChangeTests {
  static let modes = ClusterSpec.Mode.allCases

  /// What stands on the cluster after a life in mode `mode`: what was Régie's there, or another's.
  private func leftovers(of mode: ClusterSpec.Mode, in rig: inout Rig) {
    let state = Fixtures.desired(1, mode: mode)
    switch mode {
    case .own, .gitops: for object in DesiredObjects.render(state) { rig.feed(.live(object.live(50))) }
    case .adopt:
      rig.seeNamespace()
      for object in DesiredObjects.render(state) { rig.feed(.live(object.live(rig.version + 1))) }
    case .observe:
      rig.seeNamespace()
      rig.seeQuota(hard: ["requests.cpu": "4", "limits.cpu": "4", "requests.memory": "8Gi", "limits.memory": "8Gi"])
    }
  }

  /// A next life, in mode `after`, of a placement that stood in mode `before`: the agent's settings change by a restart.
  private func next(_ before: ClusterSpec.Mode, _ after: ClusterSpec.Mode, _ state: DesiredState) -> Rig {
    var rig = Rig(
      remembered: PlacementMemory(version: StateVersion(epoch: 1, revision: 1), phase: .active),
      rules: ClusterRules(after, addsLimitRange: true, addsNetworkPolicies: true))
    rig.feed(.desired(state, publishedAt: nil, refusal: nil))
    leftovers(of: before, in: &rig)
    rig.feed(.clusterListed)
    for _ in 0..<4 {
      rig.version += 1000
      rig.succeed()
      rig.feed(.alarm, after: 1000)
    }
    return rig
  }

  @Test(arguments: modes, modes)
  func `in a next life nothing is removed that was not asked for, and no limit is raised`(
    before: ClusterSpec.Mode, after: ClusterSpec.Mode
  ) {
    for phase in [PlacementPhase.active, .frozen, .draining] {
      let state = Fixtures.desired(2, phase: phase, mode: after)
      let rig = next(before, after, state)
      #expect(rig.removals.isEmpty && rig.withdrawals.isEmpty)
      #expect(rig.commits.allSatisfy { !$0.mayRemoveNamespace && !$0.mayFinish })
      let limit = DesiredObjects.render(Fixtures.desired(2, mode: .own))[1].spec?["hard"]?["requests.cpu"]
      for order in rig.orders {
        #expect(order.isGuest == (after == .adopt))
        let quotas = order.objects.filter { $0.ref == Fixtures.quotaRef }
        #expect(quotas.allSatisfy { $0.spec?["hard"]?["requests.cpu"] == limit })
      }
      if after == .observe || after == .gitops { #expect(rig.orders.isEmpty, "nothing is applied there") }
      #expect(rig.report?.version.revision == 2)
    }
  }

  @Test(arguments: modes, modes)
  func `in a next life a removal takes what is Régie's by the mode of now, and nothing else`(
    before: ClusterSpec.Mode, after: ClusterSpec.Mode
  ) {
    let removal = Fixtures.desired(2, phase: .removed, mode: after, notBefore: Fixtures.start.after(100))
    let rig = next(before, after, removal)
    let deletes = rig.removals.contains { $0.uid != nil }
    #expect(deletes == (after == .own && !before.isAnothers), "a namespace that is another's is never deleted")
    let withdrawn = rig.withdrawals.flatMap(\.targets).filter { $0.uid != nil }.map(\.ref)
    #expect(withdrawn.contains(Fixtures.quotaRef) == (after == .adopt && before != .observe))
    #expect(!withdrawn.contains(Fixtures.namespaceRef))
    if after == .observe || after == .gitops { #expect(rig.orders.isEmpty && withdrawn.isEmpty) }
  }

  @Test func `from own to adopt, what the namespace got from Régie stays, and the quota goes on being kept`() {
    var rig = Rig(rules: ClusterRules(.adopt))
    let adopted = Fixtures.desired(2, mode: .adopt)
    rig.feed(.desired(adopted, publishedAt: nil, refusal: nil))
    for object in DesiredObjects.render(Fixtures.desired(1)) { rig.feed(.live(object.live(50))) }
    rig.feed(.clusterListed)
    #expect(rig.orders.count == 1 && rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    rig.succeed()
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.says("Ready") == "True QuotaEnforced")
  }

  @Test func `from own to adopt and removed, the namespace stays although it bears the mark of its time`() {
    var rig = Rig(rules: ClusterRules(.adopt))
    let removal = Fixtures.desired(2, phase: .removed, mode: .adopt, notBefore: Fixtures.start)
    rig.feed(.desired(removal, publishedAt: nil, refusal: nil))
    for object in DesiredObjects.render(Fixtures.desired(1)) { rig.feed(.live(object.live(50))) }
    rig.feed(.clusterListed, after: 100)
    rig.succeed()
    #expect(rig.withdrawals.last?.targets.map(\.ref) == [Fixtures.quotaRef] && rig.removals.isEmpty)
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "900"))
    rig.withdraw(.gone)
    #expect(
      rig.report?.says("Applied") == "True Removed" && rig.report?.says("AwaitingOwner") == "True NamespaceStands")
  }

  @Test func `from adopt to own, a namespace that is another's is not taken`() {
    var rig = Rig(rules: ClusterRules(.own))
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil))
    rig.seeNamespace()
    rig.feed(.clusterListed)
    #expect(rig.order?.namespaceIsOurs == false && rig.order?.namespaceUID == nil)
    rig.fail(.namespaceTaken)
    #expect(rig.report?.says("Applied") == "False NamespaceTaken")
  }
}
