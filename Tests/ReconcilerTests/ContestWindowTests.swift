import Events
import Testing

@testable import Reconciler

/// Slow fights are seen by what is remembered of corrections, which is little.
struct ContestWindowTests {
  @Test func `it remembers no more corrections than it needs, and none of after now`() {
    var window = ContestWindow()
    for second in 0..<1_000 { window.count(at: Fixtures.start.after(Double(second))) }
    #expect(window.recent.count == ContestWindow.threshold)
    #expect(window.end(at: Fixtures.start.after(1_000)) == Fixtures.start.after(1_599))
    // The clock was put back.
    #expect(window.end(at: Fixtures.start) == nil)
    window.count(at: Fixtures.start)
    #expect(window.recent == [Fixtures.start])
    #expect(window.end(at: Fixtures.start.after(1)) == nil)
  }

  @Test func `a change is counted by the event that tells of it first, and by no later one`() {
    var rig = Rig.settled()
    rig.feed(.gone(Fixtures.ref(.limitRange, "regie-limits"), uid: "u1", resourceVersion: "900"))
    let (found, open) = (rig.machine.drifts.found, rig.machine.drifts.open)
    #expect(found == [.limitRange] && open == 1)
    rig.feed(.alarm, after: 1)
    let (later, stillOpen) = (rig.machine.drifts.found, rig.machine.drifts.open)
    #expect(later == [] && stillOpen == 1)
    rig.version = 900
    rig.succeed()
    let (last, none) = (rig.machine.drifts.found, rig.machine.drifts.open)
    #expect(last == [] && none == 0)
  }

  @Test func `what is left as it is is fought over no more`() {
    var rig = Rig(driftMode: .correctUnlessPaused)
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.succeed()
    for _ in 0..<10 {
      rig.feed(.live(rig.edited()), after: 5)
      rig.succeed()
    }
    let before = rig.machine.drifts.isContested
    #expect(before)
    let pause = rig.now.after(3_600).description
    rig.feed(.live(rig.edited(Fixtures.namespaceRef) { $0.annotations[Labels.pauseUntil] = pause }), after: 5)
    rig.feed(.live(rig.edited()), after: 5)
    #expect(rig.report?.says("Drifted") == "True Paused")
    let after = rig.machine.drifts.isContested
    #expect(!after)
  }
}
