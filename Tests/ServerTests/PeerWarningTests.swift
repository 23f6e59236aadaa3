import Kafka
import Postgres
import Telemetry
import Testing

/// Of which connections the programs warn at their start.
struct PeerWarningTests {
  private static func isLocal(_ host: String) -> Bool { ListenAddress(host: host, port: 0).isLoopback }

  private static func database(_ environment: [String: String]) throws -> String? {
    try PostgresConfiguration(environment: environment).warning(isLocal: isLocal)
  }

  private static func bus(_ servers: String, _ more: [String: String] = [:]) throws -> String? {
    let environment = ["KAFKA_BOOTSTRAP_SERVERS": servers].merging(more) { $1 }
    return try KafkaConfiguration(environment: environment).warning(isLocal: isLocal)
  }

  @Test(arguments: [
    ("postgres://u@db.example/d", "no sslmode, which means prefer"),
    ("postgres://u@db.example/d?sslmode=disable", "in clear"),
    ("postgres://u@db.example/d?sslmode=allow", "may be in clear"),
    ("postgres://u@db.example/d?sslmode=prefer", "may be in clear"),
    ("postgres://u@db.example/d?sslmode=require", "sslmode=require: whoever answers"),
    ("postgres://u@db.example/d?sslmode=verify-ca", "any certificate"),
    ("postgres://u@10.0.0.7:6432/d", "10.0.0.7:6432"),
    ("postgres://u@127.0.0.1.example/d", "127.0.0.1.example:5432"),
    // The name is of this machine, the address that is spoken to is not.
    ("host=localhost hostaddr=10.0.0.7 dbname=d", "10.0.0.7:5432"),
  ])
  func `a database elsewhere that does not have to prove its name is warned of`(url: String, says: String) throws {
    let warning = try #require(try Self.database(["DATABASE_URL": url]))
    #expect(warning.contains(says), "\(warning)")
    #expect(warning.contains("Set sslmode=verify-full"))
  }

  @Test(arguments: [
    "postgres://u@db.example/d?sslmode=verify-full", "postgres://u@localhost/d", "postgres://u@127.0.0.1:6432/d",
    "postgres://u@127.8.0.9/d", "postgres://u@[::1]/d", "host=/run/postgresql dbname=d", "host=@regie dbname=d",
    "dbname=d", "host=db.example hostaddr=127.0.0.1 dbname=d",
  ])
  func `a database that proves its name, or is on this machine, is not`(url: String) throws {
    #expect(try Self.database(["DATABASE_URL": url]) == nil)
  }

  @Test func `of several databases those are named that are elsewhere`() throws {
    let warning = try #require(try Self.database(["DATABASE_URL": "postgres://u:hidden@localhost:1,db.example:2/d"]))
    #expect(warning.contains("db.example:2") && !warning.contains("localhost") && !warning.contains("hidden"))
    #expect(try Self.database(["PGHOST": "db.example", "PGSSLMODE": "verify-full"]) == nil)
  }

  @Test(arguments: [
    ([:], "no security.protocol, which means plaintext"),
    (["KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"], "in clear"),
    (["KAFKA_SECURITY_PROTOCOL": "sasl_plaintext"], "password"),
    (
      ["KAFKA_SECURITY_PROTOCOL": "ssl", "KAFKA_PROPERTY_ENABLE_SSL_CERTIFICATE_VERIFICATION": "false"],
      "whoever answers"
    ),
    (
      ["KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM": "none"],
      "any trusted certificate"
    ),
  ])
  func `a broker elsewhere that does not have to prove its name is warned of`(
    more: [String: String], says: String
  ) throws {
    let warning = try #require(try Self.bus("kafka.example:9092", more))
    #expect(warning.contains(says), "\(warning)")
    #expect(warning.contains("kafka.example:9092"))
    #expect(try Self.bus("localhost:9092", more) == nil)
  }

  @Test func `a broker that proves its name, or is on this machine, is not`() throws {
    #expect(try Self.bus("kafka.example:9093", ["KAFKA_SECURITY_PROTOCOL": "ssl"]) == nil)
    #expect(try Self.bus("kafka.example:9093", ["KAFKA_SECURITY_PROTOCOL": "SASL_SSL"]) == nil)
    #expect(try Self.bus("127.0.0.1:9092, [::1]:9092, PLAINTEXT://localhost:9092, localhost, ::1") == nil)
  }

  @Test func `of several brokers those are named that are elsewhere`() throws {
    let warning = try #require(try Self.bus("127.0.0.1:1, [fd00::7]:2,PLAINTEXT://b.example:3"))
    #expect(warning.contains("Kafka at [fd00::7]:2, PLAINTEXT://b.example:3 is reached"), "\(warning)")
  }
}
