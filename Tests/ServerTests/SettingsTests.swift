import Kafka
import Telemetry
import Testing

@testable import Server

struct SettingsTests {
  private func read(_ environment: [String: String]) throws -> GovernanceSettings {
    let more = ["REGIE_SIGNING_KEY_FILE": "k", "REGIE_AUTHENTICATION": "none"]
    return try EnvironmentReader.read(environment: more.merging(environment) { $1 }) { GovernanceSettings(&$0) }
  }

  /// An environment in which callers are known.
  private static let known = [
    "REGIE_AUTHENTICATION": "oidc", "REGIE_OIDC_ISSUER": "https://sso.example/realms/regie",
    "REGIE_OIDC_AUDIENCE": "regie, console", "REGIE_OIDC_ROLES_FILE": "/etc/roles.yaml",
  ]

  @Test func `where callers are known any address is listened on, and all is as it was said`() throws {
    let settings = try read(Self.known.merging(["REGIE_LISTEN_ADDRESS": "0.0.0.0:8080"]) { $1 })
    #expect(settings.listen.host == "0.0.0.0")
    #expect(
      settings.identity
        == .oidc(
          .init(
            address: "https://sso.example/realms/regie", audiences: ["regie", "console"], rolesFile: "/etc/roles.yaml",
            keysFile: nil, authorityFile: nil, skew: .seconds(30))))
  }

  @Test func `that callers are known is the standard, and nothing of it is guessed`() throws {
    let error = #expect(throws: EnvironmentErrors.self) { try read(["REGIE_AUTHENTICATION": ""]) }
    #expect(
      error?.errors.map(\.variable) == ["REGIE_OIDC_ISSUER", "REGIE_OIDC_AUDIENCE", "REGIE_OIDC_ROLES_FILE"])
  }

  @Test(arguments: [
    ("REGIE_OIDC_ISSUER", "http://sso.example"), ("REGIE_OIDC_ISSUER", "sso.example"),
    ("REGIE_OIDC_ISSUER", "https://user@sso.example"), ("REGIE_OIDC_ISSUER", "https://sso.example?x=1"),
    ("REGIE_OIDC_ISSUER", "http://127.0.0.1.example"), ("REGIE_OIDC_AUDIENCE", " , "),
    ("REGIE_OIDC_CLOCK_SKEW", "10m"), ("REGIE_AUTHENTICATION", "basic"),
  ])
  func `what could not be believed is refused`(variable: String, value: String) throws {
    let error = #expect(throws: EnvironmentErrors.self) { try read(Self.known.merging([variable: value]) { $1 }) }
    #expect(error?.errors.map(\.variable) == [variable])
  }

  @Test func `an issuer that is refused is told without the password that stands in it`() throws {
    let given = Self.known.merging(["REGIE_OIDC_ISSUER": "https://me:s3cret@sso.example/realms/regie"]) { $1 }
    let error = #expect(throws: EnvironmentErrors.self) { try read(given) }
    #expect(error?.errors.map(\.found) == ["'https://…@sso.example/realms/regie'"])
  }

  @Test func `a variable of Régie's that nothing reads is told, whatever else it is`() throws {
    #expect(
      try read(Self.known.merging(["REGIE_OIDC_AUDIENCES": "x", "LC_ALL": "C"]) { $1 }).unread == [
        "REGIE_OIDC_AUDIENCES"
      ])
    #expect(try read([:]).unread == [])
  }

  @Test func `a variable for Kafka that nothing reads is told, and not what a cluster says of a Service of that name`()
    throws
  {
    let read = [
      "KAFKA_BOOTSTRAP_SERVERS": "a:1", "KAFKA_CLIENT_ID": "c", "KAFKA_SECURITY_PROTOCOL": "ssl",
      "KAFKA_SSL_CA_LOCATION": "/ca", "KAFKA_SASL_USERNAME": "u", "KAFKA_PROPERTY_FETCH_MIN_BYTES": "1",
    ]
    let service = ["KAFKA_SERVICE_HOST": "10.0.0.1", "KAFKA_PORT": "tcp://x", "KAFKA_PORT_9092_TCP_ADDR": "10.0.0.1"]
    let given = read.merging(service) { $1 }.merging(["KAFKA_FETCH_MIN_BYTES": "1"]) { $1 }
    #expect(try self.read(given).unread == ["KAFKA_FETCH_MIN_BYTES"])
  }

  @Test(arguments: ["KAFKA_PROPERTY_MESSAGE_TIMEOUT_MS", "KAFKA_PROPERTY_DELIVERY_TIMEOUT_MS"])
  func `how long a message may wait is said by one variable, and by no property besides`(property: String) throws {
    let settings = try read(["REGIE_MESSAGE_TIMEOUT": "7s"])
    let bus = try settings.bus(["KAFKA_BOOTSTRAP_SERVERS": "a:1", property: ""])
    #expect(bus.messageTimeout == .seconds(7))
    let given = ["KAFKA_BOOTSTRAP_SERVERS": "a:1", property: "5000"]
    let error = #expect(throws: KafkaError.self) { try settings.bus(given) }
    #expect(error?.message == "\(property) is refused: REGIE_MESSAGE_TIMEOUT says it")
  }

  @Test(arguments: ["http://127.0.0.1:8090", "http://localhost/realms/x", "https://sso.example:8443/realms/x/"])
  func `an issuer is spoken to over TLS, or on this machine`(address: String) throws {
    let settings = try read(Self.known.merging(["REGIE_OIDC_ISSUER": address]) { $1 })
    guard case .oidc(let issuer) = settings.identity else {
      Issue.record("\(settings.identity)")
      return
    }
    #expect(issuer.address == address)
  }

  @Test func `keys may be at an address with a query, and over TLS all the same`() {
    #expect(IdentitySettings.isAddress("https://sso.example/discovery/keys?appid=7", mayAsk: true))
    #expect(!IdentitySettings.isAddress("http://sso.example/discovery/keys?appid=7", mayAsk: true))
    #expect(!IdentitySettings.isAddress("https://user@sso.example/keys?appid=7", mayAsk: true))
    #expect(!IdentitySettings.isAddress("https://sso.example/keys?appid=7#x", mayAsk: true))
  }

  @Test func `what is not said has a default that does no harm`() throws {
    let settings = try read([:])
    #expect(settings.listen.host == "127.0.0.1" && settings.listen.port == 8080)
    #expect(settings.replication == 3)
    #expect(settings.leaseTimeout == .seconds(5) && settings.messageTimeout == .seconds(10))
    #expect(settings.migrationTimeout == .seconds(600))
    #expect(settings.transactionalID == nil, "transactions need a broker that has them")
  }

  @Test(arguments: ["127.0.0.1:8080", "127.9.9.9:1024", "[::1]:65535", "localhost:8080"])
  func `loopback is listened on`(address: String) throws {
    #expect(try read(["REGIE_LISTEN_ADDRESS": address]).listen.isLoopback)
  }

  @Test(arguments: [
    "0.0.0.0:8080", "[::]:8080", "10.0.0.1:8080", "regie.example:8080", "127.0.0.1", "127.0.0.1:0", ":8080", "8080",
    "127.0.0.1:70000", "127.0.0.1.example:8080",
  ])
  func `nothing but loopback is listened on where callers are not known`(address: String) throws {
    let error = #expect(throws: EnvironmentErrors.self) { try read(["REGIE_LISTEN_ADDRESS": address]) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("REGIE_LISTEN_ADDRESS"))
  }

  @Test func `all that is wrong is told at once`() throws {
    let error = #expect(throws: EnvironmentErrors.self) {
      try read(["REGIE_KAFKA_REPLICATION": "0", "REGIE_RELAY_LEASE": "1h", "REGIE_MESSAGE_TIMEOUT": "x"])
    }
    #expect(error?.errors.count == 3)
  }

  @Test func `a migration is given the time that is said`() throws {
    #expect(try read(["REGIE_MIGRATION_TIMEOUT": "2h"]).migrationTimeout == .seconds(7200))
  }

  @Test func `a transactional id is taken as it is`() throws {
    #expect(try read(["REGIE_RELAY_TRANSACTIONAL_ID": "regie-relay"]).transactionalID == "regie-relay")
    #expect(try read(["REGIE_RELAY_TRANSACTIONAL_ID": ""]).transactionalID == nil)
  }

  @Test func `pauses grow to ten seconds, and are never the same`() {
    for failures in 1...40 {
      let delay = Pause.delay(failures: failures)
      let ceiling = min(100 * (1 << min(failures - 1, 10)), 10_000)
      #expect(delay <= .milliseconds(ceiling) && delay >= .milliseconds(ceiling / 2))
    }
  }
}
