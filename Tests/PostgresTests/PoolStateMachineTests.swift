import Testing

@testable import Postgres

struct PoolStateMachineTests {
  /// A reference, since `#expect` takes no mutating calls.
  private final class Pool {
    var machine: PoolStateMachine

    init(limits: PoolStateMachine.Limits) {
      machine = PoolStateMachine(limits: limits)
    }
  }

  private let start = ContinuousClock.now

  private func machine(minimum: Int = 0, maximum: Int = 2, waiters: Int = 3) -> Pool {
    Pool(
      limits: PoolStateMachine.Limits(
        minimum: minimum, maximum: maximum, waiters: waiters, idleTimeout: .seconds(60), lifetime: .seconds(1000),
        healthCheckInterval: .seconds(30), backoff: Backoff(first: .seconds(1), longest: .seconds(8))))
  }

  /// Chance 0 makes back-off half of the pause and lifetimes nine tenths.
  private func run(
    _ pool: Pool, _ event: PoolStateMachine.Event, at seconds: Double = 0
  ) -> [PoolStateMachine.Action] {
    pool.machine.handle(event, at: start + .seconds(seconds), chance: 0)
  }

  private let away = PostgresError(.unreachable, "away")

  @Test func `the minimum is opened at the start, and only once`() {
    let pool = machine(minimum: 2)
    #expect(run(pool, .started) == [.open(1), .open(2)])
    #expect(run(pool, .started) == [])
    #expect(run(pool, .opened(1)) == [])
    #expect(pool.machine.statistics == PostgresPoolStatistics(open: 1, idle: 1, leased: 0, waiters: 0))
  }

  @Test func `who comes before the start waits and is served`() {
    let pool = machine()
    #expect(run(pool, .acquire(7, goesFirst: false)) == [])
    #expect(run(pool, .started) == [.open(1)])
    #expect(run(pool, .opened(1)) == [.lease(1, to: 7)])
  }

  @Test func `an idle connection is lent at once, the last used first`() {
    let pool = machine(minimum: 2)
    _ = run(pool, .started)
    _ = run(pool, .opened(1))
    _ = run(pool, .opened(2))
    #expect(run(pool, .acquire(7, goesFirst: false)) == [.lease(2, to: 7)])
    #expect(run(pool, .returned(2, usable: true)) == [])
    #expect(run(pool, .acquire(8, goesFirst: false)) == [.lease(2, to: 8)])
  }

  @Test func `waiters are served in order, connections opened up to the maximum, and the queue is bounded`() {
    let pool = machine()
    _ = run(pool, .started)
    #expect(run(pool, .acquire(1, goesFirst: false)) == [.open(1)])
    #expect(run(pool, .acquire(2, goesFirst: false)) == [.open(2)])
    #expect(run(pool, .acquire(3, goesFirst: false)) == [])
    guard case .refuse(4, let error)? = run(pool, .acquire(4, goesFirst: false)).first else {
      Issue.record("the fourth waiter was not refused")
      return
    }
    #expect(error.kind == .poolExhausted)
    #expect(run(pool, .opened(2)) == [.lease(2, to: 1)])
    #expect(run(pool, .opened(1)) == [.lease(1, to: 2)])
    #expect(run(pool, .returned(2, usable: true)) == [.lease(2, to: 3)])
  }

  @Test func `busy is told apart from not there`() {
    let pool = machine(maximum: 1, waiters: 1)
    _ = run(pool, .acquire(1, goesFirst: false))
    #expect(pool.machine.absence?.kind == .unreachable, "nothing was opened yet")
    let early = run(pool, .acquire(2, goesFirst: false))
    _ = run(pool, .started)
    #expect(pool.machine.absence?.kind == .unreachable, "the first is being opened")
    _ = run(pool, .opened(1))
    #expect(pool.machine.absence == nil, "it is in use")
    _ = run(pool, .acquire(3, goesFirst: false))
    let busy = run(pool, .acquire(4, goesFirst: false))
    _ = run(pool, .returned(1, usable: false))
    _ = run(pool, .failedToOpen(2, away))
    #expect(pool.machine.absence == away)
    let late = run(pool, .acquire(5, goesFirst: false))
    let refusals = [early, busy, late].compactMap { actions -> PostgresError? in
      if case .refuse(_, let error)? = actions.first { error } else { nil }
    }
    #expect(refusals.map(\.kind) == [.unreachable, .poolExhausted, .unreachable])
    #expect(refusals.last == away)
  }

