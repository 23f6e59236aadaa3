import Events
import Foundation
import Testing

@testable import Reconciler

/// What a machine asks for again and again is waited for once.
struct AlarmBookTests {
  private let placement = UUID()
  private let minute: Int64 = 60_000_000

  private func moment(_ microseconds: Int64) -> Timestamp { Timestamp(microseconds: microseconds) }

  @Test func `a machine that asks for a minute later at each event waits for one alarm`() {
    var book = AlarmBook()
    var set: [AlarmBook.Alarm] = []
    var rung = 0
    for second in Int64(0)..<7200 {
      let now = moment(second * 1_000_000)
      var asks = second.isMultiple(of: 5)
      for alarm in set where alarm.at <= now {
        book.ring(alarm)
        (rung, asks) = (rung + 1, true)
      }
      set.removeAll { $0.at <= now }
      if asks {
        let later = moment(now.microseconds + minute)
        if let alarm = book.ask(
          placement, at: later, now: now, jitter: { second.isMultiple(of: 2) ? $0.lowerBound : $0.upperBound })
        {
          set.append(alarm)
        }
      }
      #expect(set.count == 1 && book.count(of: placement) == 1)
    }
    #expect((99...120).contains(rung), "every 60 to 73 seconds, never more often")
  }

  @Test func `an earlier moment is not put off by a later one, and the later one is kept`() {
    var book = AlarmBook()
    let now = moment(0)
    let late = book.ask(placement, at: moment(100 * minute), now: now, jitter: \.lowerBound)
    let early = book.ask(placement, at: moment(minute), now: now, jitter: \.lowerBound)
    #expect(late?.at == moment(100 * minute) && early?.at == moment(minute))
    if let early { book.ring(early) }
    #expect(book.ask(placement, at: moment(100 * minute), now: moment(minute), jitter: \.lowerBound) == nil)
    #expect(book.count(of: placement) == 1)
  }

  @Test func `machines do not wait for one another, and an alarm that should have rung holds up no other`() {
    var book = AlarmBook()
    #expect(book.ask(placement, at: moment(minute), now: moment(0), jitter: \.lowerBound) != nil)
    #expect(book.ask(UUID(), at: moment(minute), now: moment(0), jitter: \.lowerBound) != nil)
    let next = book.ask(placement, at: moment(3 * minute), now: moment(2 * minute), jitter: \.lowerBound)
    #expect(next?.at == moment(3 * minute), "the clock was put forward")
  }
}
