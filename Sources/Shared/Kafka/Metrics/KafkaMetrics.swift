internal import Metrics

/// The gauges of one client, labelled by its name only: never by topic, partition or key.
struct KafkaMetrics: Sendable {
  private let queueMessages: Gauge
  private let queueBytes: Gauge
  private let brokersUp: Gauge
  private let requestsWaiting: Gauge
  private let requestsInFlight: Gauge
  private let roundTripAverage: Gauge
  private let roundTripP99: Gauge
  private let sendErrors: Gauge
  private let receiveErrors: Gauge
  private let requestTimeouts: Gauge
  private let disconnects: Gauge
  private let fetchedMessages: Gauge
  private let lag: Gauge

  init(client: String) {
    func gauge(_ name: String) -> Gauge { Gauge(label: "kafka_client_\(name)", dimensions: [("client", client)]) }
    queueMessages = gauge("queue_messages")
    queueBytes = gauge("queue_bytes")
    brokersUp = gauge("brokers_up")
    requestsWaiting = gauge("requests_waiting")
    requestsInFlight = gauge("requests_in_flight")
    roundTripAverage = gauge("rtt_average_seconds")
    roundTripP99 = gauge("rtt_p99_seconds")
    sendErrors = gauge("send_errors")
    receiveErrors = gauge("receive_errors")
    requestTimeouts = gauge("request_timeouts")
    disconnects = gauge("disconnects")
    fetchedMessages = gauge("fetched_messages")
    lag = gauge("lag_messages")
  }

  /// Sets the gauges from a statistics document. One that can not be read changes nothing.
  func record(json: String) {
    guard let statistics = try? KafkaStatistics(json: json) else { return }
    record(statistics)
  }

  private func record(_ statistics: KafkaStatistics) {
    let brokers = statistics.realBrokers
    let partitions = statistics.realPartitions
    queueMessages.record(statistics.msgCnt)
    queueBytes.record(statistics.msgSize)
    brokersUp.record(brokers.count { $0.state == "UP" })
    requestsWaiting.record(brokers.reduce(0) { $0 + $1.outbufCnt })
    requestsInFlight.record(brokers.reduce(0) { $0 + $1.waitrespCnt })
    roundTripAverage.record(Double(brokers.map(\.rtt.avg).max() ?? 0) / 1_000_000)
    roundTripP99.record(Double(brokers.map(\.rtt.p99).max() ?? 0) / 1_000_000)
    sendErrors.record(brokers.reduce(0) { $0 + $1.txerrs })
    receiveErrors.record(brokers.reduce(0) { $0 + $1.rxerrs })
    requestTimeouts.record(brokers.reduce(0) { $0 + $1.reqTimeouts })
    disconnects.record(brokers.reduce(0) { $0 + ($1.disconnects ?? 0) })
    fetchedMessages.record(partitions.reduce(0) { $0 + $1.fetchqCnt })
    lag.record(partitions.reduce(0) { $0 + max(0, $1.consumerLag) })
  }
}
