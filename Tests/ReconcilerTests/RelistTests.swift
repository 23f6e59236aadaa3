import Events
import Model
import Reconciler
import Testing

/// A watch that broke for too long is followed by a new list, and of what the watch never showed no end is told.
struct RelistTests {
  private func list(_ kind: ManagedKind, _ present: Set<ObjectRef> = [], at version: Int) -> PlacementMachine.Event {
    .listed(kind, present: present, resourceVersion: String(version))
  }

  @Test func `what only an answer told of, and a list lacks, is gone`() {
    var rig = Rig.settled()
    #expect(rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "50")).isEmpty, "as the watch last saw it")
    rig.feed(list(.resourceQuota, at: 200), after: 1)
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    #expect(rig.report?.drifts.last?.path == "" && rig.report?.says("Drifted") == "True Correcting")
    rig.version = 200
    rig.succeed()
    #expect(rig.report?.says("Ready") == "True QuotaEnforced" && rig.orders.count == 2)
  }

  @Test(arguments: ManagedKind.allCases)
  func `every kind is kept so`(kind: ManagedKind) {
    var rig = Rig.settled()
    let wanted = DesiredObjects.render(Fixtures.desired(1)).map(\.ref)
    rig.feed(list(kind, at: 200))
    #expect(rig.orders.count == 2)
    #expect(rig.order?.objects.map(\.ref) == wanted.filter { kind == .namespace || $0.kind == kind })
  }

  @Test func `what was made after the list stays, and so does what the list holds`() {
    var rig = Rig.settled()
    #expect(rig.feed(list(.resourceQuota, at: 100)).isEmpty)
    #expect(rig.feed(list(.resourceQuota, [Fixtures.quotaRef], at: 900)).isEmpty)
    #expect(rig.orders.count == 1 && rig.report?.says("Ready") == "True QuotaEnforced")
  }

  @Test func `an answer that comes after a list without its object is not believed, the next one is`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited()))
    #expect(rig.orders.count == 2)
    rig.feed(list(.resourceQuota, at: 500))
    let put = rig.wanted(Fixtures.quotaRef).live(400)
    let actions = rig.feed(.finished(attempt: 2, ApplyOutcome(applied: [put])))
    #expect(actions.orders.first?.objects.map(\.ref) == [Fixtures.quotaRef])
    // A cluster that was put back counts from lower on.
    rig.version = 450
    rig.succeed()
    #expect(rig.orders.count == 3 && rig.report?.says("Ready") == "True QuotaEnforced")
  }

  @Test func `an answer of what was made after the list is believed`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited()))
    rig.feed(list(.resourceQuota, at: 500))
    let put = rig.wanted(Fixtures.quotaRef).live(uid: "u2", 501)
    #expect(rig.feed(.finished(attempt: 2, ApplyOutcome(applied: [put]))).orders.isEmpty)
    #expect(rig.report?.says("Ready") == "True QuotaEnforced")
  }

  @Test func `a removal ends whose namespace went while nobody watched`() {
    var rig = Rig.settled()
    rig.feed(
      .desired(Fixtures.desired(2, phase: .removed, notBefore: rig.now), publishedAt: nil, refusal: nil), after: 1)
    rig.succeed()
    rig.remove(.going)
    #expect(rig.report?.says("Applied") == "False NamespaceTerminating")
    #expect(rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "50")).isEmpty)
    #expect(rig.feed(list(.namespace, at: 900)).removals.map(\.uid) == [nil])
    rig.remove(.gone)
    #expect(rig.report?.says("Applied") == "True Removed")
  }
}
