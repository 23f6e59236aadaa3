internal import CRdKafka
internal import Logging
internal import NIOConcurrencyHelpers

extension KafkaProducer {
  /// Takes everything that is in the event queue. Never blocks; one task at a time.
  func drain() {
    while let handle = state.withLockedValue({ $0.handleWhileItLasts }), let event = handle.pollEvent() {
      let type = rd_kafka_event_type(event)
      let reports = type == RD_KAFKA_EVENT_DR ? takeReports(event) : 0
      if type == RD_KAFKA_EVENT_ERROR { takeError(event, of: handle) }
      observer.observe(event)
      // Only the event's end gives the messages' room back.
      rd_kafka_event_destroy(event)
      if reports > 0 { admit(after: reports) }
    }
  }

  /// Lets waiting sends try again.
  func admit(after count: Int) {
    for room in state.withLockedValue({ $0.admit(after: count) }) where !room.complete(.success(())) {
      admitAnother()
    }
  }

  /// Passes a turn on that was not used.
  func admitAnother() {
    while let room = state.withLockedValue({ $0.admitAnother() }) {
      if room.complete(.success(())) { return }
    }
  }

  private func takeReports(_ event: OpaquePointer) -> Int {
    var count = 0
    // An event is about one batch. Of one that the broker had got before, the library knows no offset and counts on from −1:
    // what follows the first would look like places at the beginning of the partition.
    var isPlaceKnown = true
    while let message = rd_kafka_event_message_next(event) {
      count += 1
      if message.pointee.offset < 0 { isPlaceKnown = false }
      let id = UInt(bitPattern: message.pointee._private)
      guard let ticket = state.withLockedValue({ $0.redeem(id) }) else { continue }
      ticket.complete(Self.outcome(of: message, isPlaceKnown: isPlaceKnown))
    }
    return count
  }

  private static func outcome(
    of message: UnsafePointer<rd_kafka_message_t>, isPlaceKnown: Bool
  ) -> Result<KafkaDelivery, any Error> {
    let report = message.pointee
    guard report.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
      let written = rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED
      return .failure(KafkaError(rdKafka: report.err, mayHaveBeenWritten: written))
    }
    let topic = String(cString: rd_kafka_topic_name(report.rkt))
    let offset = isPlaceKnown ? report.offset : KafkaDelivery.unknownOffset
    return .success(KafkaDelivery(topic: topic, partition: report.partition, offset: offset))
  }

  private func takeError(_ event: OpaquePointer, of handle: KafkaHandle) {
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_event_error_is_fatal(event) != 0 else {
      let detail = rd_kafka_event_error_string(event).map { String(cString: $0) }
      return observer.note(KafkaError(rdKafka: code, detail: detail))
    }
    var text = [CChar](repeating: 0, count: 512)
    let cause = rd_kafka_fatal_error(handle.client, &text, text.count)
    let error = KafkaError(rdKafka: cause, detail: String(ofCharacters: text), isFatal: true)
    observer.logger.error("Kafka: the producer can not go on", metadata: ["error": "\(error)"])
    state.withLockedValue { $0.noteFatal(error) }
    _ = beginClosing(within: configuration.closeTimeout, flushes: false)
  }
}
