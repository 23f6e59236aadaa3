import Telemetry
import Testing

@testable import Server

struct SettingsTests {
  private func read(_ environment: [String: String]) throws -> GovernanceSettings {
    try EnvironmentReader.read(environment: environment.merging(["REGIE_SIGNING_KEY_FILE": "k"]) { $1 }) {
      GovernanceSettings(&$0)
    }
  }

  @Test func `what is not said has a default that does no harm`() throws {
    let settings = try read([:])
    #expect(settings.listen.host == "127.0.0.1" && settings.listen.port == 8080)
    #expect(settings.replication == 3)
    #expect(settings.leaseTimeout == .seconds(5) && settings.messageTimeout == .seconds(10))
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
  func `nothing but loopback is listened on until users are identified`(address: String) throws {
    let error = #expect(throws: EnvironmentErrors.self) { try read(["REGIE_LISTEN_ADDRESS": address]) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("REGIE_LISTEN_ADDRESS"))
  }

  @Test func `all that is wrong is told at once`() throws {
    let error = #expect(throws: EnvironmentErrors.self) {
      try read(["REGIE_KAFKA_REPLICATION": "0", "REGIE_RELAY_LEASE": "1h", "REGIE_MESSAGE_TIMEOUT": "x"])
    }
    #expect(error?.errors.count == 3)
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
