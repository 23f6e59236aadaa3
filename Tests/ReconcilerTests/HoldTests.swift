import Events
import Model
import Reconciler
import Testing

/// What is refused, or fought over, waits by itself: the others of its placement do not.
struct HoldTests {
  private let deny = Fixtures.ref(.networkPolicy, "regie-default-deny")
  private let limits = Fixtures.ref(.limitRange, "regie-limits")

  /// A settled placement of which somebody has made the quota such that the API server refuses it for good.
  private func refused() -> Rig {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited { $0.spec = ["hard": ["pods": "1"], "scopes": ["BestEffort"]] }))
    rig.refuse(.invalid, [Fixtures.quotaRef])
    return rig
  }

  private func gone(_ ref: ObjectRef) -> PlacementMachine.Event { .gone(ref, uid: "u1", resourceVersion: "900") }

  /// The last order is carried out, after all that was told to be gone.
  @discardableResult
  private func succeed(_ rig: inout Rig, after seconds: Double = 0) -> [PlacementMachine.Action] {
    rig.version = max(rig.version, 1_000)
    return rig.succeed(after: seconds)
  }

  @Test func `what is deleted beside a refused object is made again at once, and the refused one waits on`() {
    var rig = refused()
    let until = rig.wakes.last
    #expect(until == rig.now.after(5) && rig.report?.says("Applied") == "False Invalid")
    #expect(rig.feed(gone(deny), after: 1).orders.first?.objects.map(\.ref) == [deny])
    let actions = succeed(&rig)
    #expect(actions.orders.isEmpty && until.map(actions.wakes.contains) == true)
    #expect(rig.report?.says("Applied") == "False Invalid" && rig.report?.says("Ready") == "False Invalid")
    #expect(rig.feed(.alarm, after: 4).orders.first?.objects.map(\.ref) == [Fixtures.quotaRef])
    rig.refuse(.invalid, [Fixtures.quotaRef])
    #expect(rig.wakes.last == rig.now.after(10), "who is refused again waits longer")
  }

  @Test func `what is put back beside a refused object is told as put back`() throws {
    var rig = refused()
    rig.feed(gone(deny), after: 1)
    succeed(&rig, after: 3)
    let drifts = try #require(rig.report?.drifts)
    #expect(drifts.filter { $0.correctedAt != nil }.map(\.object) == ["NetworkPolicy/regie-default-deny"])
    #expect(rig.report?.says("Drifted") == "True Correcting", "the quota's is not")
    let note = try #require(rig.notes.last)
    #expect(note.reason == "DriftCorrected" && note.message.contains("regie-default-deny"))
  }

  @Test func `each that is refused has waits of its own`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.refuse(.forbidden, [limits, deny])
    #expect(rig.report?.says("Applied") == "False Forbidden" && rig.wakes.last == rig.now.after(5))
    rig.feed(.alarm, after: 5)
    rig.refuse(.forbidden, [limits])
    #expect(rig.wakes.last == rig.now.after(10))
    #expect(rig.feed(gone(deny), after: 1).orders.first?.objects.map(\.ref) == [deny], "it was there by now")
    rig.refuse(.conflict, [deny])
    #expect(rig.wakes.last == rig.now.after(5), "its first refusal since")
    rig.feed(.alarm, after: 5)
    #expect(rig.order?.objects.map(\.ref) == [deny])
    #expect(rig.report?.says("Applied") == "False Forbidden", "the first in the order of application")
    succeed(&rig)
    #expect(rig.feed(.alarm, after: 4).orders.first?.objects.map(\.ref) == [limits])
    rig.succeed()
    #expect(rig.report?.says("Applied") == "True Applied")
  }

  @Test func `a namespace that is refused waits alone where it is there, and with all that lies in it where it is not`()
  {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited(Fixtures.namespaceRef) { $0.labels[Labels.managedBy] = "me" }))
    rig.refuse(.forbidden, [Fixtures.namespaceRef])
    #expect(rig.feed(gone(deny), after: 1).orders.first?.objects.map(\.ref) == [deny])
    var bare = Rig()
    bare.feed(.clusterListed)
    bare.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    let order = bare.order?.attempt ?? 0
    let no = ApplyFailure(kind: .forbidden, message: "no")
    let actions = bare.feed(.finished(attempt: order, ApplyOutcome(applied: [], refused: [Fixtures.namespaceRef: no])))
    #expect(actions.orders.isEmpty && actions.wakes == [bare.now.after(5)])
    #expect(bare.feed(.alarm, after: 5).orders.first?.objects.count == 5)
  }

  @Test func `what something else changes again and again holds up nothing beside it`() {
    var rig = Rig.settled()
    for _ in 0..<6 {
      rig.feed(.live(rig.edited()), after: 0.1)
      rig.succeed()
    }
    let count = rig.orders.count
    rig.feed(.live(rig.edited()), after: 0.1)
    #expect(rig.orders.count == count && rig.report?.says("Drifted") == "True Contested")
    let until = rig.wakes.last
    #expect(rig.feed(gone(deny), after: 0.1).orders.first?.objects.map(\.ref) == [deny])
    let actions = succeed(&rig)
    #expect(actions.orders.isEmpty && until.map(actions.wakes.contains) == true)
    #expect(rig.report?.says("Drifted") == "True Contested" && rig.report?.says("Applied") == "False Contested")
  }

  @Test func `what is refused before all was in place lets nothing else be fought over at full speed`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.refuse(.invalid, [Fixtures.quotaRef])
    for _ in 0..<50 {
      rig.feed(.live(rig.edited(limits) { $0.spec = [:] }), after: 0.05)
      rig.succeed()
    }
    #expect(rig.orders.count <= 8)
    #expect(rig.report?.drifts.contains { $0.object == "LimitRange/regie-limits" } == true)
    #expect(rig.report?.drifts.contains { $0.object == "ResourceQuota/regie-quota" } == false, "it never was there")
  }

  @Test func `a newer revision orders what was refused with all the rest`() {
    var rig = refused()
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil), after: 1)
    #expect(rig.order?.objects.count == 5)
  }

  @Test func `what an earlier revision was refused for does not hold up the next`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited()))
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil), after: 1)
    #expect(rig.refuse(.invalid, [Fixtures.quotaRef]).orders.first?.objects.count == 5)
  }

  @Test func `a refused object that goes is made again at once`() {
    var rig = refused()
    let quota = PlacementMachine.Event.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "900")
    #expect(rig.feed(quota, after: 1).orders.first?.objects.map(\.ref) == [Fixtures.quotaRef])
    succeed(&rig)
    #expect(rig.report?.says("Applied") == "True Applied")
  }

  @Test(arguments: [0.5, 20.0])
  func `a refused object that turns out as wanted waits no more`(seconds: Double) {
    var rig = refused()
    rig.feed(.live(rig.wanted(Fixtures.quotaRef).live(1_000)), after: 1)
    #expect(rig.report?.says("Applied") == "True Applied")
    rig.version = 1_001
    #expect(rig.feed(.live(rig.edited()), after: seconds).orders.first?.objects.map(\.ref) == [Fixtures.quotaRef])
    rig.refuse(.invalid, [Fixtures.quotaRef])
    #expect(rig.wakes.last == rig.now.after(5), "its first refusal since")
  }

  @Test func `a refused object that was applied, and was changed on the way, is refused anew as at first`() {
    var rig = refused()
    rig.feed(.alarm, after: 5)
    let changed = rig.edited()
    let attempt = rig.order?.attempt ?? 0
    let actions = rig.feed(.finished(attempt: attempt, ApplyOutcome(applied: [changed])))
    #expect(actions.orders.first?.objects.map(\.ref) == [Fixtures.quotaRef])
    rig.refuse(.invalid, [Fixtures.quotaRef])
    #expect(rig.wakes.last == rig.now.after(5) && rig.report?.says("Applied") == "False Invalid")
  }

  @Test func `a namespace that goes takes along what was refused in it`() {
    var rig = refused()
    #expect(rig.feed(gone(Fixtures.namespaceRef), after: 1).orders.first?.objects.count == 5)
    succeed(&rig)
    #expect(rig.report?.says("Applied") == "True Applied")
  }

  @Test func `a clock that was put back ends the wait of what is refused`() {
    var rig = refused()
    #expect(rig.feed(.alarm, after: 4).orders.isEmpty)
    #expect(rig.feed(.alarm, after: -3_600).orders.first?.objects.map(\.ref) == [Fixtures.quotaRef])
  }

  @Test func `of several that are refused the first in the order of application is told`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    let kinds: [(ObjectRef, ApplyFailure.Kind)] = [
      (deny, .invalid), (Fixtures.quotaRef, .conflict), (limits, .forbidden),
    ]
    let refused = Dictionary(
      uniqueKeysWithValues: kinds.map { kind in (kind.0, ApplyFailure(kind: kind.1, message: "no")) })
    rig.feed(.finished(attempt: rig.order?.attempt ?? 0, ApplyOutcome(applied: [], refused: refused)))
    let others = rig.order?.objects.map(\.ref.kind) ?? []
    #expect(others == [.namespace, .networkPolicy], "what was not refused, and is not there")
    rig.succeed()
    #expect(rig.report?.says("Applied") == "False Conflict" && rig.report?.says("Ready") == "False Conflict")
  }

  @Test func `a fight that has ended is not told beside what is refused`() {
    var rig = Rig.settled()
    for _ in 0..<5 {
      rig.feed(.live(rig.edited()))
      rig.succeed()
    }
    rig.feed(.live(rig.edited()))
    #expect(rig.report?.says("Drifted") == "True Contested")
    rig.version += 1
    rig.feed(.live(rig.wanted(Fixtures.quotaRef).live(rig.version)), after: 0.1)
    #expect(rig.report?.says("Drifted") == "False Corrected")
    rig.feed(.live(rig.edited(limits) { $0.spec = [:] }), after: 1)
    rig.refuse(.invalid, [limits])
    #expect(rig.report?.says("Drifted") == "True Correcting" && rig.report?.says("Applied") == "False Invalid")
  }
}
