import Events
import Model
import Reconciler
import Testing

/// Mode `observe`: what stands on others' clusters is held against what was decided, and nothing is ever ordered.
struct ObserveTests {
  private static let decided = [
    "requests.cpu": "4", "limits.cpu": "4", "requests.memory": "8Gi", "limits.memory": "8Gi",
  ]

  private func rig(_ phase: PlacementPhase = .active) -> Rig {
    var rig = Rig(rules: ClusterRules(.observe))
    let notBefore = phase == .removed ? Fixtures.start : nil
    rig.feed(
      .desired(Fixtures.desired(1, phase: phase, mode: .observe, notBefore: notBefore), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    return rig
  }

  private func expectNothingOrdered(_ rig: Rig) {
    #expect(rig.orders.isEmpty && rig.removals.isEmpty && rig.withdrawals.isEmpty && rig.notes.isEmpty)
  }

  @Test func `what is missing is its owner's task`() {
    var rig = rig()
    #expect(rig.report?.says("Applied") == "False NamespaceMissing")
    #expect(rig.report?.says("AwaitingOwner") == "True NamespaceMissing")
    rig.seeNamespace()
    #expect(rig.report?.says("Applied") == "False AwaitingOwner")
    #expect(rig.report?.says("AwaitingOwner") == "True QuotaDiffers")
    expectNothingOrdered(rig)
  }

  @Test func `what stands as decided is told, with its use`() {
    var rig = rig()
    rig.seeNamespace()
    rig.seeQuota(hard: Self.decided, isEnforced: false)
    #expect(rig.report?.says("Applied") == "True Observed" && rig.report?.says("Ready") == "False QuotaPending")
    rig.seeQuota(hard: Self.decided, used: ["requests.cpu": "3"])
    #expect(rig.report?.says("Ready") == "True QuotaEnforced" && rig.report?.says("AwaitingOwner") == "False Done")
    #expect(rig.report?.used == ResourceList(cpu: Quantity(3)) && rig.report?.enforced == nil)
    expectNothingOrdered(rig)
  }

  @Test func `what a quota says of cpu and memory it says of what is requested`() {
    var rig = rig()
    rig.seeNamespace()
    let hard = ["cpu": "4", "memory": "8Gi", "limits.cpu": "4", "limits.memory": "8Gi"]
    rig.seeQuota(hard: hard, used: ["cpu": "3", "memory": "1Gi", "limits.cpu": "3"])
    #expect(rig.report?.says("Ready") == "True QuotaEnforced")
    #expect(rig.report?.used == ResourceList(cpu: Quantity(3), memory: Quantity("1Gi")))
    rig.seeQuota(hard: hard.merging(["memory": "9Gi"]) { $1 })
    #expect(rig.report?.says("AwaitingOwner") == "True QuotaDiffers")
    #expect(rig.report?.drifts.last?.path == "spec.hard.requests.memory" && rig.report?.drifts.last?.live == "9Gi")
    expectNothingOrdered(rig)
  }

  @Test(arguments: [("4", "40"), ("40", "4000m")])
  func `of two words for one limit the lower counts`(short: String, long: String) {
    var rig = rig()
    rig.seeNamespace()
    let both = Self.decided.merging(["cpu": short, "requests.cpu": long]) { $1 }
    rig.seeQuota(hard: both, isEnforced: false)
    #expect(rig.report?.says("Applied") == "True Observed" && rig.report?.says("Ready") == "False QuotaPending")
    rig.seeQuota(hard: both, used: ["cpu": "1", "requests.cpu": "1"])
    #expect(rig.report?.says("Ready") == "True QuotaEnforced" && rig.report?.used == ResourceList(cpu: Quantity(1)))
  }

  @Test func `of several quotas the lowest limit counts`() {
    var rig = rig()
    rig.seeNamespace()
    rig.seeQuota("a", hard: Self.decided.merging(["requests.cpu": "40"]) { $1 })
    #expect(rig.report?.says("AwaitingOwner") == "True QuotaDiffers")
    rig.seeQuota("b", hard: ["requests.cpu": "4000m"])
    #expect(rig.report?.says("Applied") == "True Observed")
  }

  @Test(
    arguments: [
      ["scopes": ["Terminating"]],
      ["scopeSelector": ["matchExpressions": [["scopeName": "PriorityClass", "operator": "Exists"]]]],
    ] as [ObjectTree])
  func `a quota that counts some pods only limits nothing`(scopes: ObjectTree) throws {
    var rig = rig()
    rig.seeNamespace()
    rig.seeQuota("a", hard: Self.decided)
    rig.seeQuota("b", hard: ["requests.cpu": "1"], used: ["requests.cpu": "1"], scopes: scopes)
    #expect(rig.report?.says("Ready") == "True QuotaEnforced" && rig.report?.used == nil)
    rig.seeQuota("a", hard: Self.decided, scopes: scopes)
    #expect(rig.report?.says("AwaitingOwner") == "True QuotaDiffers")
    #expect(rig.report?.drifts.contains { $0.path == "spec.hard.requests.cpu" && $0.live == nil } == true)
    var frozen = self.rig(.frozen)
    frozen.seeNamespace()
    frozen.seeQuota("a", hard: Self.decided)
    frozen.seeQuota("b", hard: ["pods": "1"], used: ["pods": "1"], scopes: scopes)
    #expect(frozen.report?.says("AwaitingOwner") == "True NotFrozen")
  }

  @Test func `a change of what was as decided is drift, told with its writer and never put back`() {
    var rig = rig()
    rig.seeNamespace()
    rig.seeQuota(hard: Self.decided)
    rig.seeQuota(hard: Self.decided.merging(["requests.cpu": "40"]) { $1 })
    rig.feed(.alarm, after: 10)
    #expect(rig.report?.says("Applied") == "False Drifted" && rig.report?.says("Drifted") == "True Reported")
    let drift = rig.report?.drifts.last
    #expect(drift?.object == "ResourceQuota/dso-quota" && drift?.path == "spec.hard.requests.cpu")
    #expect(drift?.live == "40" && drift?.wanted == "4" && drift?.manager == "console")
    rig.seeQuota(hard: Self.decided)
    #expect(rig.report?.says("Applied") == "True Observed" && rig.report?.drifts.last?.correctedAt != nil)
    rig.feed(.gone(Fixtures.ref(.resourceQuota, "dso-quota"), uid: "q1", resourceVersion: "900"))
    #expect(rig.report?.says("Applied") == "False Drifted")
    expectNothingOrdered(rig)
  }

  @Test func `what the next namespace holds is known, also where the end of the one before is told of last`() {
    var rig = rig()
    rig.seeNamespace()
    rig.seeQuota(hard: Self.decided)
    rig.feed(.gone(Fixtures.ref(.resourceQuota, "dso-quota"), uid: "q1", resourceVersion: "900"))
    rig.version = 910
    rig.seeQuota(hard: Self.decided)
    rig.feed(.gone(Fixtures.namespaceRef, uid: "n1", resourceVersion: "901"))
    #expect(rig.report?.says("AwaitingOwner") == "True NamespaceMissing")
    rig.seeNamespace()
    #expect(rig.report?.says("Ready") == "True QuotaEnforced" && rig.report?.says("AwaitingOwner") == "False Done")
    rig.feed(.gone(Fixtures.namespaceRef, uid: "n1", resourceVersion: "990"))
    rig.version = 1000
    rig.seeNamespace()
    #expect(rig.report?.says("AwaitingOwner") == "True QuotaDiffers", "what lay in it went with it")
    expectNothingOrdered(rig)
  }

  @Test(arguments: [PlacementPhase.frozen, .draining])
  func `a freeze is its owner's, and seen by the number of pods`(phase: PlacementPhase) {
    var rig = rig(phase)
    rig.seeNamespace()
    rig.seeQuota(hard: Self.decided, used: ["pods": "3"])
    #expect(rig.report?.says("AwaitingOwner") == "True NotFrozen")
    rig.seeQuota(hard: Self.decided.merging(["pods": "3"]) { $1 }, used: ["pods": "3"])
    #expect(rig.report?.says("Applied") == "True Observed" && rig.report?.phase == phase)
    expectNothingOrdered(rig)
  }

  @Test(arguments: [PlacementPhase.frozen, .draining])
  func `what was counted at a freeze holds: a lost pod asks nothing of the owner, and a higher limit does`(
    phase: PlacementPhase
  ) {
    var rig = rig(phase)
    let capped = Self.decided.merging(["pods": "3"]) { $1 }
    rig.seeNamespace()
    rig.seeQuota(hard: capped, used: ["pods": "3"])
    #expect(rig.memories.last?.pods == 3 && rig.report?.says("Applied") == "True Observed")
    rig.seeQuota(hard: capped, used: ["pods": "2"])
    rig.feed(.alarm, after: 10)
    #expect(rig.report?.says("Applied") == "True Observed" && rig.report?.says("AwaitingOwner") == "False Done")
    rig.seeQuota(hard: Self.decided.merging(["pods": "4"]) { $1 }, used: ["pods": "4"])
    #expect(rig.report?.says("AwaitingOwner") == "True NotFrozen")
    // The next life goes by what was counted, too.
    var next = Rig(remembered: rig.memories.last, rules: ClusterRules(.observe))
    next.feed(.desired(Fixtures.desired(1, phase: phase, mode: .observe), publishedAt: nil, refusal: nil))
    next.feed(.clusterListed)
    next.seeNamespace()
    next.seeQuota(hard: capped, used: ["pods": "1"])
    #expect(next.report?.says("Applied") == "True Observed")
    expectNothingOrdered(next)
  }

  @Test func `a removal is its owner's, and told as done once the namespace is gone`() {
    var rig = Rig(rules: ClusterRules(.observe))
    rig.seeNamespace()
    rig.feed(.clusterListed)
    rig.feed(
      .desired(
        Fixtures.desired(1, phase: .removed, mode: .observe, notBefore: Fixtures.start), publishedAt: nil,
        refusal: nil))
    #expect(rig.report?.says("Applied") == "False AwaitingOwner")
    #expect(rig.report?.says("AwaitingOwner") == "True NamespaceStands")
    rig.feed(.alarm, after: 10_000)
    rig.feed(.gone(Fixtures.namespaceRef, uid: "n1", resourceVersion: "900"))
    #expect(rig.report?.says("Applied") == "True Removed" && rig.report?.says("AwaitingOwner") == "False Done")
    expectNothingOrdered(rig)
  }

  @Test func `what was changed by hand goes with the namespace, and is told as over`() {
    var rig = rig()
    rig.seeNamespace()
    rig.seeQuota(hard: Self.decided)
    rig.seeQuota(hard: Self.decided.merging(["requests.cpu": "40"]) { $1 })
    rig.feed(
      .desired(
        Fixtures.desired(2, phase: .removed, mode: .observe, notBefore: Fixtures.start), publishedAt: nil,
        refusal: nil), after: 10)
    #expect(rig.report?.says("AwaitingOwner") == "True NamespaceStands")
    #expect(rig.report?.says("Drifted") == "True Reported")
    rig.feed(.gone(Fixtures.namespaceRef, uid: "n1", resourceVersion: "900"), after: 10)
    #expect(rig.report?.says("Applied") == "True Removed" && rig.report?.says("Drifted") == "False Corrected")
    #expect(rig.report?.drifts.last?.correctedAt == rig.now)
    expectNothingOrdered(rig)
  }

  @Test func `a namespace that has passed to another placement is not to be removed, nor when that one has left it`() {
    var rig = rig(.removed)
    rig.seeNamespace()
    #expect(rig.report?.says("AwaitingOwner") == "True NamespaceStands")
    rig.isNamespaceHeld = true
    rig.feed(.alarm, after: 10)
    #expect(rig.report?.says("Applied") == "True Removed" && rig.report?.says("AwaitingOwner") == "False Done")
    let count = rig.reports.count
    rig.seeQuota(hard: Self.decided, used: ["requests.cpu": "3"])
    rig.isNamespaceHeld = false
    rig.seeNamespace()
    rig.feed(.alarm, after: 1000)
    #expect(rig.reports.count == count, "what goes on there is the other one's")
    // It comes back, and goes again: the namespace was its own meanwhile.
    rig.feed(.desired(Fixtures.desired(2, mode: .observe), publishedAt: nil, refusal: nil), after: 10)
    rig.feed(
      .desired(
        Fixtures.desired(3, phase: .removed, mode: .observe, notBefore: Fixtures.start), publishedAt: nil,
        refusal: nil), after: 10)
    #expect(rig.report?.says("AwaitingOwner") == "True NamespaceStands")
    expectNothingOrdered(rig)
  }

  @Test func `that a namespace is another placement's says nothing to one that stays`() {
    var rig = rig()
    rig.isNamespaceHeld = true
    rig.seeNamespace()
    rig.seeQuota(hard: Self.decided, used: ["requests.cpu": "3"])
    #expect(rig.report?.says("Applied") == "True Observed" && rig.report?.used == ResourceList(cpu: Quantity(3)))
  }

  @Test func `a drift is laid to who wrote the limits, not to the controller that keeps the status`() {
    let live = LiveObject(
      ref: Fixtures.ref(.resourceQuota, "dso-quota"), uid: "q1", resourceVersion: "1",
      writers: [
        LiveObject.Writer(manager: "owner", operation: "Apply", time: "2026-11-26T10:00:00Z"),
        LiveObject.Writer(manager: "kube-controller-manager", operation: "Update", time: "2026-11-26T10:00:01Z"),
      ])
    #expect(live.lastWriter(otherThan: Labels.fieldManager) == "owner")
  }
}
