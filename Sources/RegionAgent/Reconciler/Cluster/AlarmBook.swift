internal import Events
internal import Foundation

/// The alarms that a cluster's machines wait for.
///
/// What a machine waits for follows from its state, and on every alarm it asks again. So one that is asked for while another
/// rings before it would be late need not be set: it would only begin a chain of its own. A new one is always earlier than all
/// that are set.
struct AlarmBook {
  /// One machine's alarm.
  struct Alarm: Sendable, Hashable {
    var placement: UUID
    var at: Timestamp
  }

  private var pending: [UUID: Set<Timestamp>] = [:]

  /// How many alarms a machine waits for.
  func count(of placement: UUID) -> Int { pending[placement]?.count ?? 0 }

  /// Takes in what a machine asks for.
  ///
  /// - Parameter jitter: picks within what an alarm may ring late, in microseconds.
  /// - Returns: The alarm to set; nil where one that is set already rings in time.
  mutating func ask(
    _ placement: UUID, at moment: Timestamp, now: Timestamp, jitter: (ClosedRange<Int64>) -> Int64
  ) -> Alarm? {
    let left = max(0, moment.microseconds(since: now))
    let lateness = max(1, left / 5)
    let latest = Timestamp(microseconds: now.microseconds + left + lateness)
    // One that should have rung does not count: where the clock was put forward, nobody knows when it rings.
    guard pending[placement, default: []].allSatisfy({ $0 < now || $0 > latest }) else { return nil }
    let at = Timestamp(microseconds: now.microseconds + left + jitter(0...lateness))
    pending[placement, default: []].insert(at)
    return Alarm(placement: placement, at: at)
  }

  /// Forgets an alarm that rings.
  mutating func ring(_ alarm: Alarm) {
    pending[alarm.placement]?.remove(alarm.at)
    if pending[alarm.placement]?.isEmpty == true { pending[alarm.placement] = nil }
  }
}
