import Logging
import NIOConcurrencyHelpers
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(2)))
struct TransactionTests {
  private func withTable<T>(_ body: (PostgresPool) async throws -> T) async throws -> T {
    try await withFreshPool { pool in
      try await pool.withConnection {
        try await $0.script(
          """
          CREATE TABLE account (id int PRIMARY KEY, amount int NOT NULL);
          INSERT INTO account VALUES (1, 0), (2, 0)
          """)
      }
      return try await body(pool)
    }
  }

  private func checkTotal(_ pool: PostgresPool, _ expected: Int) async throws {
    let rows = try await pool.withConnection { try await $0.query("SELECT sum(amount) AS n FROM account") }
    #expect(try rows[0].decode(Int.self, "n") == expected)
  }

  private struct Sorry: Error {}

  @Test func `what begins a transaction is prepared like everything else, and freed like it`() async throws {
    var configuration = try await freshConfiguration(maximum: 1)
    configuration.preparedStatements = 4
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      func prepared() async throws -> Int {
        try await pool.withConnection {
          try await $0.query("SELECT count(*) AS n FROM pg_prepared_statements WHERE statement LIKE 'BEGIN %'")
        }[0].decode(Int.self, "n")
      }
      // What is used once is not prepared.
      try await pool.withTransaction { try await $0.execute("SELECT 1") }
      #expect(try await prepared() == 0)
      for _ in 0..<2 { try await pool.withTransaction { try await $0.execute("SELECT 1") } }
      #expect(try await prepared() == 1)
      try await pool.withConnection { connection in
        for value in 0..<8 {
          for _ in 0..<2 { try await connection.execute("SELECT \(unescaped: "\(value)") + \(1)") }
        }
      }
      #expect(try await prepared() == 0)
      // It takes the place of another, which is freed only once it has begun.
      for _ in 0..<2 {
        let level = try await pool.withTransaction(isolation: .repeatableRead) {
          try await $0.query("SELECT current_setting('transaction_isolation') AS level")[0].decode(String.self, "level")
        }
        #expect(level == "repeatable read")
      }
      #expect(try await prepared() == 1)
    }
  }

  @Test func `a transaction that has failed is rolled back where something is to be freed, too`() async throws {
    var configuration = try await freshConfiguration(maximum: 1)
    configuration.preparedStatements = 2
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      func backend() async throws -> Int {
        try await pool.withConnection { try await $0.query("SELECT pg_backend_pid() AS n") }[0].decode(Int.self, "n")
      }
      let first = try await backend()
      for _ in 0..<4 {
        try await pool.withConnection { connection in
          for value in 0..<2 {
            for _ in 0..<2 { try await connection.execute("SELECT \(unescaped: "\(value)") + \(1)") }
          }
        }
        await #expect(throws: PostgresError.self) {
          try await pool.withTransaction(retries: 0) { try await $0.execute("SELECT 1 / \(unescaped: "0")") }
        }
      }
      // The connection is still the same.
      #expect(try await backend() == first)
    }
  }

  @Test func `a transaction is committed when its closure returns, rolled back when it throws`() async throws {
    try await withTable { pool in
      let answer = try await pool.withTransaction { connection in
        #expect(connection.isInTransaction)
        try await connection.execute("UPDATE account SET amount = 5 WHERE id = 1")
        return "done"
      }
      #expect(answer == "done")
      await #expect(throws: Sorry.self) {
        try await pool.withTransaction { connection in
          try await connection.execute("UPDATE account SET amount = 100")
          throw Sorry()
        }
      }
      try await checkTotal(pool, 5)
      #expect(pool.statistics.leased == 0)
    }
  }

  @Test func `a closure without statements sends nothing`() async throws {
    try await withTable { pool in
      let value = try await pool.withTransaction { _ in 1 }
      #expect(value == 1)
      await #expect(throws: Sorry.self) { try await pool.withTransaction { _ in throw Sorry() } }
    }
  }

  @Test func `a swallowed error does not pass for a commit`() async throws {
    try await withTable { pool in
      let error = await #expect(throws: PostgresError.self) {
        try await pool.withTransaction { connection in
          try await connection.execute("UPDATE account SET amount = 1")
          _ = try? await connection.execute("SELECT 1/0")
        }
      }
      #expect(error?.kind == .transactionAborted)
      try await checkTotal(pool, 0)
    }
  }

  @Test func `the isolation asked for is the one in force`() async throws {
    try await withTable { pool in
      for isolation in [PostgresIsolation.readCommitted, .repeatableRead, .serializable] {
        let shown = try await pool.withTransaction(isolation: isolation) { connection in
          try await connection.query("SHOW transaction_isolation")[0].decode(String.self, at: 0)
        }
        #expect(shown == isolation.rawValue.lowercased())
      }
      let error = await #expect(throws: PostgresError.self) {
        try await pool.withTransaction(readOnly: true) { try await $0.execute("UPDATE account SET amount = 1") }
      }
      #expect(error?.sqlState?.rawValue == "25006")
    }
  }

  @Test func `what is committed together with its last statements is committed once`() async throws {
    try await withTable { pool in
      let rows = try await pool.withTransaction { connection in
        try await connection.execute("UPDATE account SET amount = 1 WHERE id = 1")
        let (rows, failure) = try await connection.commit(after: [
          "UPDATE account SET amount = 2 WHERE id = 2", "SELECT sum(amount) AS n FROM account",
        ])
        #expect(failure == nil)
        #expect(!connection.isInTransaction)
        let twice = await #expect(throws: PostgresError.self) { try await connection.commit(after: []) }
        #expect(twice?.kind == .misuse)
        return rows
      }
      #expect(try rows[1][0].decode(Int.self, "n") == 3)
      try await checkTotal(pool, 3)
      // The first statement of all, too.
      try await pool.withTransaction { connection in
        _ = try await connection.commit(after: ["UPDATE account SET amount = 4"])
      }
      try await checkTotal(pool, 8)
    }
  }

  @Test func `where one of the last statements fails nothing is committed, and what came before it is known`()
    async throws
  {
    try await withTable { pool in
      await #expect(throws: Sorry.self) {
        try await pool.withTransaction { connection in
          let (rows, failure) = try await connection.commit(after: [
            "UPDATE account SET amount = 2", "SELECT sum(amount) AS n FROM account", "SELECT 1/0", "SELECT 1",
          ])
          #expect(failure?.pipelineIndex == 2)
          #expect(failure?.sqlState?.rawValue == "22012")
          #expect(try rows.last?[0].decode(Int.self, "n") == 4)
          throw Sorry()
        }
      }
      try await checkTotal(pool, 0)
      // One that overlooks the failure is told.
      let error = await #expect(throws: PostgresError.self) {
        try await pool.withTransaction { _ = try await $0.commit(after: ["SELECT 1/0"]) }
      }
      #expect(error?.kind == .transactionAborted)
    }
  }

  @Test func `transactions do not nest`() async throws {
    try await withTable { pool in
      let error = await #expect(throws: PostgresError.self) {
        try await pool.withTransaction { connection in
          try await connection.transaction { try await $0.execute("SELECT 1") }
        }
      }
      #expect(error?.kind == .misuse)
    }
  }

  @Test func `conflicting serializable transactions are run again until all have their effect`() async throws {
    try await withTable { pool in
      let (attempts, reads) = (NIOLockedValueBox(0), NIOLockedValueBox(0))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<12 {
          group.addTask {
            try await pool.withTransaction(isolation: .serializable, retries: 100) { connection in
              attempts.withLockedValue { $0 += 1 }
              let rows = try await connection.query("SELECT amount FROM account WHERE id = 1")
              let amount = try rows[0].decode(Int.self, "amount")
              // The first to read waits for a second one: whatever the machine does, those two are in conflict.
              let isFirst = reads.withLockedValue { reads in
                reads += 1
                return reads == 1
              }
              if isFirst {
                #expect(try await eventually { reads.withLockedValue { $0 } > 1 })
              }
              try await connection.execute("UPDATE account SET amount = \(amount + 1) WHERE id = 1")
            }
          }
        }
        try await group.waitForAll()
      }
      try await checkTotal(pool, 12)
      #expect(attempts.withLockedValue { $0 } > 12, "no conflict arose: the test proves nothing")
    }
  }

  @Test func `a conflict that persists is told after the retries, another error at once`() async throws {
    try await withTable { pool in
      for (state, expected) in [("40001", 4), ("40P01", 4), ("23505", 1)] {
        let attempts = NIOLockedValueBox(0)
        let error = await #expect(throws: PostgresError.self) {
          try await pool.withTransaction(retries: 3) { connection in
            attempts.withLockedValue { $0 += 1 }
            try await connection.execute(
              "DO \(unescaped: "$$ BEGIN RAISE EXCEPTION USING ERRCODE = '\(state)', MESSAGE = 'conflict'; END $$")")
          }
        }
        #expect(error?.sqlState?.rawValue == state)
        #expect(attempts.withLockedValue { $0 } == expected)
      }
    }
  }

  @Test(arguments: [false, true])
  func `a connection lost while committing is told apart and not retried`(isTogether: Bool) async throws {
    try await withTable { pool in
      try await pool.withConnection { connection in
        // A deferred trigger that ends its own server process strikes within COMMIT.
        try await connection.script(
          """
          CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL; END $$;
          CREATE CONSTRAINT TRIGGER die AFTER UPDATE ON account DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION die();
          """)
      }
      let attempts = NIOLockedValueBox(0)
      let error = await #expect(throws: PostgresError.self) {
        try await pool.withTransaction { connection in
          attempts.withLockedValue { $0 += 1 }
          let statement: PostgresQuery = "UPDATE account SET amount = 1 WHERE id = 1"
          if isTogether {
            _ = try await connection.commit(after: [statement])
          } else {
            try await connection.execute(statement)
          }
        }
      }
      #expect(error?.kind == .ambiguousCommit)
      #expect(error?.isRetriable == false)
      #expect(attempts.withLockedValue { $0 } == 1)
      try await checkTotal(pool, 0)
    }
  }

  @Test(arguments: [false, true])
  func `a connection lost before the commit is simply lost`(isTogether: Bool) async throws {
    try await withTable { pool in
      let error = await #expect(throws: PostgresError.self) {
        try await pool.withTransaction { connection in
          try await connection.execute("UPDATE account SET amount = 1 WHERE id = 1")
          let statement: PostgresQuery = "SELECT pg_terminate_backend(pg_backend_pid())"
          if isTogether {
            _ = try await connection.commit(after: [statement])
          } else {
            try await connection.execute(statement)
          }
        }
      }
      #expect(error?.kind == .connectionLost)
      try await checkTotal(pool, 0)
    }
  }

  @Test func `a task cancelled within its transaction leaves nothing behind`() async throws {
    try await withTable { pool in
      let task = Task {
        try await pool.withTransaction { connection in
          try await connection.execute("UPDATE account SET amount = 9")
          withUnsafeCurrentTask { $0?.cancel() }
        }
      }
      await #expect(throws: CancellationError.self) { try await task.value }
      try await checkTotal(pool, 0)
      #expect(pool.statistics.leased == 0)
    }
  }

  @Test func `a transaction left open by hand is rolled back before the next borrower`() async throws {
    try await withFreshPool(maximum: 1) { pool in
      try await pool.withConnection { try await $0.script("CREATE TABLE t (a int); BEGIN; INSERT INTO t VALUES (1)") }
      try await pool.withConnection { connection in
        #expect(!connection.isInTransaction)
      }
    }
  }
}
