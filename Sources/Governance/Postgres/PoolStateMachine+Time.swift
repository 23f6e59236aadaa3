extension PoolStateMachine {
  /// Closes what is too old or not needed, checks what lay idle, opens what is missing.
  mutating func tick(_ now: Instant) -> [Action] {
    guard phase == .running else { return [] }
    var actions: [Action] = []
    for id in idle {
      guard case .idle(let since, let checkedAt) = slots[id] else { continue }
      let isOld = expiries[id].map { $0 <= now } ?? false
      let isSpare = slots.count > limits.minimum && since + limits.idleTimeout <= now
      if isOld || isSpare {
        forget(id)
        actions.append(.close(id))
      } else if checkedAt + limits.healthCheckInterval <= now {
        idle.removeAll { $0 == id }
        slots[id] = .checking(idleSince: since)
        actions.append(.check(id))
      }
    }
    return actions + openAsNeeded(now)
  }

  /// When the next ``Event/tick`` has something to do; `nil` while nothing is due.
  var nextTick: Instant? {
    guard phase == .running else { return nil }
    var next = missing > 0 ? retryAt : nil
    for id in idle {
      guard case .idle(let since, let checkedAt) = slots[id] else { continue }
      var due = checkedAt + limits.healthCheckInterval
      if let expiry = expiries[id] { due = min(due, expiry) }
      if slots.count > limits.minimum { due = min(due, since + limits.idleTimeout) }
      next = next.map { min($0, due) } ?? due
    }
    return next
  }

  /// Refuses who waits, closes what is idle; connections in use are closed as they come back.
  mutating func shutDown() -> [Action] {
    guard phase == .running || phase == .notStarted else { return [] }
    phase = .stopping
    let refusal = PostgresError(.poolShutDown, "the pool is shut down")
    let refusals = waiters.map { Action.refuse($0, refusal) }
    waiters = []
    let closing = idle
    for id in closing { forget(id) }
    return refusals + closing.map { .close($0) } + finishIfEmpty()
  }

  mutating func finishIfEmpty() -> [Action] {
    guard phase == .stopping, slots.isEmpty else { return [] }
    phase = .stopped
    return [.finish]
  }

  /// What the pool holds now.
  var statistics: PostgresPoolStatistics {
    let leased = slots.values.count { $0 == .leased }
    let opening = slots.values.count { $0 == .opening }
    return PostgresPoolStatistics(
      open: slots.count - opening, idle: slots.count - opening - leased, leased: leased, waiters: waiters.count)
  }
}
