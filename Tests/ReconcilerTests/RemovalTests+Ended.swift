import Events
import Model
import Testing

@testable import Reconciler

/// How a removal ends: called back, done, or older than what is known.
extension RemovalTests {
  @Test func `what holds a removal up says nothing of the revision that called it back meanwhile`() {
    var rig = marked(removal(notBefore: Fixtures.start))
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: nil), after: 1)
    let actions = rig.remove(.failed(ApplyFailure(kind: .volumesHeld, message: "data-0")))
    #expect(actions.orders.map(\.objects.count) == [5] && actions.wakes.isEmpty)
    let reasons = rig.notes.map(\.reason)
    #expect(!reasons.contains("VolumesHeld"))
    rig.succeed()
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.version.revision == 3)
  }

  @Test func `what is called back while its end is looked for is made anew, and kept`() {
    var rig = Rig()
    rig.feed(.desired(removal(notBefore: Fixtures.start), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: nil), after: 1)
    #expect(rig.removals.map(\.uid) == [nil] && rig.orders.isEmpty, "one after the other")
    rig.remove(.gone)
    #expect(rig.orders.map(\.objects.count) == [5] && rig.order?.mayCreateNamespace == true)
    rig.succeed()
    rig.feed(.live(rig.edited(of: Fixtures.desired(3))))
    #expect(rig.orders.count == 2 && rig.report?.says("Drifted") == "True Correcting")
  }

  @Test func `a removal is done once its end was looked for and told, and no more once a newer state is there`() {
    var rig = marked(removal())
    #expect(!rig.machine.isDone, "it waits")
    rig.feed(.alarm, after: 200)
    #expect(!rig.machine.isDone, "it is ordered")
    rig.remove(.going)
    #expect(!rig.machine.isDone, "it is under way")
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "901"))
    #expect(!rig.machine.isDone, "it is looked for")
    rig.remove(.gone)
    #expect(rig.machine.isDone)
    let refusal = Refusal(reason: "GuardQuota", message: "too much")
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: refusal))
    #expect(!rig.machine.isDone)
  }

  @Test func `what only the repository is rid of is not done`() {
    let state = Fixtures.desired(
      2, phase: .removed, mode: .gitops, notBefore: Self.moment, removePersistentVolumes: true)
    var rig = Rig(rules: ClusterRules(.gitops))
    rig.feed(.desired(state, publishedAt: nil, refusal: nil), after: 200)
    rig.feed(.live(rig.wanted(Fixtures.namespaceRef, state).live(50)))
    rig.feed(.clusterListed)
    rig.commit(.removed)
    #expect(rig.report?.says("Committed") == "True Removed" && rig.report?.says("Applied") == "False AwaitingSync")
    #expect(!rig.machine.isDone)
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "60"))
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed" && rig.machine.isDone)
  }

  @Test func `an older removal, of an older epoch or played again, changes nothing`() {
    var rig = Rig.settled(Fixtures.desired(5, epoch: 2))
    for old in [removal(4, epoch: 2), removal(9, epoch: 1), removal(5, epoch: 2)] {
      #expect(rig.feed(.desired(old, publishedAt: nil, refusal: nil), after: 500).isEmpty)
    }
    #expect(rig.removals.isEmpty && rig.report?.says("Applied") == "True Applied")
  }

  @Test func `a removal that was called back in an earlier life is refused when the bus has lost the newer state`() {
    var rig = Rig(remembered: PlacementMemory(version: StateVersion(epoch: 1, revision: 3), phase: .active))
    rig.feed(.desired(removal(2, notBefore: Fixtures.start), publishedAt: nil, refusal: nil), after: 500)
    rig.feed(.clusterListed)
    rig.feed(.live(rig.wanted(Fixtures.namespaceRef).live(50)))
    #expect(rig.removals.isEmpty && rig.orders.isEmpty && rig.report?.says("Refused") == "True Outdated")
  }

  @Test func `a removed placement is not brought back by an older active state`() {
    var rig = Rig(remembered: PlacementMemory(version: StateVersion(epoch: 1, revision: 3), phase: .removed))
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil))
    #expect(rig.orders.isEmpty && rig.report?.says("Refused") == "True Outdated")
    #expect(rig.report?.says("Unenforced") == "", "nothing was to be")
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: nil))
    #expect(rig.orders.isEmpty && rig.report?.says("Refused") == "True VersionConflict")
    rig.feed(.desired(Fixtures.desired(4), publishedAt: nil, refusal: nil))
    #expect(rig.orders.count == 1)
  }
}
