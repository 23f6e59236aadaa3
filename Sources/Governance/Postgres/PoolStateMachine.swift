/// Decides which connection goes to whom, and when connections are opened, checked and closed. Pure: time and chance
/// come with the event, and what is to be done comes back as actions.
struct PoolStateMachine {
  typealias Instant = ContinuousClock.Instant
  typealias ConnectionID = UInt64
  typealias WaiterID = UInt64

  struct Limits: Equatable {
    var minimum: Int
    var maximum: Int
    var waiters: Int
    var idleTimeout: Duration
    var lifetime: Duration
    var healthCheckInterval: Duration
    var backoff: Backoff
  }

  enum Event {
    case started
    /// A task wants a connection; a task that was given a dead one goes first.
    case acquire(WaiterID, goesFirst: Bool)
    /// The task no longer waits: its deadline passed or it was cancelled.
    case abandon(WaiterID)
    case opened(ConnectionID)
    case failedToOpen(ConnectionID, PostgresError)
    case returned(ConnectionID, usable: Bool)
    case checked(ConnectionID, usable: Bool)
    case tick
    case shutDown
  }

  enum Action: Equatable {
    case open(ConnectionID)
    case check(ConnectionID)
    case close(ConnectionID)
    case lease(ConnectionID, to: WaiterID)
    case refuse(WaiterID, PostgresError)
    /// All connections are closed after a shutdown.
    case finish
  }

  enum Slot: Equatable {
    case opening
    case idle(since: Instant, checkedAt: Instant)
    case checking(idleSince: Instant)
    case leased
  }

  enum Phase {
    case notStarted, running, stopping, stopped
  }

  let limits: Limits
  var phase = Phase.notStarted
  var slots: [ConnectionID: Slot] = [:]
  /// When each open connection has lived long enough.
  var expiries: [ConnectionID: Instant] = [:]
  /// Idle connections; the last one is used first, so that the others can age and be closed.
  var idle: [ConnectionID] = []
  var waiters: [WaiterID] = []
  var failures = 0
  var retryAt: Instant?
  private(set) var lastFailure: PostgresError?
  private(set) var hasOpened = false
  private var nextID: ConnectionID = 1

  init(limits: Limits) {
    self.limits = limits
  }

  /// Takes one event and tells what to do; `chance` is in 0..<1.
  mutating func handle(_ event: Event, at now: Instant, chance: Double) -> [Action] {
    switch event {
    case .started:
      guard phase == .notStarted else { return [] }
      phase = .running
      return openAsNeeded(now)
    case .acquire(let waiter, let goesFirst):
      return acquire(waiter, goesFirst: goesFirst, now)
    case .abandon(let waiter):
      waiters.removeAll { $0 == waiter }
      return []
    case .opened(let id):
      return opened(id, now, chance)
    case .failedToOpen(let id, let error):
      return failedToOpen(id, error, now, chance)
    case .returned(let id, let usable):
      return returned(id, usable: usable, now)
    case .checked(let id, let usable):
      guard case .checking(let since) = slots[id] else { return [] }
      return settled(id, usable: usable, idleSince: since, now)
    case .tick:
      return tick(now)
    case .shutDown:
      return shutDown()
    }
  }

  /// Why no connection is to be had; nil where there are some, and all of them in use.
  var absence: PostgresError? {
    if let lastFailure { return lastFailure }
    guard !hasOpened else { return nil }
    return PostgresError(
      .unreachable, "no connection was opened yet",
      hint: "The database is waited for, or its schema is being brought up to date; the log says which")
  }

  private mutating func acquire(_ waiter: WaiterID, goesFirst: Bool, _ now: Instant) -> [Action] {
    guard phase == .running || phase == .notStarted else {
      return [.refuse(waiter, PostgresError(.poolShutDown, "the pool is shut down"))]
    }
    if let id = idle.popLast() {
      slots[id] = .leased
      return [.lease(id, to: waiter)]
    }
    guard waiters.count < limits.waiters || goesFirst else {
      let message = "\(waiters.count) tasks wait for a connection already"
      let crowded = PostgresError(.poolExhausted, message, hint: "Shed load, or raise the pool's limits")
      // A crowd while the first connections are being opened is one all the same.
      return [.refuse(waiter, (phase == .notStarted ? absence : lastFailure) ?? crowded)]
    }
    waiters.insert(waiter, at: goesFirst ? 0 : waiters.endIndex)
    return openAsNeeded(now)
  }

  private mutating func opened(_ id: ConnectionID, _ now: Instant, _ chance: Double) -> [Action] {
    guard slots[id] == .opening else { return [] }
    failures = 0
    retryAt = nil
    lastFailure = nil
    hasOpened = true
    // Connections opened together do not all end together.
    expiries[id] = now + limits.lifetime * (0.9 + chance / 10)
    return settled(id, usable: true, idleSince: now, now)
  }

  private mutating func failedToOpen(
    _ id: ConnectionID, _ error: PostgresError, _ now: Instant, _ chance: Double
  ) -> [Action] {
    guard slots[id] == .opening else { return [] }
    forget(id)
    if phase == .stopping { return finishIfEmpty() }
    failures += 1
    retryAt = now + limits.backoff.pause(after: failures, chance: chance)
    lastFailure = error
    guard error.isPermanent else { return [] }
    defer { waiters = [] }
    return waiters.map { .refuse($0, error) }
  }

  private mutating func returned(_ id: ConnectionID, usable: Bool, _ now: Instant) -> [Action] {
    guard slots[id] == .leased else { return [] }
    if !usable {
      // Where one connection broke, the others probably did: they are looked at before they are lent.
      for other in idle {
        if case .idle(let since, _) = slots[other] {
          slots[other] = .idle(since: since, checkedAt: now - limits.healthCheckInterval)
        }
      }
    }
    return settled(id, usable: usable, idleSince: now, now)
  }

  /// Finds the next use of a connection that has just become free.
  private mutating func settled(_ id: ConnectionID, usable: Bool, idleSince: Instant, _ now: Instant) -> [Action] {
    let hasExpired = expiries[id].map { $0 <= now } ?? false
    guard usable, phase == .running, !hasExpired else {
      forget(id)
      return [.close(id)] + (phase == .stopping ? finishIfEmpty() : openAsNeeded(now))
    }
    if !waiters.isEmpty {
      slots[id] = .leased
      return [.lease(id, to: waiters.removeFirst())]
    }
    slots[id] = .idle(since: idleSince, checkedAt: now)
    idle.append(id)
    return []
  }

  mutating func forget(_ id: ConnectionID) {
    slots[id] = nil
    expiries[id] = nil
    idle.removeAll { $0 == id }
  }

  /// How many connections the waiters and the minimum ask for; one at a time while the server does not answer.
  var missing: Int {
    let opening = slots.values.count { $0 == .opening }
    let checking = slots.values.count { if case .checking = $0 { true } else { false } }
    let wanted = max(waiters.count - opening - checking, limits.minimum - slots.count)
    let allowed = failures > 0 ? 1 - opening : limits.maximum
    return max(0, min(wanted, allowed, limits.maximum - slots.count))
  }

  mutating func openAsNeeded(_ now: Instant) -> [Action] {
    guard phase == .running, retryAt.map({ $0 <= now }) ?? true else { return [] }
    return (0..<missing).map { _ in
      let id = nextID
      nextID += 1
      slots[id] = .opening
      return .open(id)
    }
  }
}