  @Test func `a waiter that gave up is passed over`() {
    let pool = machine(maximum: 1)
    _ = run(pool, .started)
    for id in 1...3 { _ = run(pool, .acquire(UInt64(id), goesFirst: false)) }
    #expect(run(pool, .abandon(1)) == [])
    #expect(run(pool, .opened(1)) == [.lease(1, to: 2)])
  }

  @Test func `a waiter that was given a dead connection goes first, and the dead one is replaced`() {
    let pool = machine(maximum: 1)
    _ = run(pool, .started)
    _ = run(pool, .acquire(1, goesFirst: false))
    _ = run(pool, .opened(1))
    _ = run(pool, .acquire(2, goesFirst: false))
    #expect(run(pool, .returned(1, usable: false)) == [.close(1), .open(2)])
    #expect(run(pool, .acquire(3, goesFirst: true)) == [])
    #expect(run(pool, .opened(2)) == [.lease(2, to: 3)])
  }

  @Test func `attempts to connect are spaced by growing pauses, one at a time`() {
    let pool = machine(maximum: 2)
    _ = run(pool, .started)
    _ = run(pool, .acquire(1, goesFirst: false))
    _ = run(pool, .acquire(2, goesFirst: false))
    #expect(run(pool, .failedToOpen(1, away)) == [])
    #expect(run(pool, .failedToOpen(2, away)) == [])
    #expect(pool.machine.lastFailure == away)
    // Second failure: a pause of 2 s, halved by chance 0.
    #expect(pool.machine.nextTick == start + .seconds(1))
    #expect(run(pool, .tick, at: 0.9) == [])
    #expect(run(pool, .tick, at: 1) == [.open(3)])
    #expect(pool.machine.nextTick == nil, "one attempt is under way; nothing to do until it ends")
    #expect(run(pool, .opened(3), at: 1) == [.lease(3, to: 1)])
    #expect(pool.machine.lastFailure == nil)
    #expect(run(pool, .tick, at: 1) == [.open(4)])
  }

  @Test func `a failure that only a person can mend is told to all who wait`() {
    let pool = machine()
    let refused = PostgresError(.authentication, "no")
    _ = run(pool, .started)
    _ = run(pool, .acquire(1, goesFirst: false))
    _ = run(pool, .acquire(2, goesFirst: false))
    #expect(run(pool, .failedToOpen(1, refused)) == [.refuse(1, refused), .refuse(2, refused)])
    #expect(pool.machine.statistics.waiters == 0)
  }

  @Test func `idle connections are checked, and replaced when they fail`() {
    let pool = machine(minimum: 1)
    _ = run(pool, .started)
    _ = run(pool, .opened(1))
    #expect(pool.machine.nextTick == start + .seconds(30))
    #expect(run(pool, .tick, at: 30) == [.check(1)])
    #expect(run(pool, .acquire(1, goesFirst: false), at: 30) == [], "the connection under check will do")
    #expect(run(pool, .checked(1, usable: true), at: 30) == [.lease(1, to: 1)])
    _ = run(pool, .returned(1, usable: true), at: 31)
    _ = run(pool, .tick, at: 61)
    #expect(run(pool, .checked(1, usable: false), at: 61) == [.close(1), .open(2)])
  }

