import Events
import Model
import Reconciler
import Testing

/// Mode `gitops`: what is decided becomes commits, and what the cluster shows of them is told.
struct GitOpsTests {
  private func state(
    _ revision: Int64 = 1, _ phase: PlacementPhase = .active, takesVolumes: Bool? = nil
  ) -> DesiredState {
    Fixtures.desired(
      revision, phase: phase, mode: .gitops, notBefore: phase == .removed ? Fixtures.start.after(100) : nil,
      removePersistentVolumes: takesVolumes)
  }

  /// The cluster shows the last commit that was asked for.
  private func synchronise(_ rig: inout Rig, used: [String: String] = [:]) {
    for object in rig.commits.last?.objects ?? [] {
      rig.version += 1
      rig.feed(.live(object.live(rig.version, used: used)))
    }
  }

  private func settled() -> Rig {
    var rig = Rig(rules: ClusterRules(.gitops))
    rig.feed(.desired(state(), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    rig.commit(.written(commit: "c0ffee"))
    synchronise(&rig)
    return rig
  }

  private func expectNothingApplied(_ rig: Rig) {
    #expect(rig.orders.isEmpty && rig.withdrawals.isEmpty && rig.notes.isEmpty)
    #expect(rig.removals.allSatisfy { $0.uid == nil }, "looks only")
  }

  @Test func `a state is handed over once, after it is remembered, and told as committed and then as seen`() {
    var rig = Rig(rules: ClusterRules(.gitops))
    rig.remembers = false
    rig.feed(.desired(state(), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    #expect(rig.commits.isEmpty, "not before it is remembered")
    rig.feed(.memory(rig.memories.last))
    #expect(rig.commits.count == 1 && rig.commits[0].objects == DesiredObjects.render(state()))
    #expect(rig.report?.says("Committed") == "False Committing")
    rig.commit(.written(commit: "c0ffee"))
    #expect(rig.report?.says("Committed") == "True Committed" && rig.report?.says("Applied") == "False AwaitingSync")
    synchronise(&rig)
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.says("Ready") == "True QuotaEnforced")
    rig.feed(.alarm, after: 10_000)
    #expect(rig.commits.count == 1)
    expectNothingApplied(rig)
  }

  @Test func `what Argo CD has made anew is seen, also where the end of the namespace before is told of last`() {
    var rig = settled()
    for object in rig.commits.last?.objects ?? [] where object.ref.kind != .namespace {
      rig.feed(.gone(object.ref, uid: "u1", resourceVersion: "900"), after: 1)
      rig.feed(.live(object.live(uid: "u2", 950)))
    }
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "901"), after: 1)
    #expect(rig.report?.says("Applied") == "False Drifted")
    rig.feed(.live(rig.wanted(Fixtures.namespaceRef, state()).live(uid: "u2", 951)), after: 1)
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.says("Ready") == "True QuotaEnforced")
    expectNothingApplied(rig)
  }

  @Test func `drift is told and left to Argo CD`() {
    var rig = settled()
    rig.feed(.live(rig.edited(of: state())), after: 1)
    rig.feed(.alarm, after: 100)
    #expect(rig.report?.says("Drifted") == "True Reported" && rig.report?.says("Applied") == "False Drifted")
    #expect(rig.report?.drifts.last?.manager == "kubectl-edit")
    synchronise(&rig)
    #expect(rig.report?.says("Drifted") == "False Corrected" && rig.report?.says("Applied") == "True Applied")
    #expect(rig.commits.count == 1)
    expectNothingApplied(rig)
  }

  @Test func `what is told of an earlier state is not taken for the present one`() {
    var rig = settled()
    rig.feed(.desired(state(2), publishedAt: nil, refusal: nil), after: 1)
    #expect(rig.commits.count == 2)
    rig.feed(.committed(attempt: rig.commits[0].attempt, .written(commit: "old")))
    #expect(rig.report?.says("Committed") == "False Committing")
  }

