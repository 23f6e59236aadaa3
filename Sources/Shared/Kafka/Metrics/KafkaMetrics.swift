internal import Metrics

/// The gauges of one client, labelled by its name only: never by topic, partition or key.
struct KafkaMetrics: Sendable {
  private let client: String

  init(client: String) {
    self.client = client
    // They are there from the client's beginning on, before its first statistics.
    _ = ClientGauges(client: client)
  }

  /// Sets the gauges from a statistics document. One that can not be read changes nothing.
  func record(json: String) {
    guard let statistics = try? KafkaStatistics(json: json) else { return }
    record(statistics)
  }

  /// Forgets the gauges of a client that has ended. One of the same name that goes on says its own with its next statistics.
  func end() { ClientGauges(client: client).destroy() }

  private func record(_ statistics: KafkaStatistics) {
    // Made anew each time: those of another client of this name may have been forgotten since.
    let gauges = ClientGauges(client: client)
    let brokers = statistics.realBrokers
    let partitions = statistics.realPartitions
    gauges.queueMessages.record(statistics.msgCnt)
    gauges.queueBytes.record(statistics.msgSize)
    gauges.brokersUp.record(brokers.count { $0.state == "UP" })
    gauges.requestsWaiting.record(brokers.reduce(0) { $0 + $1.outbufCnt })
    gauges.requestsInFlight.record(brokers.reduce(0) { $0 + $1.waitrespCnt })
    gauges.roundTripAverage.record(Double(brokers.map(\.rtt.avg).max() ?? 0) / 1_000_000)
    gauges.roundTripP99.record(Double(brokers.map(\.rtt.p99).max() ?? 0) / 1_000_000)
    gauges.sendErrors.record(brokers.reduce(0) { $0 + $1.txerrs })
    gauges.receiveErrors.record(brokers.reduce(0) { $0 + $1.rxerrs })
    gauges.requestTimeouts.record(brokers.reduce(0) { $0 + $1.reqTimeouts })
    gauges.disconnects.record(brokers.reduce(0) { $0 + ($1.disconnects ?? 0) })
    // All partitions of a consumer lead to one queue, and each tells that one's length.
    gauges.fetchedMessages.record(partitions.map(\.fetchqCnt).max() ?? 0)
    gauges.lag.record(partitions.reduce(0) { $0 + max(0, $1.consumerLag) })
  }
}

/// The gauges by what they say.
private struct ClientGauges {
  let queueMessages: Gauge
  let queueBytes: Gauge
  let brokersUp: Gauge
  let requestsWaiting: Gauge
  let requestsInFlight: Gauge
  let roundTripAverage: Gauge
  let roundTripP99: Gauge
  let sendErrors: Gauge
  let receiveErrors: Gauge
  let requestTimeouts: Gauge
  let disconnects: Gauge
  let fetchedMessages: Gauge
  let lag: Gauge

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

  func destroy() {
    for gauge in [
      queueMessages, queueBytes, brokersUp, requestsWaiting, requestsInFlight, roundTripAverage, roundTripP99,
      sendErrors, receiveErrors, requestTimeouts, disconnects, fetchedMessages, lag,
    ] {
      gauge.destroy()
    }
  }
}
