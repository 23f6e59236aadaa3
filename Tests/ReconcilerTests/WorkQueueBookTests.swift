import Foundation
import Testing

@testable import Reconciler

/// Queues as client-go counts them.
struct WorkQueueBookTests {
  private let start = ContinuousClock.now
  private let first = UUID()
  private let second = UUID()

  private func after(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

  @Test func `what waits and what is done are told apart, and time counts from when each began`() {
    var book = WorkQueueBook()
    let added = [book.add(first, at: start), book.add(second, at: start)]
    #expect(added == [true, true] && book.standing(at: start).depth == 2)
    let waited = [book.start(first, at: after(2)), book.start(second, at: after(3))]
    #expect(waited == [.seconds(2), .seconds(3)])
    let running = WorkQueueBook.Standing(depth: 0, unfinished: .seconds(15), longest: .seconds(8))
    #expect(book.standing(at: after(10)) == running)
    let took = book.finish(first, at: after(10))
    #expect(took == .seconds(8))
    let left = WorkQueueBook.Standing(depth: 0, unfinished: .seconds(7), longest: .seconds(7))
    #expect(book.standing(at: after(10)) == left)
  }

  @Test func `what waits already is not added again, what is being done is`() {
    var book = WorkQueueBook()
    let added = [book.add(first, at: start), book.add(first, at: after(1))]
    #expect(added == [true, false])
    let waited = book.start(first, at: after(4))
    #expect(waited == .seconds(4))
    let again = book.add(first, at: after(5))
    #expect(again && book.standing(at: after(6)).depth == 1)
  }

  @Test func `what never waited neither begins nor ends`() {
    var book = WorkQueueBook()
    let found = [book.start(first, at: start), book.finish(first, at: start)]
    #expect(found == [nil, nil] && book.standing(at: start) == WorkQueueBook.Standing())
  }
}
