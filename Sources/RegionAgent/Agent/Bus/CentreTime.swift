import Events
import NIOConcurrencyHelpers
import Reconciler

/// The centre's time as the topic tells it, for whoever asks.
final class CentreTime: Sendable {
  private let clock = NIOLockedValueBox(CentralClock())
  private let start = SuspendingClock.now

  /// Notes the time of a verified record that has just come.
  func note(_ time: Timestamp) {
    let elapsed = elapsed
    clock.withLockedValue { $0.note(time, elapsed: elapsed) }
  }

  /// The moment that the centre's clock has passed for certain; nil while no record was read.
  var earliest: Timestamp? {
    let elapsed = elapsed
    return clock.withLockedValue { $0.time(elapsed: elapsed) }
  }

  /// Nobody sets this clock; that it stands still while the machine sleeps makes nothing due early.
  private var elapsed: Int64 { Int64((SuspendingClock.now - start) / .microseconds(1)) }
}
