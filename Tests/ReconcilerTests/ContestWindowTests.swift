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
