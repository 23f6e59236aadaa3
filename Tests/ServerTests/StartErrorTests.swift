import Dispatch
import Foundation
import Glibc
import Telemetry
import TestSupport
import Testing

@testable import Server

/// What keeps the real program from starting, each with words that say what to do.
@Suite(.timeLimit(.minutes(3)))
struct StartErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What differs from an environment that would do.
    var environment: [String: String]
    /// What is said: the variable at fault, and what would be accepted or done.
    var says: [String]
  }

  static let cases: [Case] = [
    Case(
      testDescription: "nothing of how callers are known", environment: ["REGIE_AUTHENTICATION": ""],
      says: ["REGIE_OIDC_ISSUER", "REGIE_OIDC_AUDIENCE", "REGIE_OIDC_ROLES_FILE", "REGIE_AUTHENTICATION=none"]),
    Case(
      testDescription: "an issuer in clear",
      environment: ["REGIE_AUTHENTICATION": "oidc", "REGIE_OIDC_ISSUER": "http://issuer.example"],
      says: ["REGIE_OIDC_ISSUER", "http://issuer.example", "https://"]),
    Case(
      testDescription: "a mapping of roles that is not there",
      environment: [
        "REGIE_AUTHENTICATION": "oidc", "REGIE_OIDC_ISSUER": "https://issuer.example", "REGIE_OIDC_AUDIENCE": "regie",
        "REGIE_OIDC_ROLES_FILE": "/nowhere/roles.yaml",
      ], says: ["REGIE_OIDC_ROLES_FILE", "/nowhere/roles.yaml", "governance-admin"]),
    Case(
      testDescription: "an address of the network", environment: ["REGIE_LISTEN_ADDRESS": "0.0.0.0:8080"],
      says: ["REGIE_LISTEN_ADDRESS", "0.0.0.0:8080", "loopback", "REGIE_AUTHENTICATION=none"]),
    Case(
      testDescription: "all IPv6 addresses", environment: ["REGIE_LISTEN_ADDRESS": "[::]:8080"],
      says: ["REGIE_LISTEN_ADDRESS", "loopback"]),
    Case(
      testDescription: "a privileged port", environment: ["REGIE_LISTEN_ADDRESS": "127.0.0.1:80"],
      says: ["REGIE_LISTEN_ADDRESS", "1024"]),
    Case(
      testDescription: "no key file", environment: ["REGIE_SIGNING_KEY_FILE": ""], says: ["REGIE_SIGNING_KEY_FILE"]),
    Case(
      testDescription: "a key file that is not there", environment: ["REGIE_SIGNING_KEY_FILE": "/nowhere/key.json"],
      says: ["REGIE_SIGNING_KEY_FILE", "/nowhere/key.json", "Ed25519"]),
    Case(
      testDescription: "a key file that holds something else", environment: ["REGIE_SIGNING_KEY_FILE": "/etc/hostname"],
      says: ["REGIE_SIGNING_KEY_FILE", "/etc/hostname", "Ed25519"]),
    Case(
      testDescription: "no brokers", environment: ["KAFKA_BOOTSTRAP_SERVERS": ""],
      says: ["KAFKA_BOOTSTRAP_SERVERS", "host:port"]),
    Case(
      testDescription: "a property of Kafka that does not exist",
      environment: ["KAFKA_PROPERTY_NO_SUCH_THING": "1"], says: ["KAFKA_PROPERTY_NO_SUCH_THING"]),
    Case(
      testDescription: "a transactional id for all producers", environment: ["KAFKA_PROPERTY_TRANSACTIONAL_ID": "x"],
      says: ["KAFKA_PROPERTY_TRANSACTIONAL_ID"]),
    Case(
      testDescription: "another database's URL", environment: ["DATABASE_URL": "mysql://127.0.0.1/regie"],
      says: ["DATABASE_URL", "postgres"]),
    Case(
      testDescription: "a wrong duration", environment: ["REGIE_RELAY_LEASE": "soon"],
      says: ["REGIE_RELAY_LEASE", "soon"]),
    Case(
      testDescription: "a lease out of range", environment: ["REGIE_RELAY_LEASE": "1h"], says: ["REGIE_RELAY_LEASE"]),
  ]

  /// An environment in which the service starts.
  private func environment(_ folder: TemporaryKey, database: String) throws -> [String: String] {
    [
      "DATABASE_URL": database, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "REGIE_SIGNING_KEY_FILE": folder.path,
      "REGIE_LISTEN_ADDRESS": "127.0.0.1:\(try FreePort.find())", "REGIE_AUTHENTICATION": "none",
    ]
  }

  @Test(arguments: cases)
  func `a wrong setting ends the program and says what to do`(example: Case) async throws {
    let key = try TemporaryKey()
    let database = try await PostgresServer.shared().freshDatabase().url
    let given = try environment(key, database: database).merging(example.environment) { $1 }
    let program = try SystemUnderTestProgram.start("governance", environment: given)
    let status = try await program.waitForEnd(within: .seconds(120))
    #expect(status > 0, "it ended with \(status)")
    for words in example.says { #expect(program.output.contains(words), "\(words) in:\n\(program.tail())") }
  }

  @Test(arguments: [("/etc/hostname", "JSON Web Key Set"), ("/nowhere/keys.json", "can not be read")])
  func `an issuer's keys that are none end the program`(path: String, words: String) async throws {
    try await expectEnd(
      knowingCallers: ["REGIE_OIDC_KEYS_FILE": path], saying: ["REGIE_OIDC_KEYS_FILE", path, words])
  }

  /// What was opened for the issuer is given back first: let go of as it is, it would end the program itself.
  @Test(
    arguments: [
      (["REGIE_RUNBOOK_TEMPLATES": "/nowhere/templates"], ["REGIE_RUNBOOK_TEMPLATES", "/nowhere/templates"]),
      (
        ["KAFKA_SECURITY_PROTOCOL": "ssl", "KAFKA_SSL_CA_LOCATION": "/nowhere/authority.pem"],
        ["ssl.ca.location failed"]
      ),
    ])
  func `a wrong setting is named where callers are known by an issuer, too`(
    environment: [String: String], words: [String]
  ) async throws {
    try await expectEnd(knowingCallers: environment, saying: words)
  }

  /// Starts the service with an issuer, and sees it end with these words.
  private func expectEnd(knowingCallers more: [String: String], saying words: [String]) async throws {
    let key = try TemporaryKey()
    let roles = NSTemporaryDirectory() + "regie-roles-\(UUID().uuidString)"
    try Data("roles: [{group: /a, role: auditor}]".utf8).write(to: URL(fileURLWithPath: roles))
    defer { try? FileManager.default.removeItem(atPath: roles) }
    let database = try await PostgresServer.shared().freshDatabase().url
    let known = [
      "REGIE_AUTHENTICATION": "oidc", "REGIE_OIDC_ISSUER": "https://issuer.example", "REGIE_OIDC_AUDIENCE": "regie",
      "REGIE_OIDC_ROLES_FILE": roles,
    ].merging(more) { $1 }
    let program = try SystemUnderTestProgram.start(
      "governance", environment: try environment(key, database: database).merging(known) { $1 })
    let status = try await program.waitForEnd(within: .seconds(120))
    #expect(status > 0, "it ended with \(status):\n\(program.tail())")
    for part in words { #expect(program.output.contains(part), "\(part) in:\n\(program.tail())") }
  }

  @Test(arguments: ["REGIE_LISTEN_ADDRESS", "REGIE_TELEMETRY_ADDRESS"])
  func `a port that is taken is named with what to do`(variable: String) async throws {
    let key = try TemporaryKey()
    let server = try OldPostgres()
    defer { server.close() }
    let database = try await PostgresServer.shared().freshDatabase().url
    var given = try environment(key, database: database)
    given[variable] = "127.0.0.1:\(server.port)"
    let program = try SystemUnderTestProgram.start("governance", environment: given)
    #expect(try await program.waitForEnd(within: .seconds(120)) > 0)
    for words in ["127.0.0.1:\(server.port)", "free the port", variable] {
      #expect(program.output.contains(words), "\(words) in:\n\(program.tail())")
    }
  }

  @Test func `an old Postgres is named with the version that is needed`() async throws {
    let key = try TemporaryKey()
    let server = try OldPostgres()
    defer { server.close() }
    let given = try environment(key, database: "postgres://regie@127.0.0.1:\(server.port)/regie")
    let program = try SystemUnderTestProgram.start("governance", environment: given)
    #expect(try await program.waitForEnd(within: .seconds(120)) > 0)
    for words in ["127.0.0.1:\(server.port)", "11.22", "14"] {
      #expect(program.output.contains(words), "\(words) in:\n\(program.tail())")
    }
  }

  @Test(arguments: [("PGTZ", "Europe/Paris", "TimeZone Europe/Paris"), ("PGDATESTYLE", "German", "DateStyle German")])
  func `a variable of libpq's own that goes before what a session asks for is named`(
    variable: String, value: String, told: String
  ) async throws {
    let key = try TemporaryKey()
    var given = try environment(key, database: try await PostgresServer.shared().freshDatabase().url)
    given[variable] = value
    let program = try SystemUnderTestProgram.start("governance", environment: given)
    #expect(try await program.waitForEnd(within: .seconds(120)) > 0)
    for words in [told, variable] { #expect(program.output.contains(words), "\(words) in:\n\(program.tail())") }
  }
}

/// A signing key in a file, for the time of a test.
private final class TemporaryKey: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "regie-key-\(UUID().uuidString)"
    // The key pair of RFC 8037, appendix A.1.
    let key = """
      {"kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
       "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
      """
    try Data(key.utf8).write(to: URL(fileURLWithPath: path))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Says what a PostgreSQL 11 would say to whoever connects, and no more.
///
/// `@unchecked Sendable`: all properties are immutable; the descriptor is closed once, by the thread that accepts.
private final class OldPostgres: @unchecked Sendable {
  let port: Int
  private let listener: Int32

  init() throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(listener, generic, length) == 0 && listen(listener, 16) == 0 ? getsockname(listener, generic, &length) : -1
      }
    }
    try #require(status == 0)
    port = Int(UInt16(bigEndian: address.sin_port))
    DispatchQueue(label: "old-postgres").async {
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { break }
        Self.greet(client)
        Glibc.close(client)
      }
      // Here, and not where it is told to end: whoever is about to accept would do so on what has the number by then.
      Glibc.close(listener)
    }
  }

  func close() { shutdown(listener, Int32(SHUT_RDWR)) }

  private static func greet(_ client: Int32) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    // A plea for TLS, of eight bytes, is declined; then comes the startup.
    while true {
      let count = read(client, &buffer, buffer.count)
      guard count > 0 else { return }
      guard count == 8 else { break }
      _ = write(client, "N", 1)
    }
    var answer: [UInt8] = [0x52, 0, 0, 0, 8, 0, 0, 0, 0]
    let parameter = Array("server_version\u{0}11.22\u{0}".utf8)
    answer += [0x53, 0, 0, 0, UInt8(4 + parameter.count)] + parameter
    answer += [0x5A, 0, 0, 0, 5, 0x49]
    _ = write(client, answer, answer.count)
    // Until it hangs up.
    while read(client, &buffer, buffer.count) > 0 {}
  }
}
