internal import NIOConcurrencyHelpers
internal import Reactor

extension PostgresPool {
  /// Gives the machine an event, then does what it says. The lock is not held while a bell rings or a connection
  /// closes.
  func handle(_ event: PoolStateMachine.Event) {
    var effects = Effects()
    state.withLockedValue { state in
      let actions = state.machine.handle(event, at: .now, chance: .random(in: 0..<1))
      for action in actions { apply(action, &state, &effects) }
      if let tick = state.machine.nextTick, state.armedTick.map({ tick < $0 }) ?? true {
        state.armedTick = tick
        effects.wakesRun = true
      }
    }
    // Before anyone is answered, and by one at a time, each with what holds then: an older figure can not come last.
    recording.withLock { metrics.record(statistics) }
    effects.closing.removeAll()
    for (waiter, result) in effects.answers { waiter.resolve(result) }
    if effects.wakesRun { bell.ring() }
  }

  private struct Effects {
    var answers: [(PoolWaiter, Result<PoolLease, PostgresError>)] = []
    var closing: [Session] = []
    var wakesRun = false
  }

  private func apply(_ action: PoolStateMachine.Action, _ state: inout State, _ effects: inout Effects) {
    switch action {
    case .open(let id):
      state.jobs.append(.open(id))
      effects.wakesRun = true
    case .check(let id):
      guard let session = state.sessions[id] else { return }
      state.jobs.append(.check(id, session))
      effects.wakesRun = true
    case .close(let id):
      if let session = state.sessions.removeValue(forKey: id) { effects.closing.append(session) }
    case .lease(let id, let waiterID):
      guard let session = state.sessions[id], let waiter = state.waiters.removeValue(forKey: waiterID) else { return }
      effects.answers.append((waiter, .success(PoolLease(id: id, session: session))))
    case .refuse(let waiterID, let error):
      guard let waiter = state.waiters.removeValue(forKey: waiterID) else { return }
      effects.answers.append((waiter, .failure(error)))
    case .finish:
      state.isFinished = true
      effects.wakesRun = true
    }
  }
}
