internal import NIOConcurrencyHelpers
internal import Reactor

/// Something that happens once and that any number of tasks may wait for.
final class Latch: Sendable {
  private struct State {
    var isOpen = false
    var nextID = 0
    var waiting: [Int: Bell] = [:]
  }

  private let state = NIOLockedValueBox(State())

  /// Lets all waiters go, now and for ever. Safe from any thread.
  func open() {
    let bells = state.withLockedValue { state in
      state.isOpen = true
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
    for bell in bells { bell.ring() }
  }

  var isOpen: Bool { state.withLockedValue { $0.isOpen } }

  /// Waits until the latch opens, `deadline` passes or the task is cancelled, and tells whether it is open.
  func wait(until deadline: ContinuousClock.Instant) async -> Bool {
    let bell = Bell()
    let id = state.withLockedValue { state in
      defer { state.nextID += 1 }
      if !state.isOpen { state.waiting[state.nextID] = bell }
      return state.nextID
    }
    while !isOpen, .now < deadline, !Task.isCancelled { await bell.wait(until: deadline) }
    return state.withLockedValue { state in
      state.waiting[id] = nil
      return state.isOpen
    }
  }
}
