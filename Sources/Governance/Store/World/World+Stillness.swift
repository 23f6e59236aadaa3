import NIOConcurrencyHelpers

/// What is in memory all at once, for whoever looks at all of it.
extension World {
  /// All of it, of one moment.
  struct Still: Sendable {
    var snapshot: Snapshot
    var projects: ProjectTable
  }

  /// Somebody is about to notify ``WorldChannel/fence`` with this, and to wait until it is heard: ``giveUp(_:)`` follows.
  func expect(fence: String) { state.withLockedValue { _ = $0.fences.insert(fence) } }

  /// Nobody waits for it any more.
  func giveUp(_ fence: String) { state.withLockedValue { _ = $0.fences.remove(fence) } }

  /// What is in memory once a fence was heard, and all that was heard before it was taken in; nil where it does not come to that
  /// in time, or memory is not kept true.
  func still(after fence: String, within limit: Duration) async -> Still? {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let watcher = state.withLockedValue { state in
      state.watchers[state.nextWatcher] = continuation
      state.nextWatcher += 1
      return state.nextWatcher - 1
    }
    let alarm = Task {
      try await Task.sleep(for: limit)
      continuation.finish()
    }
    defer {
      alarm.cancel()
      state.withLockedValue { _ = $0.watchers.removeValue(forKey: watcher) }
    }
    var changes = stream.makeAsyncIterator()
    while true {
      switch still(after: fence) {
      case .still(let still): return still
      case .away: return nil
      case .stirring: guard await changes.next() != nil else { return nil }
      }
    }
  }

  /// Something was heard, or taken in: whoever waits for stillness looks again.
  func stirred() {
    let watchers = state.withLockedValue { Array($0.watchers.values) }
    for watcher in watchers { watcher.yield() }
  }

  private enum Stillness {
    case still(Still)
    case stirring
    case away
  }

  private func still(after fence: String) -> Stillness {
    state.withLockedValue { state in
      guard state.connection != nil, let snapshot = state.snapshot else { return .away }
      guard state.isLive, !state.fences.contains(fence), state.forgotten.isEmpty, state.committing.isEmpty,
        mailbox.delay == nil, snapshot.until.map({ .now < $0 }) ?? true
      else {
        // As for what memory says now: nobody would read these again by himself.
        let asked = state.ask(for: state.forgotten.keys)
        if !asked.isEmpty { mailbox.put { inbox in for name in asked { inbox.notified(WorldChannel.projects, name) } } }
        if state.headForgotten != nil { mailbox.put { $0.momentHasCome() } }
        return .stirring
      }
      return .still(Still(snapshot: snapshot, projects: state.projects))
    }
  }
}
