internal import CRdKafka
internal import Logging

/// What every kind of client does with the events that are not about messages: log lines and statistics.
struct ClientObserver: Sendable {
  let logger: Logger
  let metrics: KafkaMetrics

  init(_ configuration: KafkaConfiguration, logger: Logger) {
    var logger = logger
    logger[metadataKey: "kafka.client"] = "\(configuration.clientID)"
    self.logger = logger
    metrics = KafkaMetrics(client: configuration.clientID)
  }

  /// Takes note of a log or statistics event; others are not its business.
  func observe(_ event: OpaquePointer) {
    switch rd_kafka_event_type(event) {
    case RD_KAFKA_EVENT_LOG: log(event)
    case RD_KAFKA_EVENT_STATS:
      if let text = rd_kafka_event_stats(event) { metrics.record(json: String(cString: text)) }
    default: break
    }
  }

  /// Notes an error the library works around by itself.
  func note(_ error: KafkaError) {
    logger.warning("Kafka: librdkafka goes on after an error", metadata: ["error": "\(error)"])
  }

  private func log(_ event: OpaquePointer) {
    var facility: UnsafePointer<CChar>?
    var text: UnsafePointer<CChar>?
    var level: Int32 = 0
    guard rd_kafka_event_log(event, &facility, &text, &level) == 0, let text else { return }
    logger.log(
      level: Self.level(syslog: level), "\(String(cString: text))",
      metadata: facility.map { ["kafka.facility": "\(String(cString: $0))"] })
  }

  /// Our level for one of syslog's eight.
  static func level(syslog level: Int32) -> Logger.Level {
    switch level {
    case ...2: .critical
    case 3: .error
    case 4: .warning
    case 5: .notice
    case 6: .info
    default: .debug
    }
  }
}
