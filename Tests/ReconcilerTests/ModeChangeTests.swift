import Events
import Model
import Reconciler
import Testing

/// A cluster's mode changes while a placement stands there: nothing is deleted and nothing is loosened by that.
struct ModeChangeTests {
  static let modes = ClusterSpec.Mode.allCases

  /// A placement as it stands in mode `mode`, with all that was Régie's or another's there.
  private func standing(_ mode: ClusterSpec.Mode) -> Rig {
    var rig = Rig(rules: ClusterRules(mode, addsLimitRange: true, addsNetworkPolicies: true))
    rig.feed(.desired(Fixtures.desired(1, mode: mode), publishedAt: nil, refusal: nil))
    if mode.isAnothers { rig.seeNamespace() }
    if mode == .observe { rig.seeQuota(hard: ["requests.cpu": "4"]) }
    if mode == .gitops { for object in DesiredObjects.render(Fixtures.desired(1)) { rig.feed(.live(object.live(50))) } }
    rig.feed(.clusterListed)
    rig.succeed()
    return rig
  }

  @Test(arguments: modes, modes)
  func `in one life, nothing is removed and no limit is raised`(before: ClusterSpec.Mode, after: ClusterSpec.Mode) {
    var rig = standing(before)
    let count = rig.orders.count
    rig.feed(.desired(Fixtures.desired(2, mode: after), publishedAt: nil, refusal: nil), after: 1)
    rig.feed(.alarm, after: 10_000)
    rig.succeed()
    rig.feed(.alarm, after: 10_000)
    #expect(rig.removals.isEmpty && rig.withdrawals.isEmpty)
    let wanted = DesiredObjects.render(Fixtures.desired(2, mode: .own)).map(\.spec)
    for order in rig.orders.dropFirst(count) {
      #expect(order.objects.allSatisfy { wanted.contains($0.spec) })
      #expect(order.isGuest == (after == .adopt))
    }
    if after == .observe || after == .gitops { #expect(rig.orders.count == count, "nothing is applied there") }
    #expect(rig.report?.version.revision == 2)
  }

  @Test(arguments: modes, modes)
  func `in a next life, what was remembered holds in every mode`(before: ClusterSpec.Mode, after: ClusterSpec.Mode) {
    var rig = Rig(
      remembered: PlacementMemory(version: StateVersion(epoch: 1, revision: 5), phase: .removed),
      rules: ClusterRules(after))
    rig.feed(.desired(Fixtures.desired(4, mode: after), publishedAt: nil, refusal: nil))
    rig.seeNamespace()
    rig.feed(.clusterListed, after: 1)
    #expect(rig.orders.isEmpty && rig.report?.says("Refused") == "True Outdated")
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
    var rig = standing(.adopt)
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil), after: 1)
    #expect(rig.order?.namespaceIsOurs == false && rig.order?.namespaceUID == nil)
    rig.fail(.namespaceTaken)
    #expect(rig.report?.says("Applied") == "False NamespaceTaken")
  }
}

extension ClusterSpec.Mode {
  fileprivate var isAnothers: Bool { self == .adopt || self == .observe }
}
