import NIOConcurrencyHelpers
import Reactor

/// Where the listener leaves what it hears, for the task that takes it in.
final class WorldMailbox: Sendable {
  /// What was heard and is not in memory.
  struct Delay: Sendable {
    /// Since when.
    var since: ContinuousClock.Instant
    /// Whether the head is among it: versions, clocks, silent zones, the offer.
    var isOfHead: Bool
  }

  private struct State {
    var inbox = WorldInbox()
    /// What is in the inbox.
    var waiting: ContinuousClock.Instant?
    /// What was taken out, and is not taken in yet.
    var underWay: Delay?
  }

  private let state = NIOLockedValueBox(State())
  private let bell = Bell()

  func put(_ change: (inout WorldInbox) -> Void) {
    state.withLockedValue { state in
      change(&state.inbox)
      if state.waiting == nil, !state.inbox.pending.isEmpty { state.waiting = .now }
    }
    bell.ring()
  }

  func take(head: Bool) -> WorldInbox.Work {
    state.withLockedValue { state in
      let work = state.inbox.take(head: head)
      guard !work.isEmpty, let since = state.waiting else { return work }
      state.underWay = Delay(since: since, isOfHead: work.everything || work.head)
      if state.inbox.pending.isEmpty { state.waiting = nil }
      return work
    }
  }

  /// What was taken last is in memory.
  func tookIn() {
    state.withLockedValue { $0.underWay = nil }
  }

  /// What was taken last could not be taken in.
  func putBack(_ work: WorldInbox.Work) {
    state.withLockedValue { state in
      state.inbox.putBack(work)
      state.waiting = state.underWay?.since ?? state.waiting ?? .now
      state.underWay = nil
    }
    bell.ring()
  }

  /// What was heard and is not in memory, all of it together; nil where there is nothing.
  var delay: Delay? {
    state.withLockedValue { state in
      guard let since = [state.waiting, state.underWay?.since].compactMap(\.self).min() else { return nil }
      let pending = state.inbox.pending
      return Delay(since: since, isOfHead: pending.everything || pending.head || state.underWay?.isOfHead ?? false)
    }
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
