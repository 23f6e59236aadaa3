import Foundation
import Kafka
import Subjects
import TestSupport

/// The broker of a measurement: a real one, where the environment names it, else librdkafka's mock.
struct BenchBroker: Sendable {
  /// What the programs under measurement are told of it.
  let environment: [String: String]
  /// What it is, for people.
  let description: String
  private let mock: SystemUnderTestProgram?

  /// The mock answers a fetch only when its wait is over; a real broker, as soon as there is something to read.
  static let fetchWait = ["KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "10"]

  static func start() async throws -> BenchBroker {
    var environment = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix("KAFKA_") }
    if let servers = environment["KAFKA_BOOTSTRAP_SERVERS"], !servers.isEmpty {
      return BenchBroker(environment: environment, description: "the one at \(servers)", mock: nil)
    }
    let mock = try SystemUnderTestProgram.start("regie", ["broker"], as: "broker")
    environment["KAFKA_BOOTSTRAP_SERVERS"] = try await address(of: mock)
    environment.merge(fetchWait) { $1 }
    return BenchBroker(
      environment: environment,
      description: "librdkafka's mock, in a process of its own; fetches wait 10 ms", mock: mock)
  }

  var isMock: Bool { mock != nil }

  private static func address(of mock: SystemUnderTestProgram) async throws -> String {
    let label = "bootstrap.servers="
    try await mock.waitForOutput("\n")
    guard let line = mock.output.split(separator: "\n").first(where: { $0.hasPrefix(label) }) else {
      throw BenchError("the broker did not say where it is:\n\(mock.tail())")
    }
    return String(line.dropFirst(label.count))
  }

  func configuration(as client: String) throws -> KafkaConfiguration {
    try KafkaConfiguration(environment: environment, clientID: client)
  }

  func stop() async throws { try await mock?.stop() }
}
