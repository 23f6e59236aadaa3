internal import CRdKafka
internal import Dispatch

/// A Kafka broker for development and tests: librdkafka's own mock cluster, in this process, open to others.
///
/// It listens on loopback only, on ports the system chooses: the library offers no way to fix them. It keeps 5 MiB or
/// 100 000 batches per partition and drops the oldest, creates topics of 4 partitions at their first use, keeps nothing
/// on disk, and knows neither compaction nor the admin API.
///
/// `@unchecked Sendable`: `running` is only touched on `queue`, which is serial (and in `deinit`, when nobody else is
/// left); everything else is immutable.
public final class MockBroker: @unchecked Sendable {
  /// The library's client that carries the cluster, and the cluster.
  private struct Running {
    let client: OpaquePointer
    let cluster: OpaquePointer

    func destroy() {
      rd_kafka_mock_cluster_destroy(cluster)
      rd_kafka_destroy(client)
    }
  }

  /// Where clients begin, `127.0.0.1:port` of each broker, separated by commas.
  public let bootstrapServers: String
  private let queue = DispatchQueue(label: "kafka.mock")
  private var running: Running?

  /// Starts a cluster of so many brokers, numbered from 1. It serves at once.
  public init(brokers: Int = 1) throws(MockBrokerError) {
    guard (1...64).contains(brokers) else {
      throw MockBrokerError(message: "\(brokers) brokers were asked for; 1 to 64 are possible")
    }
    guard let conf = rd_kafka_conf_new() else { throw MockBrokerError(message: "librdkafka gave no configuration") }
    rd_kafka_conf_set_log_cb(conf, nil)
    var text = [CChar](repeating: 0, count: 512)
    guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &text, text.count) else {
      rd_kafka_conf_destroy(conf)
      let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw MockBrokerError(message: reason)
    }
    guard let cluster = rd_kafka_mock_cluster_new(client, Int32(brokers)) else {
      rd_kafka_destroy(client)
      throw MockBrokerError(message: "no cluster of \(brokers) brokers could be started: is a loopback port free?")
    }
    bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    running = Running(client: client, cluster: cluster)
  }

  deinit {
    guard let running else { return }
    // Sound because nobody else has it any more: what runs on the queue holds the broker, this is the last reference to it,
    // and exactly one block gets what it leaves.
    nonisolated(unsafe) let last = running
    queue.async { last.destroy() }
  }

  /// Serves until the task is cancelled. `ready` is called once, with the addresses, when clients may come.
  public static func run(
    brokers: Int = 1, topics: [(name: String, partitions: Int)] = [], ready: (String) async throws -> Void
  ) async throws {
    let broker = try MockBroker(brokers: brokers)
    do {
      for topic in topics { try await broker.createTopic(topic.name, partitions: topic.partitions) }
      try await ready(broker.bootstrapServers)
      while true { try await Task.sleep(for: .seconds(86_400)) }
    } catch {
      await broker.stop()
      if !(error is CancellationError) { throw error }
    }
  }

  /// Creates a topic; without this one appears with 4 partitions when it is first asked for.
  public func createTopic(_ name: String, partitions: Int, replication: Int = 1) async throws(MockBrokerError) {
    try await perform("creating topic \(name) with \(partitions) partitions, replicated \(replication) times") {
      rd_kafka_mock_topic_create($0, name, Int32(clamping: partitions), Int32(clamping: replication))
    }
  }

  /// Answers the next requests of a kind with these errors, one each, in order; 0 is success. Kafka's own codes, and
  /// the library's -195 for a connection that breaks.
  public func pushErrors(_ request: MockRequest, _ codes: [Int32]) async throws(MockBrokerError) {
    let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
    try await perform("pushing errors") {
      rd_kafka_mock_push_request_errors_array($0, request.rawValue, errors.count, errors)
      return RD_KAFKA_RESP_ERR_NO_ERROR
    }
  }

  /// Forgets the errors of a kind of request that are still to come.
  public func clearErrors(_ request: MockRequest) async throws(MockBrokerError) {
    try await perform("clearing errors") {
      rd_kafka_mock_clear_request_errors($0, request.rawValue)
      return RD_KAFKA_RESP_ERR_NO_ERROR
    }
  }

  /// Closes a broker's connections and refuses new ones.
  public func setDown(broker: Int32 = 1) async throws(MockBrokerError) {
    try await perform("taking broker \(broker) down") { rd_kafka_mock_broker_set_down($0, broker) }
  }

  /// Lets a broker serve again.
  public func setUp(broker: Int32 = 1) async throws(MockBrokerError) {
    try await perform("bringing broker \(broker) up") { rd_kafka_mock_broker_set_up($0, broker) }
  }

  /// Delays every answer of a broker; 0 for none.
  public func setRoundTrip(milliseconds: Int, broker: Int32 = 1) async throws(MockBrokerError) {
    try await perform("delaying broker \(broker)") {
      rd_kafka_mock_broker_set_rtt($0, broker, Int32(clamping: milliseconds))
    }
  }

  /// Answers questions about a topic with this error (3: it does not exist) until it is set to 0.
  public func setTopicError(_ topic: String, _ code: Int32) async throws(MockBrokerError) {
    try await perform("setting an error on topic \(topic)") {
      rd_kafka_mock_topic_set_error($0, topic, rd_kafka_resp_err_t(rawValue: code))
      return RD_KAFKA_RESP_ERR_NO_ERROR
    }
  }

  /// Ends the cluster and everything it held. Harmless when called twice.
  public func stop() async {
    await withCheckedContinuation { continuation in
      queue.async {
        self.running?.destroy()
        self.running = nil
        continuation.resume()
      }
    }
  }

  /// Runs one of the library's calls, which may wait for the cluster's thread, off the cooperative pool.
  private func perform(
    _ what: String, _ call: @escaping @Sendable (OpaquePointer) -> rd_kafka_resp_err_t
  ) async throws(MockBrokerError) {
    let failure: String? = await withCheckedContinuation { continuation in
      queue.async {
        guard let running = self.running else { return continuation.resume(returning: "it is stopped") }
        let code = call(running.cluster)
        let reason = code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : String(cString: rd_kafka_err2str(code))
        continuation.resume(returning: reason)
      }
    }
    if let failure { throw MockBrokerError(message: "\(what): \(failure)") }
  }
}
