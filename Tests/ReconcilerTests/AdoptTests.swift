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
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "900"))
    #expect(rig.orders.count == 1, "nothing can be made in it")
    rig.feed(.gone(Fixtures.namespaceRef, uid: "n1", resourceVersion: "901"))
    #expect(rig.report?.says("Applied") == "False NamespaceMissing" && rig.orders.count == 1)
    rig.version = 1000
    rig.seeNamespace()
    #expect(rig.orders.count == 2)
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
    #expect(rig.report?.says("Applied").hasPrefix("False") == true)
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
