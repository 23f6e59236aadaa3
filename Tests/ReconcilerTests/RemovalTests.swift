import Events
import Model
import Testing

@testable import Reconciler

/// Phase `removed`: marked, waited for, deleted, seen to be gone; and never anything else.
struct RemovalTests {
  static let moment = Fixtures.start.after(100)

  func removal(
    _ revision: Int64 = 2, epoch: Int64 = 1, notBefore: Timestamp = moment, takesVolumes: Bool? = nil
  ) -> DesiredState {
    Fixtures.desired(
      revision, epoch: epoch, phase: .removed, notBefore: notBefore, removePersistentVolumes: takesVolumes)
  }

  /// A placement that was settled and is to be removed; the mark is on it.
  func marked(_ state: DesiredState) -> Rig {
    var rig = Rig.settled()
    rig.feed(.desired(state, publishedAt: nil, refusal: nil), after: 1)
    rig.succeed()
    return rig
  }

  @Test func `a removal marks first, deletes nothing before its moment, and is reported once the end was seen`() {
    var rig = marked(removal())
    let namespace = rig.order?.objects.first { $0.ref == Fixtures.namespaceRef }
    #expect(namespace?.labels[Labels.phase] == "removed" && rig.order?.mayCreateNamespace == false)
    #expect(namespace?.annotations[Labels.notBefore] == Self.moment.description)
    #expect(rig.removals.isEmpty && rig.report?.says("Applied") == "False RemovalWaiting")
    #expect(rig.wakes.last.map { $0 > rig.now && $0 <= Self.moment } == true)
    rig.feed(.alarm, after: 98.9)
    #expect(rig.removals.isEmpty, "a moment before")
    rig.feed(.alarm, after: 0.2)
    #expect(rig.removals.count == 1 && rig.removals.last?.uid == "u1")
    #expect(rig.removals.last?.version == removal().version && rig.removals.last?.mayTakeVolumes == false)
    rig.remove(.going)
    #expect(rig.report?.says("Applied") == "False NamespaceTerminating")
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "900"))
    #expect(rig.orders.count == 2, "what goes with the namespace is not made again")
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "901"))
    #expect(rig.removals.count == 2 && rig.removals.last?.uid == nil, "a look only")
    #expect(rig.report?.says("Applied") != "True Removed", "not before the look")
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed" && rig.report?.says("Ready") == "False Removed")
    #expect(rig.report?.phase == .removed && rig.report?.used == nil)
    #expect(rig.report?.drifts.isEmpty == true)
    let count = rig.reports.count
    rig.feed(.alarm, after: 1000)
    rig.feed(.clusterListed)
    #expect(rig.reports.count == count && rig.removals.count == 2 && rig.orders.count == 2)
  }

  @Test func `a clock that runs ahead deletes nothing early: the centre's must have come to the moment as well`() {
    var rig = Rig.settled()
    rig.centreIsAhead = -1_000
    rig.feed(.desired(removal(), publishedAt: nil, refusal: nil), after: 1)
    rig.succeed()
    for _ in 0..<20 {
      let actions = rig.feed(.alarm, after: 50)
      #expect(actions.wakes.isEmpty == (rig.now >= Self.moment), "its own clock is waited for, and only that")
      #expect(rig.removals.isEmpty == (rig.now < Self.moment.after(1_000)))
      #expect(rig.removals.isEmpty == false || rig.report?.says("Applied") == "False RemovalWaiting")
    }
    rig.feed(.alarm, after: 100)
    #expect(rig.removals.count == 1 && rig.now > Self.moment.after(1_000))
  }

  @Test func `a centre whose clock runs ahead deletes nothing early either`() {
    var rig = Rig.settled()
    rig.centreIsAhead = 1_000
    rig.feed(.desired(removal(), publishedAt: nil, refusal: nil), after: 1)
    rig.succeed()
    rig.feed(.alarm, after: 98.9)
    #expect(rig.removals.isEmpty)
    rig.feed(.alarm, after: 0.2)
    #expect(rig.removals.count == 1)
  }

  @Test func `the moment that the centre's clock is listened to for is an accepted removal's, and nothing else's`() {
    var rig = Rig.settled()
    #expect(rig.machine.removalMoment == nil)
    let refusal = Refusal(reason: "GuardRemoval", message: "no", isOfGuard: true)
    rig.feed(.desired(removal(2), publishedAt: nil, refusal: refusal))
    #expect(rig.machine.removalMoment == nil, "it is refused")
    rig.feed(.desired(removal(3), publishedAt: nil, refusal: nil))
    #expect(rig.machine.removalMoment == Self.moment)
    rig.feed(.desired(Fixtures.desired(4, notBefore: Self.moment), publishedAt: nil, refusal: nil))
    #expect(rig.machine.removalMoment == nil, "it was called back")
  }

  @Test func `a long delay is asked for in pieces, since clocks are set meanwhile`() {
    let rig = marked(removal(notBefore: Fixtures.start.after(86_400)))
    #expect(rig.wakes.last == rig.now.after(60))
  }

  @Test func `at the very moment it is deleted: the last alarm that is asked for comes then`() {
    var rig = marked(removal())
    #expect(rig.notes.last?.reason == "RemovalScheduled" && rig.notes.last?.isWarning == true)
    #expect(rig.notes.last?.message.contains("au plus tôt le \(Self.moment)") == true)
    #expect(rig.feed(.alarm, after: 60).wakes == [Self.moment])
    let actions = rig.feed(.alarm, after: 39)
    #expect(rig.now == Self.moment && actions.removals.map(\.uid) == ["u1"] && actions.wakes.isEmpty)
    #expect(rig.notes.last?.reason == "Removing" && rig.notes.last?.isWarning == true)
  }

  @Test(arguments: ClusterSpec.Mode.allCases)
  func `without a moment nothing is deleted, nor looked for, however long it stands`(mode: ClusterSpec.Mode) {
    var rig = Rig(rules: ClusterRules(mode))
    let state = Fixtures.desired(2, phase: .removed, mode: mode)
    rig.feed(.desired(state, publishedAt: nil, refusal: nil))
    if mode.isOfOthers { rig.seeNamespace() }
    for object in DesiredObjects.render(state) { rig.feed(.live(object.live(200))) }
    rig.feed(.clusterListed)
    rig.feed(.alarm, after: 100_000)
    #expect(rig.orders.isEmpty && rig.removals.isEmpty && rig.withdrawals.isEmpty && rig.looks.isEmpty)
    #expect(rig.commits.allSatisfy { !$0.mayRemoveNamespace && !$0.mayFinish })
  }

  @Test func `a mark that failed, and is there all the same, holds nothing up once the moment comes`() {
    var rig = Rig.settled()
    rig.feed(.desired(removal(), publishedAt: nil, refusal: nil), after: 98)
    rig.fail(.forbidden)
    #expect(rig.wakes.last == rig.now.after(5))
    for object in rig.order?.objects ?? [] {
      rig.version += 1
      rig.feed(.live(object.live(rig.version)))
    }
    #expect(rig.report?.says("Applied") == "False RemovalWaiting" && rig.wakes.last == Self.moment)
    #expect(rig.feed(.alarm, after: 2).removals.map(\.uid) == ["u1"])
    rig.remove(.failed(ApplyFailure(kind: .volumesHeld, message: "data-0")))
    #expect(rig.wakes.last == rig.now.after(5), "its first failure")
  }

  @Test func `what was never on the cluster is looked for, never made, and reported as removed`() {
    var rig = Rig()
    rig.feed(.desired(removal(), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    #expect(rig.orders.isEmpty && rig.removals.count == 1 && rig.removals.last?.uid == nil)
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed")
  }

  @Test func `a newer removal of what is gone is told as done only once that was looked for again`() {
    var rig = Rig()
    rig.feed(.desired(removal(), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    rig.remove(.gone)
    rig.feed(.desired(removal(3), publishedAt: nil, refusal: nil), after: 1)
    #expect(rig.removals.map(\.uid) == [nil, nil] && rig.removals.last?.version == removal(3).version)
    #expect(rig.report?.version == removal().version, "nothing is known of the newer one yet")
    rig.remove(.gone)
    #expect(rig.report?.version == removal(3).version && rig.report?.says("Applied") == "True Removed")
  }

  @Test func `little is kept of what is removed, and it is removed again when it comes back`() {
    var rig = marked(removal())
    let namespace = rig.wanted(Fixtures.namespaceRef)
    rig.feed(.live(rig.edited()))
    rig.succeed()
    rig.feed(.alarm, after: 200)
    rig.feed(.live(rig.edited(of: removal())))
    #expect(rig.report?.says("Drifted") == "True Correcting")
    rig.remove(.going)
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "901"))
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed" && rig.report?.drifts.isEmpty == true)
    #expect(rig.report?.says("Drifted") == "False Corrected", "what was changed went with the namespace")
    #expect(rig.machine.objects.isEmpty && rig.machine.facts.isEmpty && rig.machine.graves.isEmpty)
    #expect(rig.machine.drifts.entries.isEmpty)

    // Somebody's own namespace of the same name is not Régie's business.
    let (orders, removals) = (rig.orders.count, rig.removals.count)
    var foreign = namespace.live(950)
    foreign.labels = [:]
    rig.feed(.live(foreign))
    rig.feed(.gone(Fixtures.namespaceRef, uid: foreign.uid, resourceVersion: "951"))
    #expect(rig.orders.count == orders && rig.removals.count == removals && rig.machine.objects.isEmpty)

    // Out of a backup, with the placement's mark, and without that of the removal.
    var restored = namespace.live(960)
    restored.labels[Labels.phase] = "active"
    rig.version = 960
    rig.feed(.live(restored))
    #expect(rig.order?.objects.contains { $0.ref == Fixtures.namespaceRef } == true)
    #expect(rig.report?.says("Applied") == "False NamespaceStands")
    rig.succeed()
    #expect(rig.removals.count == removals + 1 && rig.removals.last?.uid == restored.uid)
    rig.remove(.going)
    rig.feed(.gone(Fixtures.namespaceRef, uid: restored.uid, resourceVersion: "970"))
    #expect(rig.removals.count == removals + 2 && rig.removals.last?.uid == nil, "a look only")
    #expect(rig.report?.says("Applied") == "False NamespaceTerminating", "not before the look")
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed" && rig.machine.objects.isEmpty)
  }

  @Test func `a namespace of somebody else with that name is neither marked nor deleted, nor called removed`() {
    var rig = Rig()
    rig.feed(.desired(removal(), publishedAt: nil, refusal: nil))
    var foreign = rig.wanted(Fixtures.namespaceRef).live(50)
    foreign.labels = [Labels.placement: "00000000-0000-4000-8000-0000000000ff"]
    rig.feed(.live(foreign, fromList: true))
    rig.feed(.clusterListed, after: 500)
    #expect(rig.orders.isEmpty && rig.removals.last?.uid == nil)
    rig.remove(.failed(ApplyFailure(kind: .namespaceTaken, message: "no")))
    #expect(rig.report?.says("Applied") == "False NamespaceTaken")
    rig.feed(.alarm, after: 5)
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "60"))
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed")
    #expect(rig.removals.allSatisfy { $0.uid == nil } && rig.orders.isEmpty)
  }

  @Test func `a newer revision ends the wait, and takes off the mark`() {
    var rig = marked(removal())
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: nil), after: 50)
    #expect(rig.order?.objects.first?.labels[Labels.phase] == nil)
    rig.succeed()
    rig.feed(.alarm, after: 1000)
    #expect(rig.removals.isEmpty && rig.report?.says("Applied") == "True Applied")
  }

  @Test func `a newer revision that is refused ends the wait too`() {
    var rig = marked(removal())
    let refusal = Refusal(reason: "GuardQuota", message: "too much")
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: refusal), after: 50)
    rig.feed(.alarm, after: 1000)
    #expect(rig.removals.isEmpty && rig.report?.says("Applied") == "False GuardQuota")
  }

  @Test func `a mark that is taken off by hand is put back, and deletes nothing meanwhile`() {
    var rig = marked(removal())
    let unmarked = rig.edited(Fixtures.namespaceRef, of: removal()) { $0.labels[Labels.phase] = nil }
    rig.feed(.live(unmarked), after: 200)
    #expect(rig.removals.isEmpty && rig.orders.count == 3)
    #expect(rig.report?.says("Drifted") == "True Correcting")
    rig.succeed()
    #expect(rig.removals.count == 1 && rig.report?.says("Drifted") == "False Corrected")
  }

  @Test func `a namespace that lost its label is not marked by force, nor deleted`() {
    var rig = marked(removal())
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "900"), after: 200)
    #expect(rig.removals.last?.uid == nil && rig.orders.count == 2)
    rig.remove(.failed(ApplyFailure(kind: .namespaceTaken, message: "no")))
    #expect(rig.report?.says("Applied") == "False NamespaceTaken")
  }

  @Test func `without the flag new volumes are kept out first, with it they do not matter`() {
    var rig = Rig.settled()
    rig.feed(.desired(removal(), publishedAt: nil, refusal: nil), after: 200)
    let quota = rig.order?.objects.first { $0.ref == Fixtures.quotaRef }
    #expect(quota?.spec?["hard"]?["persistentvolumeclaims"] == "0")
    rig.succeed(filled: false)
    #expect(rig.removals.isEmpty && rig.report?.says("Applied") == "False QuotaPending")
    rig.feed(.live(rig.wanted(Fixtures.quotaRef, removal()).live(990)))
    #expect(rig.removals.count == 1)

    rig = Rig.settled()
    rig.feed(.desired(removal(takesVolumes: true), publishedAt: nil, refusal: nil), after: 200)
    #expect(rig.order?.objects.contains { $0.spec?["hard"]?["persistentvolumeclaims"] != nil } == false)
    rig.succeed(filled: false)
    #expect(rig.removals.count == 1 && rig.removals.last?.mayTakeVolumes == true)
  }

  @Test(arguments: [nil, "1"])
  func `a quota that does not keep new volumes out yet holds the removal, whatever else it limits`(claims: String?) {
    var rig = Rig.settled()
    rig.feed(.desired(removal(), publishedAt: nil, refusal: nil), after: 200)
    rig.succeed(filled: false)
    var quota = rig.wanted(Fixtures.quotaRef, removal()).live(990)
    quota.statusHard["persistentvolumeclaims"] = claims
    rig.feed(.live(quota))
    #expect(rig.removals.isEmpty && rig.report?.says("Applied") == "False QuotaPending")
    quota.resourceVersion = "991"
    quota.statusHard["persistentvolumeclaims"] = "0"
    rig.feed(.live(quota))
    #expect(rig.removals.map(\.uid) == ["u1"])
  }

  @Test func `volumes that nobody gave up hold the removal, loudly, until a newer revision gives them up`() {
    var rig = marked(removal(notBefore: Fixtures.start))
    rig.remove(.failed(ApplyFailure(kind: .volumesHeld, message: "data-0")))
    #expect(rig.report?.says("Applied") == "False VolumesHeld")
    #expect(rig.notes.contains { $0.reason == "VolumesHeld" && $0.isWarning && $0.message.contains("data-0") })
    #expect(rig.wakes.last == rig.now.after(5))
    rig.feed(.desired(removal(3, notBefore: Fixtures.start, takesVolumes: true), publishedAt: nil, refusal: nil))
    rig.succeed()
    #expect(rig.removals.last?.mayTakeVolumes == true && rig.removals.last?.version.revision == 3)
  }

  @Test func `a removal that fails waits, longer each time, whatever is told meanwhile`() {
    var rig = marked(removal(notBefore: Fixtures.start))
    let held = RemovalOutcome.failed(ApplyFailure(kind: .volumesHeld, message: "data-0"))
    rig.remove(held)
    #expect(rig.feed(.clusterListed, after: 1).isEmpty)
    #expect(rig.feed(.alarm, after: 4).removals.map(\.uid) == ["u1"])
    rig.remove(held)
    #expect(rig.wakes.last == rig.now.after(10))
    #expect(rig.feed(.alarm, after: 10).removals.map(\.uid) == ["u1"])
    rig.remove(.going)
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "901"))
    // The look for its end fails likewise, and counts anew.
    let taken = RemovalOutcome.failed(ApplyFailure(kind: .namespaceTaken, message: "no"))
    rig.remove(taken)
    #expect(rig.wakes.last == rig.now.after(5))
    #expect(rig.feed(.clusterListed, after: 1).isEmpty)
    #expect(rig.feed(.alarm, after: 4).removals.map(\.uid) == [nil])
    rig.remove(taken)
    #expect(rig.wakes.last == rig.now.after(10))
    #expect(rig.feed(.alarm, after: 10).removals.map(\.uid) == [nil])
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed")
    // What comes back is another matter.
    rig.feed(.live(rig.wanted(Fixtures.namespaceRef).live(960)))
    rig.fail(.forbidden)
    #expect(rig.wakes.last == rig.now.after(5))
  }

  @Test func `the answer to another order is not taken for a removal's`() {
    var rig = marked(removal())
    let mark = rig.order?.attempt ?? 0
    rig.feed(.alarm, after: 200)
    let first = rig.removals.last?.attempt ?? 0
    #expect(rig.feed(.removal(attempt: mark, .gone)).isEmpty)
    #expect(rig.feed(.finished(attempt: mark, ApplyOutcome(applied: []))).isEmpty)
    rig.remove(.failed(ApplyFailure(kind: .unavailable, message: "no")))
    rig.feed(.alarm, after: 1)
    #expect(rig.removals.count == 2)
    #expect(rig.feed(.removal(attempt: first, .gone)).isEmpty)
    #expect(rig.report?.says("Applied") == "False ClusterUnavailable")
  }

  @Test func `a namespace that is gone before it could be deleted is told as removed`() {
    var rig = marked(removal())
    rig.feed(.alarm, after: 200)
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed")
    #expect(rig.removals.count == 1 && rig.orders.count == 2)
  }
}
