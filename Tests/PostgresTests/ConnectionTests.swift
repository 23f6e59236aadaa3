import Foundation
import TestSupport
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(2)))
struct ConnectionTests {
  @Test func `values of every type come back as they were sent`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      let id = UUID()
      let date = Date(timeIntervalSinceReferenceDate: 800_000_000.123457)
      let json = try PostgresJSON(encoding: ["clé": [1, 2]])
      let row = try await connection.query(
        """
        SELECT \(42) AS int, \(Int32(-7)) AS int4, \(Int16(3)) AS int2, \(1.5e300) AS double, \(true) AS bool,
          \("l'été \"🗺\" $1")::text AS text, \(id) AS uuid, \(date) AS date, \([0, 1, 255] as [UInt8]) AS bytes,
          \(json) AS json, \(Optional<Int>.none) AS nothing
        """)[0]
      #expect(try row.decode(Int.self, "int") == 42)
      #expect(try row.decode(Int64.self, "int4") == -7)
      #expect(try row.decode(Int16.self, "int2") == 3)
      #expect(try row.decode(Double.self, "double") == 1.5e300)
      #expect(try row.decode(Bool.self, "bool"))
      #expect(try row.decode(String.self, "text") == "l'été \"🗺\" $1")
      #expect(try row.decode(UUID.self, "uuid") == id)
      #expect(TimestampText.encode(try row.decode(Date.self, "date")) == TimestampText.encode(date))
      #expect(try row.decode([UInt8].self, "bytes") == [0, 1, 255])
      #expect(try row.decode(PostgresJSON.self, "json").decode([String: [Int]].self) == ["clé": [1, 2]])
      #expect(try row.decode(Int?.self, "nothing") == nil)
    }
  }

  @Test func `a standby is passed over for the server that takes what is written`() async throws {
    let standby = try OldPostgres(version: "17.2", settings: ["in_hot_standby": "on"])
    defer { standby.stop() }
    let alone = try PostgresServer.configuration(standby.url)
    var both = try await freshConfiguration()
    for name in ["host", "port"] {
      both.parameters[name] = "\(alone.parameters[name] ?? ""),\(both.parameters[name] ?? "")"
    }
    try await PostgresConnection.withConnection(both) { try await checkUsable($0) }
    let error = await #expect(throws: PostgresError.self) {
      try await PostgresConnection.withConnection(alone) { _ in }
    }
    #expect(error?.kind == .unreachable && error?.isRetriable == true)
    #expect(error?.hint?.contains("Name the primary as well") == true)
    // Who asks for any server gets it.
    var chosen = alone
    chosen.parameters["target_session_attrs"] = "any"
    try await PostgresConnection.withConnection(chosen) { _ in }
  }

  @Test func `arrays come back as they were sent`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      let ids = [UUID(), UUID()]
      let texts: [String?] = ["a,\"b\"", nil, "{\\}", "", "NULL", "l'été 🗺"]
      let dates = [-2e9, 0, 800_000_000.123457, 31_622_400].map(Date.init(timeIntervalSinceReferenceDate:))
      let row = try await connection.query(
        """
        SELECT \(ids) AS ids, \(texts) AS texts, \([[1, 2], []] as [[UInt8]]) AS bytes, \([Int]()) AS none,
          \([true, false]) AS bools, \(ids[0]) = ANY(\(ids)) AS found, \([Int64.min, -1, .max]) AS numbers,
          \([Int32(-7), 7]) AS small, \([-1.5, 1e300]) AS doubles, \([nil, UUID?.some(ids[1])]) AS maybe,
          \([try PostgresJSON(encoding: ["clé": 1]), PostgresJSON("[]")]) AS json, \([Date?.none]) AS never,
          \(dates) AS dates
        """)[0]
      #expect(try row.decode([UUID].self, "ids") == ids)
      #expect(try row.decode([String?].self, "texts") == texts)
      #expect(try row.decode([[UInt8]].self, "bytes") == [[1, 2], []])
      #expect(try row.decode([Int].self, "none") == [])
      #expect(try row.decode([Bool].self, "bools") == [true, false])
      #expect(try row.decode(Bool.self, "found"))
      #expect(try row.decode([Int64].self, "numbers") == [.min, -1, .max])
      #expect(try row.decode([Int32].self, "small") == [-7, 7])
      #expect(try row.decode([Double].self, "doubles") == [-1.5, 1e300])
      #expect(try row.decode([UUID?].self, "maybe") == [nil, ids[1]])
      #expect(try row.decode([PostgresJSON].self, "json").map(\.text) == [#"{"clé": 1}"#, "[]"])
      #expect(try row.decode([Date?].self, "never") == [nil])
      #expect(
        try row.decode([Date].self, "dates").map { TimestampText.encode($0) } == dates.map { TimestampText.encode($0) })
    }
  }

  @Test func `moments without end travel in arrays, what is no moment is refused`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      let ends = [-Double.infinity, .infinity].map(Date.init(timeIntervalSinceReferenceDate:))
      let row = try await connection.query("SELECT \(ends) AS ends, \(ends)::text AS text")[0]
      #expect(try row.decode([Date].self, "ends") == ends)
      #expect(try row.decode(String.self, "text") == "{-infinity,infinity}")
      let never = Date(timeIntervalSinceReferenceDate: .nan)
      await #expect(throws: PostgresError.self) { try await connection.query("SELECT \([never])") }
      try await checkUsable(connection)
    }
  }

  @Test func `a text serves for enumerations and other types that the server infers`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      try await connection.script("CREATE TYPE colour AS ENUM ('red', 'blue'); CREATE TABLE t (c colour, n inet)")
      #expect(try await connection.execute("INSERT INTO t VALUES (\(Colour.red), \("10.0.0.1"))") == 1)
      let rows = try await connection.query("SELECT c FROM t WHERE c = \(Colour.red)")
      #expect(try rows[0].decode(Colour.self, "c") == .red)
    }
  }

  @Test func `decoding errors name the column and both types, not the value`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      let row = try await connection.query(
        "SELECT 'secret'::text AS name, NULL::int8 AS size, 70000 AS big, now()::timestamp AS naive")[0]
      func message<T: PostgresDecodable>(_ type: T.Type, _ column: String) -> String {
        do {
          _ = try row.decode(type, column)
          return "no error"
        } catch {
          return error.description
        }
      }
      #expect(message(Int.self, "name").contains("column name is of type text where Int is wanted"))
      #expect(message(Int.self, "size").contains("column size (int8) is NULL where Int is wanted"))
      #expect(message(Int16.self, "big").contains("column big (int4) holds a value that is not a valid Int16"))
      #expect(message(Date.self, "naive").contains("column naive is of type timestamp where Date is wanted"))
      #expect(message(String.self, "big").contains("column big is of type int4 where String is wanted"))
      #expect(message(Int.self, "nome").contains("no column nome in the result; there are: name, size, big, naive"))
      #expect(throws: PostgresError.self) { try row.decode(Int.self, at: 4) }
      for name in ["name", "big"] { #expect(!message(UUID.self, name).contains("secret")) }
    }
  }

  @Test func `what can not be sent is refused before anything is`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      let error = await #expect(throws: PostgresError.self) {
        try await connection.pipeline(["SELECT 1", "SELECT \("a\0b")::text"])
      }
      #expect(error?.kind == .invalidParameter)
      #expect(error?.pipelineIndex == 1)
      #expect(error?.message.contains("$1 holds a NUL character") == true)
      for array: PostgresQuery in ["\(["a", "b\0"])", "\([nil, String?.some("\0")])", "\([PostgresJSON("\0")])"] {
        let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT \(array)") }
        #expect(error?.kind == .invalidParameter)
      }
      let many = PostgresQuery.join((0..<65_536).map { "\($0)" }, separator: ",")
      await #expect(throws: PostgresError.self) { try await connection.query("SELECT \(many)") }
      try await checkUsable(connection)
    }
  }

  @Test func `server errors carry code, constraint and table`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      try await connection.script("CREATE TABLE region (id int PRIMARY KEY, CONSTRAINT small CHECK (id < 10))")
      try await connection.execute("INSERT INTO region VALUES (1)")
      let double = await #expect(throws: PostgresError.self) {
        try await connection.execute("INSERT INTO region VALUES (\(1))")
      }
      #expect(double?.kind == .server)
      #expect(double?.sqlState == .uniqueViolation)
      #expect(double?.constraint == "region_pkey")
      #expect(double?.table == "region")
      let check = await #expect(throws: PostgresError.self) {
        try await connection.execute("INSERT INTO region VALUES (\(11))")
      }
      #expect(check?.constraint == "small")
      await #expect(throws: PostgresError.self) { try await connection.query("SELEC 1") }
      await #expect(throws: PostgresError.self) { try await connection.query("COPY region TO STDOUT") }
    }
  }

  @Test func `a hot statement is prepared once, and the number of prepared ones is bounded`() async throws {
    var configuration = try await freshConfiguration()
    configuration.preparedStatements = 3
    try await PostgresConnection.withConnection(configuration) { connection in
      for value in 0..<50 { try await connection.execute("SELECT \(value) + 0") }
      for round in 0..<20 {
        for _ in 0..<3 { try await connection.execute("SELECT \(round), \(unescaped: "\(round)")") }
      }
      let rows = try await connection.query("SELECT count(*) AS n FROM pg_prepared_statements")
      #expect(try rows[0].decode(Int.self, "n") == 3)
      let uses = try await connection.query("SELECT max(generic_plans + custom_plans) AS n FROM pg_prepared_statements")
      #expect(try uses[0].decode(Int.self, "n") >= 2)
    }
  }

  @Test func `a prepared statement survives a change of its table`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      try await connection.script("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
      for _ in 0..<3 { #expect(try await connection.query("SELECT * FROM t").columns == ["a"]) }
      try await connection.script("ALTER TABLE t ADD b int")
      #expect(try await connection.query("SELECT * FROM t").columns == ["a", "b"])
      for _ in 0..<3 { try await connection.execute("SELECT \(1)::int") }
      try await connection.script("DEALLOCATE ALL")
      #expect(try await connection.query("SELECT * FROM t").count == 1)
      for _ in 0..<3 { try await connection.execute("SELECT \(1)::int") }
    }
  }

  @Test func `big results arrive whole, again and again`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      for _ in 0..<10 {
        let rows = try await connection.query("SELECT n, repeat('x', 100) AS pad FROM generate_series(1, 100000) n")
        #expect(rows.count == 100_000)
        #expect(try rows[99_999].decode(Int.self, "n") == 100_000)
      }
    }
  }

  @Test func `thousands of pipelined statements with big parameters and results do not block`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      let pad = String(repeating: "y", count: 2000)
      let queries: [PostgresQuery] = (0..<5000).map { "SELECT \($0) AS n, \(pad)::text AS pad" }
      let results = try await connection.pipeline(queries)
      #expect(results.count == 5000)
      #expect(try results[4999][0].decode(Int.self, "n") == 4999)
      #expect(try results[1234][0].decode(String.self, "pad") == pad)
    }
  }

  @Test func `a pipeline is all or nothing and names the query that failed`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      try await connection.script("CREATE TABLE t (a int PRIMARY KEY)")
      for _ in 0..<3 {
        let error = await #expect(throws: PostgresError.self) {
          try await connection.pipeline([
            "INSERT INTO t VALUES (\(1))", "INSERT INTO t VALUES (\(2))", "INSERT INTO t VALUES (\(1))",
            "INSERT INTO t VALUES (\(3))",
          ])
        }
        #expect(error?.pipelineIndex == 2)
        #expect(error?.sqlState == .uniqueViolation)
      }
      #expect(try await connection.query("SELECT * FROM t").isEmpty)
      let results = try await connection.pipeline(["INSERT INTO t VALUES (\(1)), (2)", "SELECT a FROM t"])
      #expect(results.map(\.affected) == [2, 2])
      #expect(try await connection.pipeline([]).isEmpty)
    }
  }

  @Test func `a deadline stops the statement and leaves the connection usable`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      let error = await #expect(throws: PostgresError.self) {
        try await connection.query("SELECT pg_sleep(60)", deadline: .now + .milliseconds(30))
      }
      #expect(error?.kind == .deadlineExceeded)
      for _ in 0..<20 { try await checkUsable(connection) }
      let past = await #expect(throws: PostgresError.self) {
        try await connection.query("SELECT 1", deadline: .now - .seconds(1))
      }
      #expect(past?.kind == .deadlineExceeded)
    }
  }

  @Test func `a cancelled task stops its statement and leaves the connection usable`() async throws {
    let configuration = try await freshConfiguration(maximum: 1)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let pid = try await pool.withConnection { $0.backendPID }
      let task = Task {
        try await pool.withConnection { try await $0.execute("SELECT pg_sleep(60)") }
      }
      try await PostgresConnection.withConnection(configuration) { observer in
        let hasStarted = try await eventually { try await isRunning("pg_sleep", pid, observer) }
        #expect(hasStarted)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let goesOn = try await isRunning("pg_sleep", pid, observer)
        #expect(!goesOn)
      }
      #expect(try await pool.withConnection { $0.backendPID } == pid, "the connection was drained, not thrown away")
      #expect(try await pool.withConnection { try await $0.execute("SELECT 1") } == 1)
    }
  }

  @Test func `many statements stopped at random moments never disturb the next one`() async throws {
    try await PostgresConnection.withConnection(try await freshConfiguration()) { connection in
      for round in 0..<60 {
        do {
          let patience = Duration.microseconds(round * 100)
          try await connection.execute("SELECT pg_sleep(0.003)", deadline: .now + patience)
        } catch let error as PostgresError {
          #expect(error.kind == .deadlineExceeded)
        }
        let rows = try await connection.query("SELECT \(round) AS n FROM pg_sleep(0.001)")
        #expect(try rows[0].decode(Int.self, "n") == round)
      }
    }
  }

  @Test func `a connection kept beyond its closure is useless`() async throws {
    try await withFreshPool { pool in
      var kept: PostgresConnection?
      try await pool.withConnection { kept = $0 }
      let connection = try #require(kept)
      let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
      #expect(error?.kind == .misuse)
    }
  }

  private func isRunning(_ text: String, _ pid: Int32, _ observer: PostgresConnection) async throws -> Bool {
    let rows = try await observer.query(
      "SELECT 1 FROM pg_stat_activity WHERE pid = \(pid) AND state = 'active' AND query LIKE \("%\(text)%")")
    return !rows.isEmpty
  }
}
