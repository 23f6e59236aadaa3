import Testing

@testable import Postgres

struct ErrorAndConfigurationTests {
  @Test func `the description quotes no parameter of a data exception`() {
    var error = PostgresError(
      .server, "invalid input syntax for type uuid: \"s3cret\"", sqlState: PostgresSQLState(rawValue: "22P02"))
    error.detail = "Key (email)=(s3cret) already exists."
    #expect(!error.description.contains("s3cret"))
    #expect(error.description.contains("invalid input syntax for type uuid"))
  }

  @Test func `the description names what is at fault`() {
    var error = PostgresError(.server, "duplicate key", hint: "Look", sqlState: .uniqueViolation)
    error.constraint = "region_pkey"
    error.table = "region"
    error.column = "id"
    error.pipelineIndex = 2
    #expect(
      error.description == "postgres: server (SQLSTATE 23505): duplicate key; query 2 of the pipeline; "
        + "constraint region_pkey; table region; column id. Look")
  }

  @Test func `what may succeed later is marked`() {
    #expect(PostgresError(.server, "", sqlState: .serializationFailure).isRetriable)
    #expect(PostgresError(.server, "", sqlState: .lockNotAvailable).isRetriable)
    #expect(PostgresError(.unreachable, "").isRetriable)
    #expect(!PostgresError(.ambiguousCommit, "").isRetriable)
    #expect(!PostgresError(.server, "", sqlState: .uniqueViolation).isRetriable)
    #expect(!PostgresError(.authentication, "").isRetriable)
  }

  @Test(arguments: [
    (
      "connection to server at \"db\" failed: FATAL:  28P01: password authentication failed\nLOCATION:  auth.c:326",
      PostgresError.Kind.authentication
    ),
    ("FATAL:  3D000: database \"x\" does not exist", .noDatabase),
    ("FATAL:  53300: sorry, too many clients already", .unreachable),
    ("FATAL:  57P03: the database system is starting up", .unreachable),
    ("FATAL:  XX000: something", .unreachable),
    ("server does not support SSL, but SSL was required", .tls),
    ("SSL error: certificate verify failed", .tls),
    ("fe_sendauth: no password supplied", .authentication),
    ("connection refused\n\tIs the server running?", .unreachable),
  ])
  func `refusals to connect are told apart and say what to do`(message: String, kind: PostgresError.Kind) {
    let error = PostgresError.connecting(to: "db:5432", verboseMessage: message)
    #expect(error.kind == kind)
    #expect(error.message.hasPrefix("db:5432: "))
    #expect(error.hint?.isEmpty == false)
    #expect(!error.message.contains("LOCATION"))
  }

  @Test func `an old server is named with the version that is needed`() {
    let error = PostgresError.tooOld(at: "db:5432", version: 130_011)
    #expect(error.kind == .unsupportedServer)
    #expect(error.description.contains("13.11") && error.description.contains("PostgreSQL 14 or newer is needed"))
  }

  @Test(arguments: [("TimeZone", "Europe/Paris"), ("DateStyle", "German, DMY"), ("IntervalStyle", "postgres")])
  func `a session that writes values in another form is refused, with what to do`(setting: String, value: String) {
    let asked = ["TimeZone": "UTC", "DateStyle": "ISO, DMY", "IntervalStyle": "iso_8601"]
    let none = PostgresError.otherForms(at: "db:5432") { asked[$0] }
    #expect(none == nil)
    let silent = PostgresError.otherForms(at: "db:5432") { _ in nil }
    #expect(silent == nil)
    let given = asked.merging([setting: value]) { $1 }
    let error = PostgresError.otherForms(at: "db:5432") { given[$0] }
    #expect(error?.kind == .configuration && error?.isRetriable == false)
    #expect(error?.message.contains("\(setting) \(value)") == true)
    #expect(error?.hint?.contains("PGTZ and PGDATESTYLE") == true)
  }

  @Test func `the URL goes before the variables`() throws {
    let configuration = try PostgresConfiguration(environment: [
      "DATABASE_URL": "postgres://ann:p%40ss@db.example:6432/regie?sslmode=verify-full", "PGHOST": "other",
      "PGSSLROOTCERT": "/ca.pem", "PGUSER": "bob", "HOME": "/",
    ])
    let endpoint = try #require(configuration.endpoints.first)
    #expect(endpoint.place == "db.example:6432")
    #expect(endpoint.parameters["user"] == "ann")
    #expect(endpoint.parameters["password"] == "p@ss")
    #expect(endpoint.parameters["sslmode"] == "verify-full")
    #expect(endpoint.parameters["sslrootcert"] == "/ca.pem")
    #expect(endpoint.parameters["tcp_user_timeout"] == "15000")
    #expect(endpoint.parameters["options"]?.contains("TimeZone=UTC") == true)
    #expect(endpoint.parameters["options"]?.contains("-c tcp_user_timeout=15000") == true, "the server's side")
  }

  @Test func `the password is shown nowhere`() throws {
    let configuration = try PostgresConfiguration(url: "postgres://ann:hidden1@db/regie")
    var dumped = ""
    dump(configuration, to: &dumped)
    for text in ["\(configuration)", String(reflecting: configuration), dumped] { #expect(!text.contains("hidden1")) }
    #expect("\(configuration)".contains("db:5432/regie as ann"))
    let error = #expect(throws: PostgresError.self) {
      try PostgresConfiguration(environment: ["DATABASE_URL": "postgres://ann:hidden2@[db/regie"])
    }
    #expect(error?.kind == .configuration)
    #expect(error?.description.contains("hidden2") == false)
  }

  @Test func `without a server, and with an unknown sslmode, the error says what to set`() {
    let missing = #expect(throws: PostgresError.self) { try PostgresConfiguration(environment: [:]) }
    #expect(missing?.description.contains("Set DATABASE_URL=") == true)
    let mode = #expect(throws: PostgresError.self) {
      try PostgresConfiguration(environment: ["PGHOST": "db", "PGSSLMODE": "on"])
    }
    #expect(mode?.description.contains("verify-full") == true)
  }

  @Test func `several hosts are tried one by one with their ports`() throws {
    let configuration = try PostgresConfiguration(url: "postgres://u@a:1,b:2/d")
    #expect(configuration.endpoints.map(\.place) == ["a:1", "b:2"])
    #expect(try PostgresConfiguration(url: "host=a,b port=7").endpoints.map(\.place) == ["a:7", "b:7"])
    #expect(try PostgresConfiguration(url: "dbname=x").endpoints.map(\.place) == ["local socket:5432"])
    #expect(configuration.with(database: "z").endpoints.first?.parameters["dbname"] == "z")
  }
}
