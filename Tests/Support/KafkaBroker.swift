internal import FoundationEssentials
public import Kafka
public import KafkaMock
public import Logging

/// The broker that tests use: the one `KAFKA_BOOTSTRAP_SERVERS` names, else a mock in this process.
public struct KafkaBroker: Sendable {
  /// Whether this is a real broker, named by the environment.
  public let isReal: Bool
  /// The mock, when it is one.
  public let mock: MockBroker?
  private let base: KafkaConfiguration

  /// Whether the environment names a real broker: for `.enabled(if:)`.
  public static var hasReal: Bool { variables["KAFKA_BOOTSTRAP_SERVERS"].map { !$0.isEmpty } ?? false }
  /// A topic of the real broker that an ACL forbids us, if the environment names one.
  public static var forbiddenTopic: String? { variables["KAFKA_FORBIDDEN_TOPIC"] }
  /// What a test says that only a real broker can prove.
  public static let needsReal = "not run: needs KAFKA_BOOTSTRAP_SERVERS"

  /// A logger that says nothing.
  public static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

  private static let variables = ProcessInfo.processInfo.environment
  private static let common = Result { try KafkaBroker() }

  /// The broker all tests of the process share. Topics must be ``randomTopic(_:)``s.
  public static func shared() throws -> KafkaBroker { try common.get() }

  private init() throws {
    isReal = Self.hasReal
    if isReal {
      mock = nil
      base = try KafkaConfiguration(environment: Self.variables)
    } else {
      let mock = try MockBroker()
      self.mock = mock
      base = KafkaConfiguration(bootstrapServers: mock.bootstrapServers)
    }
  }

  /// Where clients begin.
  public var bootstrapServers: String { base.bootstrapServers }

  /// A configuration quick enough for tests.
  public func configuration(clientID: String = "regie-tests") -> KafkaConfiguration {
    var configuration = base
    configuration.clientID = clientID
    configuration.fetchWait = .milliseconds(10)
    configuration.closeTimeout = .seconds(5)
    return configuration
  }

  /// A name no other test uses.
  public static func randomTopic(_ label: String) -> String {
    "regie-test.\(label).\(String(UInt64.random(in: .min ... .max), radix: 36))"
  }

  /// Makes a topic with the given number of partitions and returns its random name.
  public func createTopic(_ label: String, partitions: Int = 1, compacted: Bool = false) async throws -> String {
    let name = Self.randomTopic(label)
    if let mock {
      try await mock.createTopic(name, partitions: partitions)
    } else {
      let admin = try KafkaAdmin(configuration: configuration(), logger: Self.quiet)
      try await admin.createTopics([KafkaTopic(name, partitions: partitions, compacted: compacted)])
      await admin.close(within: .seconds(5))
    }
    return name
  }
}