  @Test func `after one broken connection the idle ones are checked at the next tick`() {
    let pool = machine(minimum: 2)
    _ = run(pool, .started)
    _ = run(pool, .opened(1))
    _ = run(pool, .opened(2))
    _ = run(pool, .acquire(1, goesFirst: false))
    #expect(run(pool, .returned(2, usable: false)) == [.close(2), .open(3)])
    #expect(pool.machine.nextTick == start)
    #expect(run(pool, .tick) == [.check(1)])
  }

  @Test func `connections beyond the minimum are closed when not needed, the others kept`() {
    let pool = machine(minimum: 1)
    _ = run(pool, .started)
    _ = run(pool, .opened(1))
    _ = run(pool, .acquire(1, goesFirst: false))
    #expect(run(pool, .acquire(2, goesFirst: false)) == [.open(2)])
    _ = run(pool, .opened(2))
    _ = run(pool, .returned(1, usable: true), at: 1)
    _ = run(pool, .returned(2, usable: true), at: 2)
    #expect(run(pool, .tick, at: 31) == [.check(1)])
    _ = run(pool, .checked(1, usable: true), at: 31)
    #expect(run(pool, .tick, at: 62) == [.close(2), .check(1)] || pool.machine.slots.count == 1)
    #expect(pool.machine.slots.count == 1)
  }

  @Test func `an old connection is closed when it comes back, or while idle`() {
    let pool = machine(minimum: 1)
    _ = run(pool, .started)
    _ = run(pool, .opened(1))
    _ = run(pool, .acquire(1, goesFirst: false))
    #expect(run(pool, .returned(1, usable: true), at: 900) == [.close(1), .open(2)])
    _ = run(pool, .opened(2), at: 900)
    #expect(run(pool, .tick, at: 1800) == [.close(2), .open(3)])
  }

  @Test func `shutting down refuses, closes, waits for what is lent, then is finished`() {
    let pool = machine(minimum: 2, maximum: 3)
    _ = run(pool, .started)
    _ = run(pool, .opened(1))
    _ = run(pool, .opened(2))
    _ = run(pool, .acquire(1, goesFirst: false))
    _ = run(pool, .acquire(2, goesFirst: false))
    #expect(run(pool, .acquire(3, goesFirst: false)) == [.open(3)])
    let refusal = PostgresError(.poolShutDown, "the pool is shut down")
    #expect(run(pool, .shutDown) == [.refuse(3, refusal)])
    #expect(run(pool, .acquire(4, goesFirst: false)) == [.refuse(4, refusal)])
    #expect(run(pool, .returned(1, usable: true)) == [.close(1)])
    #expect(run(pool, .failedToOpen(3, away)) == [])
    #expect(run(pool, .returned(2, usable: true)) == [.close(2), .finish])
    #expect(run(pool, .shutDown) == [])
    #expect(pool.machine.nextTick == nil)
    #expect(run(pool, .tick) == [])
  }

  @Test func `a connection that opens during the shutdown is closed`() {
    let pool = machine(minimum: 1)
    _ = run(pool, .started)
    #expect(run(pool, .shutDown) == [])
    #expect(run(pool, .opened(1)) == [.close(1), .finish])
  }

  @Test func `a pool that was never started shuts down at once`() {
    let pool = machine()
    #expect(run(pool, .shutDown) == [.finish])
  }

  @Test func `events about unknown connections change nothing`() {
    let pool = machine()
    _ = run(pool, .started)
    for event: PoolStateMachine.Event in [
      .opened(9), .failedToOpen(9, away), .returned(9, usable: true), .checked(9, usable: true), .abandon(9),
    ] {
      #expect(run(pool, event) == [])
    }
  }

