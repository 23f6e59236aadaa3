public import Logging

/// A lock that one process of all those that use the database holds at a time, for as long as its connection lives.
///
/// The server does the waiting: whoever is next gets the lock as soon as the holder lets go or dies. The connection is
/// a direct one, since a transaction pooler would not keep it.
public struct PostgresAdvisoryLock: Sendable {
  let configuration: PostgresConfiguration
  let key: Int64
  let logger: Logger
  /// How often the holder asks the server for a sign of life.
  var checkInterval: Duration = .seconds(2)
  /// How long one who waits stands in the server's queue at most, before it does so anew.
  var longestWait: Duration = .seconds(60)

  /// The lock with this key in the configured database.
  public init(configuration: PostgresConfiguration, key: Int64, logger: Logger) {
    self.configuration = configuration.named("lock")
    self.key = key
    self.logger = logger
  }

  /// Waits for the lock, reconnecting with back-off while the server is away, and runs `body` while holding it.
  ///
  /// When the connection breaks, `body` is cancelled, and the call throws once `body` has returned.
  ///
  /// - Parameter standingBy: called when another holds the lock, before it is waited for.
  /// - Throws: what `body` throws; ``PostgresError/Kind/lockLost``; `CancellationError`.
  @discardableResult
  public func withLock<T: Sendable>(
    standingBy: @Sendable () -> Void = {}, _ body: @escaping @Sendable (PostgresHeldLock) async throws -> T
  ) async throws -> T {
    let session = try await acquire(standingBy)
    let held = PostgresHeldLock(backendPID: session.backendPID)
    let result = await withTaskGroup(of: Result<T, any Error>?.self) { group in
      group.addTask {
        do { return .success(try await body(held)) } catch { return .failure(error) }
      }
      group.addTask {
        await self.watch(session, held)
        return nil
      }
      var result: Result<T, any Error>?
      for await finished in group {
        // Whichever ends first ends the other: the work its watch, or the loss the work.
        group.cancelAll()
        if let finished { result = finished }
      }
      return result
    }
    if held.isLost {
      if case .success(let value) = result { return value }
      throw PostgresError(.lockLost, "the connection that held advisory lock \(key) broke")
    }
    await release(session)
    guard let result else { throw CancellationError() }
    return try result.get()
  }

  private func watch(_ session: Session, _ held: PostgresHeldLock) async {
    do {
      while true { try await session.waitForInput(checkingEvery: checkInterval) }
    } catch is CancellationError {
      return
    } catch {
      logger.warning("an advisory lock is lost", metadata: ["key": "\(key)", "error": "\(error)"])
      held.markLost()
    }
  }

  /// A session that holds the lock, once.
  func acquire(_ standingBy: @Sendable () -> Void) async throws -> Session {
    var failures = 0
    while true {
      do {
        let session = try await Session.open(configuration)
        let attempt: PostgresQuery = "SELECT pg_try_advisory_lock(\(key)) AS held"
        let answer = try await session.run([attempt], within: Exchange(deadline: .now + .seconds(30)))
        if try answer.first?.first?.decode(Bool.self, "held") == true { return session }
        standingBy()
        while try await !wait(on: session) {}
        return session
      } catch let error as PostgresError {
        failures += 1
        logger.warning("no advisory lock yet", metadata: ["key": "\(key)", "error": "\(error)"])
        try await Task.sleep(for: Backoff.connecting.pause(after: failures, chance: .random(in: 0..<1)))
      }
    }
  }

  /// Stands in the server's queue for a while; says whether the session holds the lock.
  private func wait(on session: Session) async throws -> Bool {
    // Left to chance, so that those who began together do not stay in step.
    let patience = longestWait * Double.random(in: 0.5...1)
    let exchange = Exchange(deadline: .now + patience + .seconds(30))
    let answers = try await session.run(Self.turn(of: key, within: patience), within: exchange)
    return try answers.last?.first?.decode(Bool.self, "held") == true
  }

  /// One round trip that stands in the server's queue for `patience`; its last answer says whether the session holds the
  /// lock (`held`). For a session that takes no other one.
  ///
  /// Not for as long as it takes: a statement that waits has a snapshot, and as long as it stands, nothing that died
  /// since, in the whole database, is cleaned up. Each wait begins with a new one, and a free lock is still handed over
  /// at once.
  ///
  /// The server ends the wait (`lock_timeout`, which holds for every lock:
  /// https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT), so the snapshot goes even
  /// where this process was stopped. The block swallows that error, or the server's log would tell of it each time.
  ///
  /// A lock may be granted in the very moment in which the wait for it ends with that error. The session then holds it:
  /// what it takes is not given back with what failed
  /// (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS), and taking it again would count
  /// twice. So how the wait ended says nothing, and what the session holds is asked.
  static func turn(of key: Int64, within patience: Duration) -> [PostgresQuery] {
    // For these three statements alone, which are one transaction. Zero would mean for ever.
    let milliseconds = String(max(1, patience.milliseconds))
    let limit: PostgresQuery = "SELECT set_config('lock_timeout', \(milliseconds), true)"
    // A block takes no parameters.
    let turn = PostgresQuery(
      unescaped: """
        DO $$ BEGIN
          PERFORM pg_advisory_lock(bigint '\(key)');
        EXCEPTION WHEN lock_not_available THEN NULL;
        END $$
        """)
    let question: PostgresQuery = """
      SELECT EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' AND granted) AS held
      """
    return [limit, turn, question]
  }

  private func release(_ session: Session) async {
    let exchange = Exchange(deadline: .now + .seconds(5), heedsCancellation: false, stopsStatement: false)
    let query: PostgresQuery = "SELECT pg_advisory_unlock(\(key))"
    // Should this fail, the lock goes with the connection, which closes here.
    _ = try? await session.run([query], within: exchange)
  }
}
