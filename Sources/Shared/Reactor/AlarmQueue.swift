internal import HeapModule

/// The pending rings of a reactor, earliest first. A cancelled alarm stays in the heap until it comes up or until
/// the dead outnumber the living, so that cancelling costs one dictionary removal.
struct AlarmQueue {
  private struct Entry: Comparable {
    let alarm: Reactor.Alarm
    static func < (left: Entry, right: Entry) -> Bool {
      (left.alarm.deadline, left.alarm.id) < (right.alarm.deadline, right.alarm.id)
    }
  }

  private var heap = Heap<Entry>()
  private var bells: [UInt64: Bell] = [:]

  /// Adds an alarm and tells whether it is now the next one to ring.
  mutating func insert(_ alarm: Reactor.Alarm, bell: Bell) -> Bool {
    bells[alarm.id] = bell
    heap.insert(Entry(alarm: alarm))
    return heap.min?.alarm.id == alarm.id
  }

  mutating func remove(_ alarm: Reactor.Alarm) {
    guard bells.removeValue(forKey: alarm.id) != nil else { return }
    if heap.count > 64, heap.count > 2 * bells.count {
      heap = Heap(heap.unordered.filter { bells[$0.alarm.id] != nil })
    }
  }

  /// How long epoll may sleep: -1 for ever, otherwise whole milliseconds, rounded up.
  mutating func millisecondsToNext(from now: ContinuousClock.Instant) -> Int32 {
    dropCancelled()
    guard let next = heap.min else { return -1 }
    let left = now.duration(to: next.alarm.deadline)
    guard left > .zero else { return 0 }
    let (seconds, attoseconds) = left.components
    let milliseconds = min(seconds, 3600) * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(clamping: milliseconds)
  }

  /// Removes and returns the bells whose time has come.
  mutating func takeDue(at now: ContinuousClock.Instant) -> [Bell] {
    var due: [Bell] = []
    while let next = heap.min, next.alarm.deadline <= now {
      heap.removeMin()
      if let bell = bells.removeValue(forKey: next.alarm.id) { due.append(bell) }
    }
    return due
  }

  private mutating func dropCancelled() {
    while let next = heap.min, bells[next.alarm.id] == nil { heap.removeMin() }
  }
}
