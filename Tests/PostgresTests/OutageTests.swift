import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import Postgres

/// These stop their server, or a process of it, and therefore have one each.
@Suite(.timeLimit(.minutes(3)))
struct OutageTests {
  @Test func `a server stopped in flight and started again is found again`() async throws {
    let server = try await PostgresServer.start()
    let database = try await server.freshDatabase()
    var configuration = try PostgresServer.configuration(database.url)
    configuration.acquireTimeout = .seconds(60)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      try await pool.withConnection { try await $0.script("CREATE TABLE t (a int)") }
      let committed = NIOLockedValueBox(0)
      let ambiguous = NIOLockedValueBox(0)
      try await withThrowingTaskGroup(of: Void.self) { group in
        let isOver = NIOLockedValueBox(false)
        for _ in 0..<6 {
          group.addTask {
            while !isOver.withLockedValue({ $0 }) {
              do {
                try await pool.withTransaction { try await $0.execute("INSERT INTO t VALUES (1)") }
                committed.withLockedValue { $0 += 1 }
              } catch let error as PostgresError {
                let isAmbiguous = error.kind == .ambiguousCommit
                if isAmbiguous { ambiguous.withLockedValue { $0 += 1 } }
                #expect(isAmbiguous || error.isRetriable)
              }
            }
          }
        }
        for immediately in [false, true] {
          let before = committed.withLockedValue { $0 }
          #expect(try await eventually { committed.withLockedValue { $0 } > before + 20 })
          try await server.stop(immediately: immediately)
          try await server.startAgain()
        }
        let before = committed.withLockedValue { $0 }
        #expect(try await eventually { committed.withLockedValue { $0 } > before + 20 })
        isOver.withLockedValue { $0 = true }
        try await group.waitForAll()
      }
      let rows = try await pool.withConnection { try await $0.query("SELECT count(*) AS n FROM t") }
      let stored = try rows[0].decode(Int.self, "n")
      let (sure, unsure) = (committed.withLockedValue { $0 }, ambiguous.withLockedValue { $0 })
      #expect((sure...(sure + unsure)).contains(stored), "what was said to be committed is there, and nothing else")
    }
    try await server.stop()
  }

  @Test func `a listener goes on after the server was away`() async throws {
    let server = try await PostgresServer.start()
    let database = try await server.freshDatabase()
    let configuration = try PostgresServer.configuration(database.url)
    var events = PostgresListener(configuration: configuration, channels: ["news"], logger: quiet).makeAsyncIterator()
    #expect(await events.next() == .connected)
    try await notify("one", configuration)
    #expect(await events.next() == .notification(channel: "news", payload: "one"))
    try await server.stop()
    async let restarted: Void = server.startAgain()
    #expect(await events.next() == .connected)
    try await restarted
    try await notify("two", configuration)
    #expect(await events.next() == .notification(channel: "news", payload: "two"))
    try await server.stop()
  }

  @Test(.enabled(if: ChildProcess.locate("openssl") != nil, "not run: needs openssl"))
  func `TLS is verified, and big results arrive through it`() async throws {
    let pair = try await selfSignedCertificate()
    var options = PostgresServer.Options()
    options.certificate = pair
    options.hba = ["hostssl all all 127.0.0.1/32 trust"]
    let server = try await PostgresServer.start(options)
    let folder = try #require(server.folder)
    let root = "\(folder)/root.crt"
    try pair.chain.write(toFile: root, atomically: true, encoding: .utf8)
    let port = try #require(server.port)
    let base = "postgres://regie@localhost:\(port)/postgres?hostaddr=127.0.0.1"
    let verified = try PostgresServer.configuration("\(base)&sslmode=verify-full&sslrootcert=\(root)")
    try await PostgresConnection.withConnection(verified) { connection in
      let tls = try await connection.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
      #expect(try tls[0].decode(Bool.self, "ssl"))
      for round in 1...10 {
        let rows = try await connection.query("SELECT repeat('z', \(round * 1000)::int) FROM generate_series(1, 5000)")
        #expect(rows.count == 5000)
      }
      let pad = String(repeating: "y", count: 5000)
      #expect(try await connection.pipeline((0..<2000).map { _ in "SELECT \(pad)::text" }).count == 2000)
      await #expect(throws: PostgresError.self) {
        try await connection.query("SELECT pg_sleep(60)", deadline: .now + .milliseconds(30))
      }
      #expect(try await connection.execute("SELECT 1") == 1)
    }
    for refused in ["&sslmode=disable", "&sslmode=verify-full&sslrootcert=\(folder)/none.crt"] {
      let configuration = try PostgresServer.configuration(base + refused)
      let error = await #expect(throws: PostgresError.self) {
        try await PostgresConnection.withConnection(configuration) { _ in }
      }
      #expect(error?.kind == .tls || error?.kind == .authentication)
    }
    try await server.stop()
  }

  @Test func `an answer that is late is waited for as long as it may take, and the connection stays`() async throws {
    let server = try await PostgresServer.start()
    var single = try PostgresServer.configuration(try await server.freshDatabase().url)
    single.maximumConnections = 1
    single.acquireTimeout = .seconds(60)
    // It is still under way when it is seen, however late that is.
    single.statementTimeout = .seconds(120)
    let configuration = single
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let pid = try await pool.withConnection { $0.backendPID }
      let task = Task {
        try await pool.withConnection { try await $0.execute("SELECT pg_sleep(120)") }
      }
      try await PostgresConnection.withConnection(configuration) { observer in
        let sleeps = try await eventually {
          let rows = try await observer.query(
            "SELECT 1 FROM pg_stat_activity WHERE pid = \(pid) AND wait_event = 'PgSleep'")
          return !rows.isEmpty
        }
        #expect(sleeps)
      }
      kill(pid, SIGSTOP)
      defer { kill(pid, SIGCONT) }
      task.cancel()
      // It may take longer than that where nobody says otherwise; that it takes longer still changes nothing.
      try await Task.sleep(for: PostgresConfiguration(url: "dbname=x").answerTimeout + .seconds(1))
      kill(pid, SIGCONT)
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(try await pool.withConnection { $0.backendPID } == pid)
    }
    try await server.stop()
  }

  private func notify(_ payload: String, _ configuration: PostgresConfiguration) async throws {
    _ = try await PostgresConnection.withConnection(configuration) {
      try await $0.execute("SELECT pg_notify('news', \(payload))")
    }
  }

  private func selfSignedCertificate() async throws -> (chain: String, key: String) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let openssl = try #require(ChildProcess.locate("openssl"))
    let (key, chain) = (folder.path + "/key.pem", folder.path + "/cert.pem")
    try await ChildProcess.run(
      openssl,
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", chain,
      ])
    return (try String(contentsOfFile: chain, encoding: .utf8), try String(contentsOfFile: key, encoding: .utf8))
  }
}