  @Test func `whatever happens, no connection is lent twice, limits hold, and every waiter is answered`() {
    for _ in 0..<200 {
      var random = SeededGenerator()
      var model = PoolModel(machine: machine(minimum: 1, maximum: 3, waiters: 5).machine)
      for _ in 0..<200 {
        model.step(&random)
        #expect(model.faults.isEmpty, "\(random): \(model.faults)")
        #expect(model.open.count <= 3, "\(random)")
        #expect(model.machine.waiters.count <= 6, "\(random)")
      }
      model.drain()
      #expect(model.isFinished && model.waiting.isEmpty && model.open.isEmpty, "\(random)")
      #expect(model.faults.isEmpty, "\(random): \(model.faults)")
    }
  }

  @Test func `back-off doubles up to its longest, half of it by chance`() {
    let backoff = Backoff(first: .seconds(1), longest: .seconds(8))
    #expect(backoff.pause(after: 1, chance: 0) == .milliseconds(500))
    #expect(backoff.pause(after: 3, chance: 0) == .seconds(2))
    #expect(backoff.pause(after: 1000, chance: 0.5) == .seconds(6))
  }
}

/// Plays the shell and the server against the machine, at random.
struct PoolModel {
  var machine: PoolStateMachine
  var opening: Set<UInt64> = []
  var checking: Set<UInt64> = []
  var leased: Set<UInt64> = []
  var open: Set<UInt64> = []
  var waiting: Set<UInt64> = []
  var faults: [String] = []
  var isFinished = false
  private var nextWaiter: UInt64 = 1
  private var now = ContinuousClock.now

  init(machine: PoolStateMachine) {
    self.machine = machine
    send(.started, 0.5)
  }

  mutating func step(_ random: inout SeededGenerator) {
    now += .milliseconds(Int.random(in: 0...20_000, using: &random))
    let chance = Double.random(in: 0..<1, using: &random)
    let isGood = Int.random(in: 0..<4, using: &random) > 0
    switch Int.random(in: 0..<7, using: &random) {
    case 0, 1:
      waiting.insert(nextWaiter)
      nextWaiter += 1
      send(.acquire(nextWaiter - 1, goesFirst: !isGood && machine.waiters.count < 5), chance)
    case 2:
      guard let waiter = waiting.min() else { return }
      waiting.remove(waiter)
      send(.abandon(waiter), chance)
    case 3:
      guard let id = opening.min() else { return }
      opening.remove(id)
      if isGood { open.insert(id) }
      send(isGood ? .opened(id) : .failedToOpen(id, PostgresError(.unreachable, "away")), chance)
    case 4:
      guard let id = leased.min() else { return }
      leased.remove(id)
      send(.returned(id, usable: isGood), chance)
    case 5:
      guard let id = checking.min() else { return }
      checking.remove(id)
      send(.checked(id, usable: isGood), chance)
    default:
      send(.tick, chance)
      if let next = machine.nextTick, next <= now { faults.append("a tick left work that was due") }
    }
  }

  mutating func drain() {
    send(.shutDown, 0)
    for id in opening { send(.failedToOpen(id, PostgresError(.unreachable, "away")), 0) }
    for id in leased { send(.returned(id, usable: true), 0) }
    for id in checking { send(.checked(id, usable: true), 0) }
  }

  private mutating func send(_ event: PoolStateMachine.Event, _ chance: Double) {
    for action in machine.handle(event, at: now, chance: chance) {
      switch action {
      case .open(let id):
        if !opening.insert(id).inserted { faults.append("opened twice: \(id)") }
      case .check(let id):
        if leased.contains(id) || !checking.insert(id).inserted { faults.append("checked while in use: \(id)") }
      case .close(let id):
        if open.remove(id) == nil { faults.append("closed though not open: \(id)") }
      case .lease(let id, let waiter):
        if !open.contains(id) || checking.contains(id) || !leased.insert(id).inserted {
          faults.append("lent though not free: \(id)")
        }
        if waiting.remove(waiter) == nil { faults.append("answered twice: \(waiter)") }
      case .refuse(let waiter, _):
        if waiting.remove(waiter) == nil { faults.append("answered twice: \(waiter)") }
      case .finish:
        isFinished = true
      }
    }
  }
}
