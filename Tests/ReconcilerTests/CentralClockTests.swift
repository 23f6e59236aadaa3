import Events
import Reconciler
import Testing

/// What is known of the centre's clock.
struct CentralClockTests {
  private let start = Fixtures.start

  @Test func `nothing is known before a record was verified`() {
    #expect(CentralClock().time(elapsed: 5) == nil)
  }

  @Test func `time goes on from the latest record, and never back, in whatever order records come`() {
    var clock = CentralClock()
    clock.note(start, elapsed: 1_000_000)
    #expect(clock.time(elapsed: 3_000_000) == start.after(2))
    clock.note(start.after(-100), elapsed: 4_000_000)
    #expect(clock.time(elapsed: 4_000_000) == start.after(3))
    clock.note(start.after(10), elapsed: 5_000_000)
    #expect(clock.time(elapsed: 6_000_000) == start.after(11))
    clock.note(start.after(10), elapsed: 9_000_000)
    #expect(clock.time(elapsed: 9_000_000) == start.after(14))
  }

  @Test func `moments at the end of time overflow nothing`() {
    var clock = CentralClock()
    clock.note(Timestamp(microseconds: .max), elapsed: .max)
    clock.note(Timestamp(microseconds: .min), elapsed: .max)
    #expect(clock.time(elapsed: .max) != nil)
  }
}
