import Testing

@testable import Reactor

struct AlarmQueueTests {
  /// A reference, since `#expect` takes no mutating calls.
  private final class Queue {
    private var queue = AlarmQueue()

    func insert(_ alarm: Reactor.Alarm, bell: Bell) -> Bool { queue.insert(alarm, bell: bell) }
    func remove(_ alarm: Reactor.Alarm) { queue.remove(alarm) }
    func millisecondsToNext(from now: ContinuousClock.Instant) -> Int32 { queue.millisecondsToNext(from: now) }
    func takeDue(at now: ContinuousClock.Instant) -> [Bell] { queue.takeDue(at: now) }
  }

  private let start = ContinuousClock.now

  private func alarm(_ id: UInt64, after milliseconds: Int) -> Reactor.Alarm {
    Reactor.Alarm(id: id, deadline: start + .milliseconds(milliseconds))
  }

  @Test func `tells which alarm has become the next one`() {
    let queue = Queue()
    #expect(queue.insert(alarm(1, after: 50), bell: Bell()))
    #expect(!queue.insert(alarm(2, after: 60), bell: Bell()))
    #expect(queue.insert(alarm(3, after: 40), bell: Bell()))
  }

  @Test func `sleeps for ever when nothing is due, and rounds up`() {
    let queue = Queue()
    #expect(queue.millisecondsToNext(from: start) == -1)
    _ = queue.insert(Reactor.Alarm(id: 1, deadline: start + .microseconds(1500)), bell: Bell())
    #expect(queue.millisecondsToNext(from: start) == 2)
    #expect(queue.millisecondsToNext(from: start + .seconds(1)) == 0)
  }

  @Test func `a far deadline does not overflow`() {
    let queue = Queue()
    _ = queue.insert(Reactor.Alarm(id: 1, deadline: start + .seconds(40_000_000_000)), bell: Bell())
    #expect(queue.millisecondsToNext(from: start) == 3_600_000)
  }

  @Test func `gives the bells that are due, once, and not the cancelled ones`() {
    let queue = Queue()
    let bells = (0..<3).map { _ in Bell() }
    for (index, bell) in bells.enumerated() {
      _ = queue.insert(alarm(UInt64(index), after: 10 * index), bell: bell)
    }
    queue.remove(alarm(1, after: 10))
    let due = queue.takeDue(at: start + .milliseconds(15))
    #expect(due.count == 1 && due.first === bells[0])
    #expect(queue.takeDue(at: start + .seconds(1)).first === bells[2])
    #expect(queue.takeDue(at: start + .seconds(1)).isEmpty)
  }

  @Test func `cancelled alarms are forgotten, the earliest one too`() {
    let queue = Queue()
    for id in 0..<1000 { _ = queue.insert(alarm(UInt64(id), after: id), bell: Bell()) }
    for id in 0..<999 { queue.remove(alarm(UInt64(id), after: id)) }
    queue.remove(alarm(5, after: 5))
    #expect(queue.millisecondsToNext(from: start) == 999)
    #expect(queue.takeDue(at: start + .seconds(2)).count == 1)
  }
}
