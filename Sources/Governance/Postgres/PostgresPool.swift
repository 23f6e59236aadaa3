public import Logging
internal import NIOConcurrencyHelpers
internal import Reactor
public import ServiceLifecycle

/// A bounded set of connections to one database, opened, checked and reopened as needed.
///
/// The pool works while ``run()`` runs; until then, callers wait. A server that is away does not end the pool:
/// it goes on trying, and callers are told at their deadline why there is no connection.
public final class PostgresPool: Service, Sendable {
  struct State {
    var machine: PoolStateMachine
    var sessions: [PoolStateMachine.ConnectionID: Session] = [:]
    var waiters: [UInt64: PoolWaiter] = [:]
    var jobs: [Job] = []
    var nextWaiterID: UInt64 = 1
    /// The tick for which ``run()`` sleeps at present.
    var armedTick: ContinuousClock.Instant?
    var isFinished = false
  }

  /// Work that takes time, done by child tasks of ``run()``.
  enum Job {
    case open(PoolStateMachine.ConnectionID)
    case check(PoolStateMachine.ConnectionID, Session)
  }

  let configuration: PostgresConfiguration
  let logger: Logger
  let metrics: PoolMetrics
  let state: NIOLockedValueBox<State>
  /// Held while figures are told; the state's lock may be taken inside, never the other way round.
  let recording = NIOLock()
  let bell = Bell()

  /// A pool that has not yet opened anything; ``run()`` does.
  public convenience init(configuration: PostgresConfiguration, logger: Logger) {
    self.init(configuration: configuration, logger: logger, metrics: PoolMetrics())
  }

  init(configuration: PostgresConfiguration, logger: Logger, metrics: PoolMetrics) {
    self.configuration = configuration
    self.logger = logger
    self.metrics = metrics
    let limits = PoolStateMachine.Limits(
      minimum: min(configuration.minimumConnections, configuration.maximumConnections),
      maximum: max(1, configuration.maximumConnections), waiters: configuration.maximumWaiters,
      idleTimeout: configuration.idleTimeout, lifetime: configuration.maximumLifetime,
      healthCheckInterval: configuration.healthCheckInterval, backoff: .connecting)
    state = NIOLockedValueBox(State(machine: PoolStateMachine(limits: limits)))
  }

  /// How many connections it has at most.
  public var maximumConnections: Int { max(1, configuration.maximumConnections) }

  /// What the pool holds now.
  public var statistics: PostgresPoolStatistics { state.withLockedValue { $0.machine.statistics } }

  /// Runs the pool until a graceful shutdown or the task's cancellation; returns when every connection is closed.
  public func run() async throws {
    await withGracefulShutdownHandler {
      await withDiscardingTaskGroup { group in
        handle(.started)
        while !state.withLockedValue({ $0.isFinished }) {
          if Task.isCancelled { handle(.shutDown) }
          for job in takeJobs() { group.addTask { await self.perform(job) } }
          await sleep()
          handle(.tick)
        }
      }
    } onGracefulShutdown: {
      self.handle(.shutDown)
    }
  }

  /// Runs a pool for the time of `body`: for tests and tools, which have no service group.
  @discardableResult
  public static func withPool<T>(
    _ configuration: PostgresConfiguration, logger: Logger, _ body: (PostgresPool) async throws -> T
  ) async throws -> T {
    let pool = PostgresPool(configuration: configuration, logger: logger)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await pool.run() }
      let result: Result<T, any Error>
      do {
        result = .success(try await body(pool))
      } catch {
        result = .failure(error)
      }
      pool.handle(.shutDown)
      try await group.waitForAll()
      return try result.get()
    }
  }

  private func takeJobs() -> [Job] {
    state.withLockedValue { state in
      defer { state.jobs = [] }
      return state.jobs
    }
  }

  private func sleep() async {
    let tick = state.withLockedValue { state in
      state.armedTick = state.machine.nextTick
      return state.isFinished ? .now : state.armedTick
    }
    // Cancellation is heeded by the loop, once; after that the wait must not return at once for ever.
    let end = tick ?? .now + .seconds(60)
    if Task.isCancelled {
      await bell.waitThroughCancellation(until: end)
    } else {
      await bell.wait(until: end)
    }
  }

  private func perform(_ job: Job) async {
    switch job {
    case .open(let id): await open(id)
    case .check(let id, let session): await check(id, session)
    }
  }

  private func open(_ id: PoolStateMachine.ConnectionID) async {
    do {
      let session = try await Session.open(configuration)
      state.withLockedValue { $0.sessions[id] = session }
      handle(.opened(id))
    } catch let error as PostgresError {
      metrics.countOpenFailure()
      logger.warning("no connection to the database", metadata: ["error": "\(error)"])
      handle(.failedToOpen(id, error))
    } catch {
      handle(.failedToOpen(id, PostgresError(.unreachable, "the attempt to connect was given up: \(error)")))
    }
  }

  private func check(_ id: PoolStateMachine.ConnectionID, _ session: Session) async {
    let exchange = Exchange(deadline: .now + .seconds(5), heedsCancellation: false, stopsStatement: false)
    do {
      guard session.looksAlive() else { throw PostgresError(.connectionLost, "the server closed it") }
      _ = try await session.run(["SELECT 1"], within: exchange)
      handle(.checked(id, usable: true))
    } catch {
      logger.info("an idle connection failed its check", metadata: ["error": "\(error)"])
      handle(.checked(id, usable: false))
    }
  }
}
