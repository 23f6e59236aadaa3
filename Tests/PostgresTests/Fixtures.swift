import Logging
import TestSupport
import Testing

@testable import Postgres

/// A logger that says nothing.
let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

/// A configuration for a fresh database of the shared server.
func freshConfiguration(maximum: Int = 4) async throws -> PostgresConfiguration {
  let database = try await PostgresServer.shared().freshDatabase()
  var configuration = try PostgresServer.configuration(database.url)
  configuration.maximumConnections = maximum
  // Crowds of tasks queue for few connections.
  configuration.acquireTimeout = .seconds(60)
  // Some transactions do nothing for as long as others are waited for.
  configuration.idleInTransactionTimeout = .seconds(90)
  // And whoever is to be seen to wait waits for as long.
  configuration.statementTimeout = .seconds(90)
  return configuration
}

/// A pool on a fresh database.
func withFreshPool<T>(maximum: Int = 4, _ body: (PostgresPool) async throws -> T) async throws -> T {
  let configuration = try await freshConfiguration(maximum: maximum)
  return try await PostgresPool.withPool(configuration, logger: quiet, body)
}

/// A random source whose seed a failing test shows.
struct SeededGenerator: RandomNumberGenerator, CustomStringConvertible {
  let seed: UInt64
  private var state: UInt64

  init(seed: UInt64 = .random(in: .min ... .max)) {
    self.seed = seed
    state = seed
  }

  var description: String { "seed \(seed)" }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Waits, without sleeping blindly, until `condition` holds; gives up after a time that only a defect reaches.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
  let end = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < end {
    if try await condition() { return true }
    try await Task.sleep(for: .milliseconds(5))
  }
  return false
}

/// Checks that the connection still works. (A closure whose only `try` is inside `#expect` does not count as throwing.)
func checkUsable(_ connection: PostgresConnection) async throws {
  let rows = try await connection.query("SELECT 1 AS n")
  #expect(try rows[0].decode(Int.self, "n") == 1)
}
