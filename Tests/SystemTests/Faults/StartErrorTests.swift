import Foundation
import TestSupport
import Testing

extension SystemSuite {
  /// What keeps a program from starting ends it, with a message that says what to do.
  @Suite(.timeLimit(.minutes(6))) struct StartErrorTests {}
}

extension SystemSuite.StartErrorTests {
  @Test func `the service says what keeps it from starting`() async throws {
    try await SystemUnderTest.run { system in
      let taken = try await system.startGovernance()
      let old = try OldPostgres(version: "13.11")
      defer { old.stop() }
      let database = system.databaseURL
      let cases: [(what: String, environment: [String: String], says: [String])] = [
        (
          "a port that is taken", ["REGIE_LISTEN_ADDRESS": String(taken.api.address.dropFirst("http://".count))],
          ["cannot listen on", "free the port", "REGIE_LISTEN_ADDRESS"]
        ),
        (
          "a key file that is missing", ["REGIE_SIGNING_KEY_FILE": "\(system.folder)/nowhere.json"],
          ["REGIE_SIGNING_KEY_FILE", "nowhere.json", "Ed25519 private JSON Web Key"]
        ),
        (
          "a public key", ["REGIE_SIGNING_KEY_FILE": "\(system.folder)/verification.json"],
          ["REGIE_SIGNING_KEY_FILE", "Ed25519 private JSON Web Key"]
        ),
        (
          "an old PostgreSQL", ["DATABASE_URL": old.url],
          ["PostgreSQL 13.11", "PostgreSQL 14 or newer", "DATABASE_URL"]
        ),
        (
          "a database that does not exist", ["DATABASE_URL": database + "_absent"],
          ["does not exist", "Create the database, or correct its name in DATABASE_URL"]
        ),
        ("an address that is none", ["DATABASE_URL": "postgres-sur-le-port-5432"], ["DATABASE_URL"]),
        ("no bus", ["KAFKA_BOOTSTRAP_SERVERS": ""], ["KAFKA_BOOTSTRAP_SERVERS"]),
        ("an address for everyone", ["REGIE_LISTEN_ADDRESS": "0.0.0.0:8080"], ["REGIE_LISTEN_ADDRESS", "loopback"]),
      ]
      for (what, environment, says) in cases {
        let program = try await system.startGovernance(as: what, waits: false, environment).program
        try await expectEnd(of: program, saying: says)
      }
      try #require(try await taken.api.status("/readyz") == 200)
    }
  }

  @Test func `the agent says what keeps it from starting`() async throws {
    try await SystemUnderTest.run { system in
      let taken = try await system.startAgent(waits: false)
      try await eventually("the port is taken") { try await taken.api.status("/livez") == 200 }
      let cases: [(what: String, environment: [String: String], says: [String])] = [
        (
          "a port that is taken", ["REGIE_TELEMETRY_ADDRESS": String(taken.api.address.dropFirst("http://".count))],
          ["cannot listen on", "free the port", "REGIE_TELEMETRY_ADDRESS"]
        ),
        (
          "keys that are missing", ["REGIE_VERIFICATION_KEYS_FILE": "\(system.folder)/nowhere.json"],
          ["REGIE_VERIFICATION_KEYS_FILE", "nowhere.json", "JSON Web Key Set"]
        ),
        (
          "a kubeconfig that is missing", ["REGIE_CLUSTERS": "c1=\(system.folder)/nowhere.kubeconfig"],
          ["REGIE_CLUSTERS", "c1", "nowhere.kubeconfig"]
        ),
        ("no zone", ["REGIE_ZONE": ""], ["REGIE_ZONE", "a zone's slug"]),
        ("no bus", ["KAFKA_BOOTSTRAP_SERVERS": ""], ["KAFKA_BOOTSTRAP_SERVERS"]),
      ]
      for (what, environment, says) in cases {
        let program = try await system.startAgent(as: what, waits: false, environment).program
        try await expectEnd(of: program, saying: says)
      }
    }
  }

  private func expectEnd(of program: SystemUnderTestProgram, saying words: [String]) async throws {
    let status = try await program.waitForEnd(within: .seconds(120))
    // Its own end, by an exit code: no signal, no trap.
    try #require(status > 0, "\(program.tail())")
    for word in words { try #require(program.output.contains(word), "“\(word)” is missing in:\n\(program.tail())") }
  }
}
