import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(2)))
struct ListenerTests {
  @Test func `committed notifications arrive in order, with their channel`() async throws {
    let configuration = try await freshConfiguration()
    let listener = PostgresListener(configuration: configuration, channels: ["outbox", "Odd \"name\""], logger: quiet)
    var events = listener.makeAsyncIterator()
    #expect(await events.next() == .connected)
    try await PostgresConnection.withConnection(configuration) { connection in
      try await connection.transaction { connection in
        for number in 0..<500 { try await connection.execute("SELECT pg_notify('outbox', \("\(number)"))") }
      }
      try await connection.execute(#"NOTIFY "Odd ""name""", 'x'"#)
      try await connection.execute("NOTIFY other")
      try await connection.execute("NOTIFY outbox, 'last'")
    }
    for number in 0..<500 { #expect(await events.next() == .notification(channel: "outbox", payload: "\(number)")) }
    #expect(await events.next() == .notification(channel: "Odd \"name\"", payload: "x"))
    #expect(await events.next() == .notification(channel: "outbox", payload: "last"))
  }

  @Test func `a killed connection is made anew, and the reader is told to read again`() async throws {
    let configuration = try await freshConfiguration()
    var events = PostgresListener(configuration: configuration, channels: ["outbox"], logger: quiet).makeAsyncIterator()
    #expect(await events.next() == .connected)
    try await PostgresConnection.withConnection(configuration) { connection in
      try await connection.execute(
        """
        SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE '%/listener'
        """)
      #expect(await events.next() == .connected)
      try await connection.execute("NOTIFY outbox, 'after'")
    }
    #expect(await events.next() == .notification(channel: "outbox", payload: "after"))
  }

  @Test func `silence is checked, and does not end the listening`() async throws {
    var configuration = try await freshConfiguration()
    configuration.healthCheckInterval = .milliseconds(10)
    var events = PostgresListener(configuration: configuration, channels: ["outbox"], logger: quiet).makeAsyncIterator()
    #expect(await events.next() == .connected)
    let sender = Task { [configuration] in
      try await PostgresConnection.withConnection(configuration) { connection in
        // The listener's checks show as its last query.
        #expect(
          try await eventually {
            let rows = try await connection.query(
              """
              SELECT 1 FROM pg_stat_activity
              WHERE datname = current_database() AND application_name LIKE '%/listener' AND query = 'SELECT 1'
              """)
            return !rows.isEmpty
          })
        try await connection.execute("NOTIFY outbox, 'still there'")
      }
    }
    #expect(await events.next() == .notification(channel: "outbox", payload: "still there"))
    try await sender.value
  }

  @Test func `a cancelled reader comes to its end`() async throws {
    let listener = PostgresListener(configuration: try await freshConfiguration(), channels: ["outbox"], logger: quiet)
    let (connected, continuation) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      var count = 0
      for await _ in listener {
        count += 1
        continuation.yield()
      }
      return count
    }
    for await _ in connected { break }
    task.cancel()
    #expect(await task.value == 1)
  }
}