  @Test func `what is wrong with the repository is told until it ends`() {
    var rig = Rig(rules: ClusterRules(.gitops))
    rig.feed(.desired(state(), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    rig.feed(.repository(RepositoryFault(reason: "GitUnreachable", message: "no")))
    #expect(rig.report?.says("Committed") == "False GitUnreachable")
    #expect(rig.report?.says("Applied") == "False GitUnreachable")
    rig.feed(.repository(nil))
    #expect(rig.report?.says("Committed") == "False Committing")
    rig.commit(.failed(reason: "PathObstructed", message: "a/b"))
    #expect(rig.report?.says("Applied") == "False PathObstructed")
  }

  @Test func `frozen: no pod, then as many as were counted, each handed over`() {
    var rig = settled()
    rig.feed(.desired(state(2, .frozen), publishedAt: nil, refusal: nil), after: 1)
    #expect(rig.commits.last?.podsInUse == nil)
    rig.commit(.written(commit: "a"))
    synchronise(&rig, used: ["pods": "7"])
    #expect(rig.commits.count == 3 && rig.commits.last?.podsInUse == 7 && rig.memories.last?.pods == 7)
    rig.commit(.written(commit: "b"))
    synchronise(&rig, used: ["pods": "7"])
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.phase == .frozen)
    expectNothingApplied(rig)
  }

  @Test func `removed: volumes are looked for, the commits are waited for, and the end is looked for`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 1)
    #expect(rig.commits.last?.mayRemoveNamespace == false && rig.looks.isEmpty)
    rig.commit(.waiting)
    #expect(rig.report?.says("Applied") == "False RemovalWaiting")
    rig.feed(.alarm, after: 100)
    #expect(rig.looks.count == 1)
    rig.feed(.volumes(attempt: rig.looks[0].attempt, .none))
    #expect(rig.commits.last?.mayRemoveNamespace == true)
    rig.commit(.emptied(until: rig.now.after(10)))
    #expect(rig.report?.says("Applied") == "False Emptied")
    rig.commit(.removed, after: 10)
    #expect(rig.report?.says("Applied") == "False AwaitingSync" && rig.removals.isEmpty)
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "9000"))
    #expect(rig.removals.count == 1 && rig.removals[0].uid == nil)
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed" && rig.report?.says("Committed") == "True Removed")
    #expect(rig.feed(.alarm, after: 1000).isEmpty, "there is nothing to look at any more")
    expectNothingApplied(rig)
  }

  /// The namespace as the folder of another placement has it.
  private func another(_ rig: Rig) -> LiveObject {
    var namespace = rig.wanted(Fixtures.namespaceRef, state()).live(uid: "u9", 9500)
    namespace.labels[Labels.placement] = "00000000-0000-4000-8000-0000000000ff"
    return namespace
  }

  @Test func `a removal stays told as done when another placement makes the namespace anew`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed, takesVolumes: true), publishedAt: nil, refusal: nil), after: 200)
    rig.commit(.removed)
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "9000"))
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed")
    let count = rig.reports.count
    rig.feed(.live(another(rig)), after: 10)
    rig.feed(.alarm, after: 1000)
    #expect(rig.reports.count == count && rig.removals.count == 1)
    expectNothingApplied(rig)
  }

  @Test func `a namespace that has passed to another placement is looked at, and not its owner's to remove`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed, takesVolumes: true), publishedAt: nil, refusal: nil), after: 200)
    rig.feed(.live(another(rig)))
    rig.commit(.removed)
    #expect(rig.removals.map(\.uid) == [nil] && rig.report?.says("AwaitingOwner") != "True NamespaceStands")
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed")
    expectNothingApplied(rig)
  }

  @Test func `the namespace goes after a last look, once its quota is seen to keep volumes out`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 200)
    rig.feed(.volumes(attempt: rig.looks[0].attempt, .none))
    rig.commit(.emptied(until: rig.now.after(30)))
    #expect(rig.commits.last?.mayRemoveNamespace == true && rig.commits.last?.mayFinish == false)
    #expect(rig.wakes.last == rig.now.after(30), "it looks again when the namespace is about to go")
    rig.feed(.alarm, after: 30)
    #expect(rig.looks.count == 2)
    rig.feed(.volumes(attempt: rig.looks[1].attempt, .none))
    #expect(rig.commits.last?.mayFinish == false, "the cluster does not show yet that nothing can come")
    synchronise(&rig)
    #expect(rig.commits.last?.mayFinish == true)
    rig.feed(.alarm, after: 61)
    rig.feed(.volumes(attempt: rig.looks[2].attempt, .held(ApplyFailure(kind: .volumesHeld, message: "data-0"))))
    #expect(rig.commits.last?.mayFinish == false && rig.commits.last?.mayRemoveNamespace == false)
  }

  @Test func `a newer state that is refused holds a removal up at once, before that is written down`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed, takesVolumes: true), publishedAt: nil, refusal: nil), after: 200)
    #expect(rig.commits.last?.mayFinish == true && rig.commits.last?.state.notBefore != nil)
    rig.remembers = false
    let refusal = Refusal(reason: "GuardQuota", message: "too much")
    let held = rig.feed(.desired(state(3), publishedAt: nil, refusal: refusal)).commits
    #expect(held.map(\.state.revision) == [2] && held.last?.state.notBefore == nil)
    #expect(rig.memories.last?.description == "1.2 removed refused 1.3")
  }

  @Test func `a removal goes no further where a later state turns out to have been acted on`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed, takesVolumes: true), publishedAt: nil, refusal: nil), after: 200)
    #expect(rig.commits.last?.mayFinish == true)
    let held = rig.feed(.memory(PlacementMemory("1.3 active"))).commits
    #expect(held.map(\.state.revision) == [2] && held.last?.state.notBefore == nil)
    #expect(held.last?.mayRemoveNamespace == false && held.last?.mayFinish == false)
    #expect(rig.report?.says("Refused") == "True Outdated")
  }

  @Test(arguments: [true, false])
  func `volumes are looked for anew at each removal, whatever the look at the last one has found or finds`(
    isAnswered: Bool
  ) {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 200)
    if isAnswered { rig.feed(.volumes(attempt: rig.looks[0].attempt, .none)) }
    #expect(rig.commits.last?.mayRemoveNamespace == isAnswered)
    rig.feed(.desired(state(3), publishedAt: nil, refusal: nil), after: 1)
    rig.feed(.desired(state(4, .removed), publishedAt: nil, refusal: nil), after: 1)
    #expect(rig.looks.count == 2)
    rig.feed(.volumes(attempt: rig.looks[0].attempt, .none))
    #expect(rig.commits.last?.state.revision == 4 && rig.commits.last?.mayRemoveNamespace == false)
    rig.feed(.volumes(attempt: rig.looks.last?.attempt ?? 0, .none))
    #expect(rig.commits.last?.mayRemoveNamespace == true)
  }

  @Test func `volumes that come later hold the namespace after all`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 200)
    rig.feed(.volumes(attempt: rig.looks[0].attempt, .none))
    rig.commit(.emptied(until: rig.now.after(1000)))
    rig.feed(.alarm, after: 61)
    #expect(rig.looks.count == 2)
    rig.feed(.volumes(attempt: rig.looks[1].attempt, .held(ApplyFailure(kind: .volumesHeld, message: "data-0"))))
    #expect(rig.commits.last?.mayRemoveNamespace == false)
    rig.commit(.held)
    #expect(rig.report?.says("Applied") == "False VolumesHeld")
    #expect(rig.report?.says("Committed") == "False NamespaceHeld")
    rig.feed(.desired(state(3, .removed, takesVolumes: true), publishedAt: nil, refusal: nil))
    #expect(rig.commits.last?.mayRemoveNamespace == true && rig.looks.count == 2)
  }

  @Test func `a removal that is called back goes no further while that waits to be remembered`() throws {
    var rig = settled()
    rig.feed(.desired(state(2, .removed, takesVolumes: true), publishedAt: nil, refusal: nil), after: 200)
    var hold = try #require(rig.commits.last)
    #expect(hold.mayRemoveNamespace && hold.mayFinish && hold.state.revision == 2)
    rig.remembers = false
    rig.feed(.desired(state(3), publishedAt: nil, refusal: nil))
    hold.attempt += 1
    hold.state.notBefore = nil
    hold.mayRemoveNamespace = false
    hold.mayFinish = false
    #expect(rig.commits.count == 3 && rig.commits.last == hold)
    rig.feed(.memory(rig.memories.last))
    #expect(rig.commits.count == 4 && rig.commits.last?.state == state(3))
  }

  @Test func `a newer state that is refused holds a removal up`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed, takesVolumes: true), publishedAt: nil, refusal: nil), after: 1)
    #expect(rig.commits.last?.state.notBefore != nil)
    rig.feed(
      .desired(state(3), publishedAt: nil, refusal: Refusal(reason: "GuardQuota", message: "too much")), after: 1)
    #expect(rig.commits.last?.state.notBefore == nil && rig.report?.says("Refused") == "True GuardQuota")
  }

  @Test func `volumes are looked for at the very moment, once both clocks have come to it, and once at a time`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 40)
    #expect(rig.wakes.last == Fixtures.start.after(100))
    rig.centreIsAhead = -50
    #expect(rig.feed(.alarm, after: 60).isEmpty, "the centre's has not")
    let attempt = (rig.commits.last?.attempt ?? 0) + 1
    let look = VolumeLook(placement: Fixtures.placement, attempt: attempt, namespace: Fixtures.namespace)
    #expect(rig.feed(.alarm, after: 50) == [.look(look)])
    #expect(rig.feed(.alarm, after: 100).isEmpty, "it is under way")
  }

  @Test(arguments: [PlacementPhase.active, .frozen, .draining])
  func `what is not to be removed lets no namespace go, whatever is said of its volumes`(phase: PlacementPhase) {
    let state = state(1, phase, takesVolumes: true)
    var rig = Rig(rules: ClusterRules(.gitops))
    rig.feed(.desired(state, publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed, after: 1000)
    let order = CommitOrder(
      attempt: 1, state: state, objects: DesiredObjects.render(state), mayRemoveNamespace: false, mayFinish: false)
    #expect(rig.commits == [order] && rig.looks.isEmpty)
    expectNothingApplied(rig)
  }

  @Test func `a namespace that comes back after its removal is told, and its end is looked for again`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed, takesVolumes: true), publishedAt: nil, refusal: nil), after: 200)
    rig.commit(.removed)
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "9000"))
    rig.remove(.gone)
    rig.feed(.live(rig.wanted(Fixtures.namespaceRef, state()).live(uid: "u2", 9500)), after: 10)
    #expect(rig.report?.says("Applied") == "False AwaitingSync" && rig.removals.count == 1)
    #expect(rig.report?.says("AwaitingOwner") == "True NamespaceStands")
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u2", resourceVersion: "9600"), after: 10)
    #expect(rig.removals.count == 2 && rig.report?.says("Applied") == "False AwaitingSync", "not before the look")
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed" && rig.report?.says("AwaitingOwner") == "False Done")
    // Somebody puts the folder back.
    rig.commit(.emptied(until: rig.now.after(30)))
    #expect(rig.report?.says("Applied") == "False Emptied")
    rig.commit(.removed, after: 30)
    #expect(rig.removals.count == 3 && rig.report?.says("Applied") == "False Emptied", "not before the look")
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed")
    expectNothingApplied(rig)
  }

  @Test func `a namespace that is being deleted is told as that`() {
    var rig = settled()
    rig.feed(.live(rig.wanted(Fixtures.namespaceRef, state()).live(900, isTerminating: true)), after: 1)
    #expect(rig.report?.says("Applied") == "False NamespaceTerminating" && rig.commits.count == 1)
    expectNothingApplied(rig)
  }

  @Test func `a namespace that somebody has deleted meanwhile leaves the repository after a last look`() {
    var rig = settled()
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 200)
    rig.feed(.volumes(attempt: rig.looks[0].attempt, .none))
    rig.commit(.emptied(until: rig.now.after(30)))
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "900"), after: 1)
    #expect(rig.commits.last?.mayRemoveNamespace == true && rig.commits.last?.mayFinish == false)
    rig.feed(.alarm, after: 29)
    #expect(rig.looks.count == 2)
    rig.feed(.volumes(attempt: rig.looks[1].attempt, .none))
    #expect(rig.commits.last?.mayRemoveNamespace == true && rig.commits.last?.mayFinish == true)
    expectNothingApplied(rig)
  }
}
