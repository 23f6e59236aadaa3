import NIOConcurrencyHelpers
import Reactor

/// Where the listener leaves what it hears, for the task that takes it in.
final class WorldMailbox: Sendable {
  private let inbox = NIOLockedValueBox(WorldInbox())
  private let bell = Bell()

  func put(_ change: (inout WorldInbox) -> Void) {
    inbox.withLockedValue(change)
    bell.ring()
  }

  func take(head: Bool) -> WorldInbox.Work {
    inbox.withLockedValue { $0.take(head: head) }
  }

  func wait(until moment: ContinuousClock.Instant) async {
    await bell.wait(until: moment)
  }

  /// 50 ms doubling to 5 s, with jitter.
  static func pause(after failures: Int) -> Duration {
    let ceiling = min(100 << min(max(failures, 1) - 1, 7), 5_000)
    return .milliseconds(Int.random(in: (ceiling / 2)...ceiling))
  }
}
