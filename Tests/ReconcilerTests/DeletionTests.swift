import Events
import Model
import Reconciler
import Testing

struct DeletionTests {
  @Test func `an object deleted by hand is made again`() {
    var rig = Rig.settled()
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "900"), after: 1)
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    #expect(rig.report?.drifts.last?.path == "" && rig.report?.says("Drifted") == "True Correcting")
    rig.version = 900
    rig.succeed()
    #expect(rig.report?.says("Drifted") == "False Corrected")
    #expect(rig.report?.conditions.last?.message == "ResourceQuota/regie-quota, deleted or no longer marked")
    #expect(rig.report?.says("Ready") == "True QuotaEnforced")
  }

  @Test func `without its uid an end is believed as it comes`() {
    var rig = Rig.settled()
    #expect(rig.feed(.gone(Fixtures.quotaRef)).orders.count == 1)
    #expect(rig.feed(.gone(Fixtures.quotaRef)).isEmpty)
  }

  @Test func `an answer that comes after the end of its object is not believed`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited()))
    let put = rig.wanted(Fixtures.quotaRef).live(500)
    rig.feed(.live(put))
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "501"))
    let actions = rig.feed(.finished(attempt: 2, ApplyOutcome(applied: [put])))
    #expect(actions.orders.first?.objects.map(\.ref) == [Fixtures.quotaRef])
  }

  @Test func `an end that comes after its successor is not taken for the successor's`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited()))
    rig.feed(.finished(attempt: 2, ApplyOutcome(applied: [rig.wanted(Fixtures.quotaRef).live(uid: "u2", 500)])))
    #expect(rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "400")).isEmpty)
    #expect(rig.report?.says("Ready") == "True QuotaEnforced")
    rig.feed(.live(rig.wanted(Fixtures.quotaRef).live(uid: "u2", 500)))
    #expect(rig.orders.count == 2)
  }

  @Test func `an answer about a predecessor does not hide its successor`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited()))
    rig.feed(
      .live(
        rig.edited {
          $0.uid = "u2"; $0.resourceVersion = "700"; $0.spec = ["hard": [:]]
        }))
    let actions = rig.feed(.finished(attempt: 2, ApplyOutcome(applied: [rig.wanted(Fixtures.quotaRef).live(600)])))
    #expect(actions.orders.count == 1)
  }

  @Test func `a label taken off by hand is put back, and the namespace stays known as ours`() {
    var rig = Rig.settled()
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "900"))
    #expect(rig.order?.namespaceIsOurs == false && rig.order?.namespaceUID == "u1")
    rig.version = 900
    rig.succeed()
    #expect(rig.report?.says("Applied") == "True Applied")
    #expect(rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "900")).isEmpty, "an end told twice")
  }

  @Test func `a namespace deleted by hand is made again with all that lay in it`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.wanted(Fixtures.namespaceRef).live(700, isTerminating: true)))
    #expect(rig.orders.count == 1, "nothing can be made in a namespace that ends")
    #expect(rig.report?.says("Applied") == "False NamespaceTerminating")
    #expect(rig.report?.says("Ready") == "False NamespaceTerminating")
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "701"))
    #expect(rig.orders.count == 1)
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "702"))
    #expect(rig.order?.objects.count == 5 && rig.order?.namespaceIsOurs == false)
    rig.version = 800
    let order = rig.order
    rig.feed(
      .finished(attempt: 2, ApplyOutcome(applied: (order?.objects ?? []).map { $0.live(uid: "u2", 800) })))
    rig.feed(.gone(Fixtures.ref(.limitRange, "regie-limits"), uid: "u1", resourceVersion: "703"))
    #expect(rig.orders.count == 2, "a late end of what lay in the former namespace")
    #expect(rig.report?.says("Applied") == "True Applied")
  }

  @Test func `a namespace that ends while an order is under way is waited for without a timer`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited()))
    rig.fail(.terminating)
    #expect(rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "702")).orders.first?.objects.count == 5)
  }

  @Test func `a namespace that was another's is made at once when that one goes`() {
    var rig = Rig()
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    var foreign = rig.wanted(Fixtures.namespaceRef).live(50)
    foreign.labels = [Labels.placement: "00000000-0000-4000-8000-0000000000ff"]
    rig.feed(.live(foreign))
    rig.feed(.clusterListed)
    #expect(rig.order?.namespaceIsOurs == false && rig.order?.namespaceUID == nil)
    rig.fail(.namespaceTaken)
    #expect(rig.report?.says("Applied") == "False NamespaceTaken")
    let actions = rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "60"), after: 1)
    #expect(actions.orders.map(\.objects.count) == [5])
  }

  @Test func `a wait for anything else goes on when a namespace ends`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited()))
    rig.fail(.unavailable)
    let until = rig.wakes.last
    #expect(until == rig.now.after(0.2))
    #expect(rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "702"), after: 0.1).orders.isEmpty)
    #expect(rig.feed(.alarm, after: 0.1).orders.map(\.objects.count) == [5])
  }

  @Test func `an object that is held by a finalizer is waited for, and the others are kept meanwhile`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.wanted(Fixtures.quotaRef).live(700, isTerminating: true)))
    #expect(rig.orders.count == 1 && rig.report?.says("Applied") == "False ObjectTerminating")
    rig.feed(
      .live(
        rig.edited(Fixtures.ref(.limitRange, "regie-limits")) {
          $0.spec = [:]; $0.resourceVersion = "701"
        }))
    #expect(rig.order?.objects.map(\.ref.kind) == [.limitRange])
    rig.version = 702
    rig.succeed()
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "750"))
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
  }

  @Test func `a list brings back what was thought gone`() {
    var rig = Rig.settled()
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "900"))
    rig.feed(.live(rig.wanted(Fixtures.quotaRef).live(102), fromList: true))
    rig.fail(.unavailable)
    #expect(rig.feed(.alarm, after: 1).orders.isEmpty)
  }
}
