import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle
import TestSupport
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(2)))
struct PoolTests {
  @Test func `64 tasks share 4 connections`() async throws {
    try await withFreshPool(maximum: 4) { pool in
      let pids = try await withThrowingTaskGroup(of: Set<Int32>.self) { group in
        for task in 0..<64 {
          group.addTask {
            var pids: Set<Int32> = []
            for round in 0..<20 {
              try await pool.withConnection { connection in
                pids.insert(connection.backendPID)
                let rows = try await connection.query("SELECT \(task * 1000 + round) AS n")
                #expect(try rows[0].decode(Int.self, "n") == task * 1000 + round)
              }
            }
            return pids
          }
        }
        return try await group.reduce(into: Set<Int32>()) { $0.formUnion($1) }
      }
      #expect(pids.count <= 4)
      #expect(pool.statistics.leased == 0 && pool.statistics.waiters == 0)
      #expect(pool.statistics.open <= 4)
    }
  }

  @Test func `who waits too long is told, and so is who comes when the queue is full`() async throws {
    var configuration = try await freshConfiguration(maximum: 1)
    configuration.maximumWaiters = 1
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      try await pool.withConnection { _ in
        let late = await #expect(throws: PostgresError.self) {
          try await pool.withConnection(deadline: .now + .milliseconds(20)) { _ in }
        }
        #expect(late?.kind == .poolExhausted)
        let waiting = Task { try await pool.withConnection { $0.backendPID } }
        let isQueued = try await eventually { pool.statistics.waiters == 1 }
        #expect(isQueued)
        let refused = await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
        #expect(refused?.message.contains("1 tasks wait") == true)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
      }
      #expect(pool.statistics == PostgresPoolStatistics(open: 1, idle: 1, leased: 0, waiters: 0))
    }
  }

  @Test func `killed connections are noticed before they are lent`() async throws {
    let configuration = try await freshConfiguration(maximum: 3)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      try await pool.withConnection { _ in try await pool.withConnection { _ in try await pool.withConnection { _ in } }
      }
      #expect(pool.statistics.idle == 3)
      try await PostgresConnection.withConnection(configuration) { killer in
        let rows = try await killer.query(
          """
          SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
          """, deadline: .now + .seconds(90))
        #expect(rows.count == 3)
      }
      for _ in 0..<5 { #expect(try await pool.withConnection { try await $0.execute("SELECT 1") } == 1) }
    }
  }

  @Test func `a connection killed in the middle of a statement is told, and replaced`() async throws {
    let configuration = try await freshConfiguration(maximum: 1)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let error = await #expect(throws: PostgresError.self) {
        try await pool.withConnection { connection in
          try await connection.execute("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)")
        }
      }
      #expect(error?.kind == .connectionLost)
      #expect(error?.sqlState == .adminShutdown)
      try await pool.withConnection { try await checkUsable($0) }
    }
  }

  @Test func `idle connections are checked and old ones replaced`() async throws {
    var configuration = try await freshConfiguration(maximum: 1)
    configuration.healthCheckInterval = .milliseconds(20)
    configuration.maximumLifetime = .milliseconds(300)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let first = try await pool.withConnection { $0.backendPID }
      #expect(try await eventually { try await pool.withConnection { $0.backendPID } != first })
    }
  }

  @Test func `after the shutdown nothing is lent, and every connection is closed`() async throws {
    let configuration = try await freshConfiguration(maximum: 2)
    let pool = PostgresPool(configuration: configuration, logger: quiet)
    let group = ServiceGroup(configuration: .init(services: [pool], logger: quiet))
    async let running: Void = group.run()
    let pid = try await pool.withConnection { $0.backendPID }
    await group.triggerGracefulShutdown()
    try await running
    #expect(pool.statistics.open == 0)
    let error = await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
    #expect(error?.kind == .poolShutDown)
    try await PostgresConnection.withConnection(configuration) { observer in
      let isGone = try await eventually {
        try await observer.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(pid)").isEmpty
      }
      #expect(isGone)
    }
  }

  @Test func `wrong credentials, database or TLS are told at once and say what to do`() async throws {
    var options = PostgresServer.Options()
    options.hba = ["host all nobody 127.0.0.1/32 scram-sha-256", "host all all 127.0.0.1/32 trust"]
    let server = try await PostgresServer.start(options)
    func failure(_ url: String) async -> PostgresError? {
      await #expect(throws: PostgresError.self) {
        var configuration = try PostgresServer.configuration(url)
        configuration.acquireTimeout = .seconds(60)
        try await PostgresPool.withPool(configuration, logger: quiet) { pool in
          try await pool.withConnection { _ in }
        }
      }
    }
    let port = try #require(server.port)
    let password = await failure("postgres://nobody:wrong@127.0.0.1:\(port)/postgres")
    #expect(password?.kind == .authentication)
    #expect(password?.sqlState?.rawValue == "28P01")
    #expect(password?.description.contains("wrong") == false)
    #expect(await failure("postgres://regie@127.0.0.1:\(port)/nowhere")?.kind == .noDatabase)
    #expect(await failure("postgres://regie@127.0.0.1:\(port)/postgres?sslmode=require")?.kind == .tls)
    try await server.stop()
  }

  @Test func `a pool that has opened nothing yet is not taken for a busy one`() async throws {
    let pool = PostgresPool(configuration: try await freshConfiguration(), logger: quiet)
    let error = await #expect(throws: PostgresError.self) {
      try await pool.withConnection(deadline: .now + .milliseconds(20)) { _ in }
    }
    #expect(error?.kind == .unreachable)
  }

  @Test func `a server that is away is told at the deadline with the address`() async throws {
    let closed = try ClosedPort()
    let port = closed.number
    let configuration = try PostgresConfiguration(url: "postgres://regie@127.0.0.1:\(port)/regie")
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      // Only what was tried can be told.
      let hasFailed = try await eventually { pool.state.withLockedValue { $0.machine.lastFailure != nil } }
      #expect(hasFailed)
      let error = await #expect(throws: PostgresError.self) {
        try await pool.withConnection(deadline: .now + .milliseconds(20)) { _ in }
      }
      #expect(error?.kind == .unreachable)
      #expect(error?.description.contains("127.0.0.1:\(closed.number)") == true)
      #expect(error?.description.contains("Start the server") == true)
    }
  }
}
