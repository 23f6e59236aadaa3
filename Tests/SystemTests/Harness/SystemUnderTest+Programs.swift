import Foundation
import Kafka
import TestSupport

/// An instance of the service, with the way to speak to it.
struct Governance: Sendable {
  let program: SystemUnderTestProgram
  let api: TestAPI
}

/// An instance of the agent.
struct Agent: Sendable {
  let program: SystemUnderTestProgram
  let api: TestAPI
}

extension SystemUnderTest {
  /// What every program is told of the bus: the mock answers fetches late unless it is asked not to wait.
  var busEnvironment: [String: String] {
    [
      "KAFKA_BOOTSTRAP_SERVERS": bootstrapServers, "KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "10",
      "KAFKA_PROPERTY_RECONNECT_BACKOFF_MAX_MS": "500",
    ]
  }

  /// What the service is told, but for its port. Its lease is so long that no leader on a busy machine is taken for one
  /// that was stopped: the next would say again what a test has taken off the bus, or put something in front of. Who
  /// dies lets go of the lock at once.
  var governanceEnvironment: [String: String] {
    busEnvironment.merging([
      "DATABASE_URL": databaseURL, "REGIE_SIGNING_KEY_FILE": "\(folder)/signing.json",
      "REGIE_AUTHENTICATION": "none", "REGIE_KAFKA_REPLICATION": "1", "REGIE_MESSAGE_TIMEOUT": "2s",
      "REGIE_RELAY_LEASE": "20s",
    ]) { $1 }
  }

  /// What the agent is told, but for its port.
  var agentEnvironment: [String: String] {
    busEnvironment.merging([
      "REGIE_ZONE": zone, "REGIE_VERIFICATION_KEYS_FILE": "\(folder)/verification.json",
      "REGIE_CLUSTERS": clusters.map { "\($0.name)=\($0.access)" }.joined(separator: ","),
      "REGIE_HEARTBEAT": "500ms", "REGIE_AGENT_NAMESPACE": "regie-\(zone)",
    ]) { $1 }
  }

  /// Starts the service; returns when it is ready, unless told not to wait.
  func startGovernance(
    as name: String = "governance", waits: Bool = true, _ more: [String: String] = [:]
  ) async throws -> Governance {
    let port = try FreePort.find()
    let environment = governanceEnvironment.merging(["REGIE_LISTEN_ADDRESS": "127.0.0.1:\(port)"]) { $1 }
    let program = try start("governance", as: name, environment: environment.merging(more) { $1 })
    let api = TestAPI(address: "http://127.0.0.1:\(port)")
    if waits {
      try await eventually("\(name) is ready", unless: { program.exitStatus != nil }) {
        try await api.status("/readyz") == 200
      }
    }
    return Governance(program: program, api: api)
  }

  /// Starts the agent; returns when it is ready, unless told not to wait.
  func startAgent(
    as name: String = "agent", waits: Bool = true, _ more: [String: String] = [:]
  ) async throws -> Agent {
    let port = try FreePort.find()
    let environment = agentEnvironment.merging(["REGIE_TELEMETRY_ADDRESS": "127.0.0.1:\(port)"]) { $1 }
    let program = try start("region-agent", as: name, environment: environment.merging(more) { $1 })
    let api = TestAPI(address: "http://127.0.0.1:\(port)")
    if waits {
      try await eventually("\(name) is ready", unless: { program.exitStatus != nil }) {
        try await api.status("/readyz") == 200
      }
    }
    return Agent(program: program, api: api)
  }

  /// A configuration for the test's own clients of the bus.
  var busConfiguration: KafkaConfiguration {
    var configuration = KafkaConfiguration(bootstrapServers: bootstrapServers, clientID: "regie-tests")
    configuration.fetchWait = .milliseconds(10)
    configuration.closeTimeout = .seconds(5)
    return configuration
  }
}

/// Waits until `condition` holds, for a time that only a defect reaches; one that throws does not hold yet.
///
/// - Parameter unless: ends the wait early, as a failure.
func eventually(
  _ what: String, within limit: Duration = .seconds(120), unless: () -> Bool = { false },
  _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + limit
  var last: (any Error)?
  while true {
    do {
      if try await condition() { return }
      last = nil
    } catch let error as CancellationError {
      throw error
    } catch {
      last = error
    }
    guard ContinuousClock.now < end, !unless() else {
      throw NotSeen(description: "not seen within \(limit): \(what)\(last.map { " (\($0))" } ?? "")")
    }
    try await Task.sleep(for: .milliseconds(25))
  }
}

/// Checks something that may be looked at again, by ``eventually(_:within:unless:_:)``: unlike a recorded failure, an error
/// can be waited out.
func demand(_ holds: Bool, _ what: @autoclosure () -> String = "it is otherwise") throws {
  if !holds { throw NotSeen(description: what()) }
}

/// What a test waited for in vain, or found otherwise.
struct NotSeen: Error, CustomStringConvertible {
  let description: String
}
