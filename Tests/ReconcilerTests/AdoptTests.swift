import Events
import Foundation
import Model
import Reconciler
import Testing

/// Mode `adopt`: a guest in another's namespace.
struct AdoptTests {
  static let moment = Fixtures.start.after(100)

  private func state(_ revision: Int64 = 1, _ phase: PlacementPhase = .active) -> DesiredState {
    Fixtures.desired(
      revision, phase: phase, mode: .adopt, notBefore: phase == .removed ? Self.moment : nil)
  }

  private func target(_ ref: ObjectRef, _ uid: String?) -> WithdrawalOrder.Target {
    WithdrawalOrder.Target(ref: ref, uid: uid)
  }

  private func rig(_ rules: ClusterRules = ClusterRules(.adopt)) -> Rig {
    var rig = Rig(rules: rules)
    rig.feed(.desired(state(), publishedAt: nil, refusal: nil))
    return rig
  }

  private func settled(_ rules: ClusterRules = ClusterRules(.adopt)) -> Rig {
    var rig = rig(rules)
    rig.seeNamespace()
    rig.feed(.clusterListed)
    rig.succeed()
    return rig
  }

  @Test func `a quota is added with the marks on it, nothing by force and nothing else`() throws {
    let rig = settled()
    #expect(rig.orders.count == 1 && rig.order?.isGuest == true)
    let quota = try #require(rig.order?.objects.first)
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    #expect(quota.labels[Labels.placement] == Fixtures.placement.uuidString.lowercased())
    #expect(quota.labels[Labels.revision] == "1" && quota.labels[Labels.epoch] == "1")
    #expect(quota.labels[Labels.managedBy] == nil && quota.annotations.isEmpty)
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.says("Ready") == "True QuotaEnforced")
    #expect(rig.notes.isEmpty, "no Event in another's namespace")
  }

  @Test func `a namespace that is not there is waited for, and never made`() {
    var rig = rig()
    rig.feed(.clusterListed)
    #expect(rig.orders.isEmpty && rig.report?.says("Applied") == "False NamespaceMissing")
    #expect(rig.report?.says("AwaitingOwner") == "True NamespaceMissing")
    rig.feed(.alarm, after: 1000)
    #expect(rig.orders.isEmpty)
    rig.seeNamespace()
    rig.succeed()
    #expect(rig.report?.says("Ready") == "True QuotaEnforced" && rig.report?.says("AwaitingOwner") == "False Done")
  }

  @Test(arguments: [true, false])
  func `a quota of Régie's name that is not Régie's is neither taken over nor deleted`(hasSameValues: Bool) {
    var rig = rig()
    rig.seeNamespace()
    let hard = rig.wanted(Fixtures.quotaRef, state()).spec?["hard"]?.texts ?? [:]
    rig.seeQuota(DesiredObjects.quotaName, hard: hasSameValues ? hard : ["pods": "3"])
    rig.feed(.clusterListed)
    #expect(rig.orders.isEmpty && rig.report?.says("Applied") == "False ObjectTaken")
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 200)
    #expect(rig.orders.isEmpty && rig.withdrawals.last?.targets.allSatisfy { $0.uid == nil } == true, "a look only")
    rig.withdraw(.gone)
    #expect(rig.report?.says("Applied") == "True Removed")
  }

  @Test func `a quota that the agent has applied is its own, although its marks were taken off while it was away`() {
    var rig = rig()
    rig.seeNamespace()
    var quota = rig.wanted(Fixtures.quotaRef, state()).live(50)
    quota.labels = [:]
    quota.writers = [LiveObject.Writer(manager: Labels.fieldManager, operation: "Apply", time: nil)]
    rig.feed(.live(quota))
    rig.feed(.clusterListed)
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
  }

  @Test(arguments: [(Labels.fieldManager, "Update"), ("kubectl", "Apply")])
  func `an unmarked quota that others have written is not taken for the agent's, nor deleted`(
    manager: String, operation: String
  ) {
    var rig = rig()
    rig.seeNamespace()
    var quota = rig.wanted(Fixtures.quotaRef, state()).live(50)
    quota.labels = [:]
    quota.writers = [LiveObject.Writer(manager: manager, operation: operation, time: nil)]
    rig.feed(.live(quota))
    rig.feed(.clusterListed)
    #expect(rig.orders.isEmpty && rig.report?.says("Applied") == "False ObjectTaken")
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 200)
    #expect(rig.orders.isEmpty && rig.withdrawals.map(\.targets) == [[.init(ref: Fixtures.quotaRef, uid: nil)]])
  }

  @Test func `a namespace that its owner removes and makes again is waited for`() {
    var rig = settled()
    rig.seeNamespace(isTerminating: true)
    #expect(rig.report?.says("Applied") == "False NamespaceTerminating")
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "900"))
    #expect(rig.orders.count == 1, "nothing can be made in it")
    rig.feed(.gone(Fixtures.namespaceRef, uid: "n1", resourceVersion: "901"))
    #expect(rig.report?.says("Applied") == "False NamespaceMissing" && rig.orders.count == 1)
    rig.version = 1000
    rig.seeNamespace()
    #expect(rig.orders.count == 2)
  }

  @Test func `in a next namespace nothing waits for what the one before was waited for`() {
    var rig = settled()
    rig.feed(.live(rig.edited(of: state())))
    rig.fail(.throttled, retryAfter: 60_000_000)
    #expect(rig.wakes.last == rig.now.after(60))
    rig.feed(.gone(Fixtures.namespaceRef, uid: "n1", resourceVersion: "900"), after: 1)
    #expect(rig.orders.count == 2 && rig.report?.says("AwaitingOwner") == "True NamespaceMissing")
    rig.version = 1000
    rig.seeNamespace()
    #expect(rig.orders.count == 3 && rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    rig.fail(.unavailable)
    #expect(rig.wakes.last == rig.now.after(0.2), "its first failure")
  }

  @Test func `nothing is withdrawn from a namespace that is being deleted: its end is looked for`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 1)
    rig.succeed()
    rig.seeNamespace(isTerminating: true)
    rig.feed(.alarm, after: 200)
    #expect(rig.withdrawals.isEmpty && rig.report?.says("Applied") == "False NamespaceTerminating")
    rig.feed(.gone(Fixtures.namespaceRef, uid: "n1", resourceVersion: "901"))
    #expect(rig.withdrawals.map(\.targets) == [[target(Fixtures.quotaRef, nil)]], "a look only")
    rig.withdraw(.gone)
    #expect(rig.report?.says("Applied") == "True Removed" && rig.report?.says("AwaitingOwner") == "")
  }

  @Test(arguments: [ManagedKind.limitRange, .networkPolicy])
  func `nothing is added to the next namespace that has one, also where the end of the one before is told of last`(
    kind: ManagedKind
  ) {
    var rig = rig(ClusterRules(.adopt, addsLimitRange: true, addsNetworkPolicies: true))
    rig.seeNamespace()
    rig.feed(.live(LiveObject(ref: Fixtures.ref(kind, "theirs"), uid: "t1", resourceVersion: "50")))
    rig.feed(.clusterListed)
    rig.succeed()
    rig.feed(.live(LiveObject(ref: Fixtures.ref(kind, "theirs"), uid: "t2", resourceVersion: "950")))
    rig.feed(.gone(Fixtures.namespaceRef, uid: "n1", resourceVersion: "901"))
    #expect(rig.report?.says("Applied") == "False NamespaceMissing" && rig.orders.count == 1)
    rig.version = 1000
    rig.seeNamespace()
    let kinds = rig.order?.objects.map(\.ref.kind) ?? []
    #expect(rig.orders.count == 2 && kinds.contains(.resourceQuota) && !kinds.contains(kind))
  }

  @Test func `what another manager owns is told and left, as often as it is tried`() {
    var rig = settled()
    rig.feed(.live(rig.edited(of: state())))
    #expect(rig.orders.count == 2 && rig.order?.isGuest == true)
    rig.fail(.conflict)
    #expect(rig.report?.says("Applied") == "False Conflict" && rig.report?.says("Drifted").hasPrefix("True") == true)
    rig.feed(.alarm, after: 5)
    #expect(rig.orders.allSatisfy { $0.isGuest })
  }

  @Test(arguments: [ManagedKind.limitRange, .networkPolicy])
  func `what a cluster allows besides is added where there is none, and never where there is one`(kind: ManagedKind) {
    let rules = ClusterRules(.adopt, addsLimitRange: true, addsNetworkPolicies: true)
    let bare = settled(rules)
    #expect(bare.order?.objects.contains { $0.ref.kind == kind } == true)
    #expect(bare.report?.says("Applied") == "True Applied")
    var rig = rig(rules)
    rig.seeNamespace()
    rig.feed(.live(LiveObject(ref: Fixtures.ref(kind, "theirs"), uid: "t1", resourceVersion: "50")))
    rig.feed(.clusterListed)
    #expect(rig.order?.objects.contains { $0.ref.kind == kind } == false)
    rig.succeed()
    #expect(rig.report?.says("Applied") == "True Applied")
    rig.feed(.gone(Fixtures.ref(kind, "theirs"), uid: "t1", resourceVersion: "60"))
    #expect(rig.order?.objects.contains { $0.ref.kind == kind } == true, "it went, so ours comes")
  }

  @Test func `one that comes after ours leaves ours in place, and drift of ours is put back`() {
    let rules = ClusterRules(.adopt, addsNetworkPolicies: true)
    var rig = settled(rules)
    rig.feed(.live(LiveObject(ref: Fixtures.ref(.networkPolicy, "theirs"), uid: "t1", resourceVersion: "500")))
    let count = rig.orders.count
    let deny = Fixtures.ref(.networkPolicy, "regie-default-deny")
    let unmarked = rig.edited(deny, of: state()) { $0.labels[Labels.placement] = nil }
    rig.feed(.live(unmarked))
    #expect(rig.orders.count == count + 1 && rig.order?.objects.map(\.ref) == [deny])
  }

  @Test func `frozen: the quota caps pods at those that were counted`() {
    var rig = settled()
    rig.feed(.desired(state(2, .frozen), publishedAt: nil, refusal: nil))
    #expect(rig.order?.objects.first?.spec?["hard"]?["pods"] == "0")
    #expect(rig.order?.objects.first?.labels[Labels.phase] == "frozen")
    rig.succeed(used: ["pods": "7"])
    #expect(rig.order?.objects.first?.spec?["hard"]?["pods"] == "7" && rig.order?.isGuest == true)
    rig.succeed(used: ["pods": "7"])
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.phase == .frozen)
    #expect(rig.memories.last?.pods == 7)
  }

  @Test func `removed: marked, waited for, only ours deleted, and the namespace is left to its owner`() throws {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 1)
    let quota = try #require(rig.order?.objects.first)
    #expect(rig.order?.objects.count == 1 && quota.labels[Labels.phase] == "removed")
    #expect(quota.annotations[Labels.notBefore] == Self.moment.description)
    #expect(quota.spec?["hard"]?["persistentvolumeclaims"] == nil, "the volumes are the owner's")
    rig.succeed()
    #expect(rig.withdrawals.isEmpty && rig.report?.says("Applied") == "False RemovalWaiting")
    rig.feed(.alarm, after: 200)
    #expect(rig.withdrawals.last?.targets == [.init(ref: Fixtures.quotaRef, uid: "u1")])
    #expect(rig.withdrawals.last?.version == state(2, .removed).version)
    rig.withdraw(.going)
    #expect(rig.withdrawals.count == 1 && rig.report?.says("Applied") == "False ObjectTerminating")
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "900"))
    #expect(rig.withdrawals.last?.targets == [.init(ref: Fixtures.quotaRef, uid: nil)], "a look only")
    #expect(rig.report?.says("Applied") != "True Removed", "not before the look")
    rig.withdraw(.gone)
    #expect(
      rig.report?.says("Applied") == "True Removed" && rig.report?.says("AwaitingOwner") == "True NamespaceStands")
    rig.feed(.gone(Fixtures.namespaceRef, uid: "n1", resourceVersion: "901"))
    #expect(rig.report?.says("Applied") == "True Removed" && rig.report?.says("AwaitingOwner") == "False Done")
    #expect(rig.removals.isEmpty && rig.orders.count == 2, "the namespace is never touched")
  }

  @Test func `the answer to another order is not taken for a withdrawal's, and one that failed waits`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 1)
    rig.succeed()
    let mark = rig.order?.attempt ?? 0
    rig.feed(.alarm, after: 200)
    let first = rig.withdrawals.last?.attempt ?? 0
    #expect(rig.feed(.removal(attempt: mark, .gone)).isEmpty)
    #expect(rig.feed(.finished(attempt: mark, ApplyOutcome(applied: []))).isEmpty)
    rig.withdraw(.failed(ApplyFailure(kind: .objectTaken, message: "no")))
    #expect(rig.wakes.last == rig.now.after(5) && rig.report?.says("Applied") == "False ObjectTaken")
    #expect(rig.feed(.clusterListed, after: 1).isEmpty)
    rig.feed(.alarm, after: 4)
    #expect(rig.withdrawals.count == 2)
    #expect(rig.feed(.removal(attempt: first, .gone)).isEmpty)
    rig.withdraw(.failed(ApplyFailure(kind: .objectTaken, message: "no")))
    #expect(rig.wakes.last == rig.now.after(10))
  }

  @Test func `of what is Régie's the quota goes last`() {
    var rig = settled(ClusterRules(.adopt, addsLimitRange: true, addsNetworkPolicies: true))
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 1)
    rig.succeed()
    rig.feed(.alarm, after: 200)
    let targets = rig.withdrawals.last?.targets ?? []
    #expect(targets.map(\.ref.name) == ["regie-allow-dns", "regie-default-deny", "regie-limits", "regie-quota"])
    #expect(targets.map(\.uid) == ["u1", "u1", "u1", "u1"])
  }

  @Test func `beside what is Régie's another's quota of that name is looked at only`() {
    var rig = Rig(rules: ClusterRules(.adopt, addsLimitRange: true))
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 200)
    rig.seeNamespace()
    rig.seeQuota(DesiredObjects.quotaName, hard: ["pods": "3"])
    let limits = Fixtures.ref(.limitRange, "regie-limits")
    rig.feed(.live(rig.wanted(limits, state(2, .removed)).live(50)))
    rig.feed(.clusterListed)
    #expect(rig.orders.isEmpty)
    #expect(rig.withdrawals.map(\.targets) == [[target(limits, "u1"), target(Fixtures.quotaRef, nil)]])
  }

  @Test func `another's policy of Régie's own name holds nothing up, and is not even looked at when Régie's goes`() {
    var rig = rig(ClusterRules(.adopt, addsNetworkPolicies: true))
    rig.seeNamespace()
    let deny = Fixtures.ref(.networkPolicy, "regie-default-deny")
    rig.feed(.live(LiveObject(ref: deny, uid: "t1", resourceVersion: "50")))
    rig.feed(.clusterListed)
    #expect(rig.orders.count == 1 && rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    rig.succeed()
    #expect(rig.report?.says("Applied") == "True Applied")
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 200)
    rig.succeed()
    #expect(rig.withdrawals.map(\.targets) == [[target(Fixtures.quotaRef, "u1")]])
    rig.withdraw(.gone)
    #expect(rig.report?.says("Applied") == "True Removed")
  }

  @Test func `what could not be marked is never deleted, and what is marked is, whatever another applies of it`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 1)
    rig.refuse(.conflict, [Fixtures.quotaRef])
    #expect(rig.report?.says("Applied") == "False Conflict")
    rig.feed(.alarm, after: 200)
    #expect(rig.withdrawals.isEmpty && rig.orders.count == 3, "it is marked first")
    rig.refuse(.conflict, [Fixtures.quotaRef])
    #expect(rig.withdrawals.isEmpty && rig.report?.says("Applied") == "False Conflict")
    rig.feed(.live(rig.edited(of: state(2, .removed))))
    #expect(rig.withdrawals.map(\.targets) == [[target(Fixtures.quotaRef, "u1")]] && rig.orders.count == 3)
  }

  @Test func `what is changed by hand while a removal waits is put back before it is deleted`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 1)
    rig.succeed()
    rig.feed(.live(rig.edited(of: state(2, .removed))), after: 200)
    #expect(rig.withdrawals.isEmpty && rig.orders.count == 3 && rig.report?.says("Drifted") == "True Correcting")
    rig.succeed()
    #expect(rig.withdrawals.count == 1 && rig.report?.says("Drifted") == "False Corrected")
  }

  @Test func `what is changed by hand at the last moment goes with what is removed, and is told as over`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 200)
    rig.succeed()
    rig.feed(.live(rig.edited(of: state(2, .removed))), after: 1)
    #expect(rig.withdrawals.count == 1 && rig.report?.says("Drifted") == "True Correcting")
    rig.withdraw(.gone)
    #expect(rig.report?.says("Applied") == "True Removed" && rig.report?.says("Drifted") == "False Corrected")
    #expect(rig.report?.drifts.last?.correctedAt == rig.now)
  }

  @Test func `what comes back after a removal is withdrawn again, and its end is looked for again`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 200)
    rig.succeed()
    rig.withdraw(.gone)
    #expect(rig.withdrawals.count == 1 && rig.report?.says("Applied") == "True Removed")
    rig.version = 950
    rig.feed(.live(rig.wanted(Fixtures.quotaRef, state()).live(950)), after: 10)
    #expect(rig.orders.count == 3, "it bears no mark of the removal")
    rig.succeed()
    #expect(rig.withdrawals.last?.targets == [.init(ref: Fixtures.quotaRef, uid: "u1")])
    rig.withdraw(.going)
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "970"))
    #expect(rig.withdrawals.last?.targets == [.init(ref: Fixtures.quotaRef, uid: nil)], "a look only")
    #expect(rig.report?.says("Applied") == "False ObjectTerminating", "not before the look")
    rig.withdraw(.gone)
    #expect(rig.withdrawals.count == 3 && rig.report?.says("Applied") == "True Removed")
  }

  @Test func `a namespace that has passed to another placement is not its owner's to remove`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 1)
    rig.succeed()
    rig.feed(.alarm, after: 200)
    rig.withdraw(.gone)
    #expect(
      rig.report?.says("Applied") == "True Removed" && rig.report?.says("AwaitingOwner") == "True NamespaceStands")
    rig.isNamespaceHeld = true
    rig.feed(.alarm, after: 10)
    #expect(rig.report?.says("Applied") == "True Removed" && rig.report?.says("AwaitingOwner") == "False Done")
    rig.isNamespaceHeld = false
    rig.seeNamespace()
    rig.feed(.alarm, after: 1000)
    #expect(rig.report?.says("AwaitingOwner") == "False Done", "it is asked for by who had it last")
  }

  @Test func `a newer revision ends the wait of a removal, and takes off the mark`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 1)
    rig.succeed()
    rig.feed(.desired(state(3), publishedAt: nil, refusal: nil), after: 1)
    #expect(rig.order?.objects.first?.labels[Labels.phase] == nil)
    rig.succeed()
    rig.feed(.alarm, after: 1000)
    #expect(rig.withdrawals.isEmpty && rig.report?.says("Applied") == "True Applied")
  }

  @Test func `an object that lost its mark can not be confirmed as removed`() {
    var rig = Rig(rules: ClusterRules(.adopt))
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 200)
    rig.seeNamespace()
    rig.feed(.clusterListed)
    #expect(rig.withdrawals.last?.targets.allSatisfy { $0.uid == nil } == true)
    rig.withdraw(.failed(ApplyFailure(kind: .objectTaken, message: "no")))
    #expect(rig.report?.says("Applied") == "False ObjectTaken")
    #expect(rig.feed(.clusterListed, after: 1).isEmpty, "it waits")
    rig.feed(.alarm, after: 4)
    #expect(rig.withdrawals.map(\.targets) == [[target(Fixtures.quotaRef, nil)], [target(Fixtures.quotaRef, nil)]])
  }

  @Test func `a quota of another placement is waited for`() {
    var rig = rig()
    rig.seeNamespace()
    var theirs = rig.wanted(Fixtures.quotaRef, state()).live(50)
    theirs.labels[Labels.placement] = "00000000-0000-4000-8000-0000000000ff"
    rig.feed(.live(theirs))
    rig.feed(.clusterListed)
    #expect(rig.orders.isEmpty && rig.report?.says("Applied") == "False ObjectTaken")
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "60"))
    #expect(rig.orders.count == 1)
  }
}
