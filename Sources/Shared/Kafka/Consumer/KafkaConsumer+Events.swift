internal import CRdKafka
internal import NIOConcurrencyHelpers

extension KafkaConsumer {
  typealias Outcome = Result<KafkaConsumerEvent, KafkaError>

  /// The next event that concerns the reader, if one is there. Never blocks.
  func takeEvent() -> Outcome? {
    guard let handle = state.withLockedValue({ $0.handle }) else { return nil }
    while let event = handle.pollEvent() {
      defer { rd_kafka_event_destroy(event) }
      switch rd_kafka_event_type(event) {
      case RD_KAFKA_EVENT_FETCH:
        guard let message = rd_kafka_event_message_next(event) else { continue }
        if let outcome = outcome(of: message) { return outcome }
      case RD_KAFKA_EVENT_ERROR:
        if let outcome = outcome(ofError: event, handle) { return outcome }
      default:
        observer.observe(event)
      }
    }
    return nil
  }

  private func outcome(of message: UnsafePointer<rd_kafka_message_t>) -> Outcome? {
    let code = message.pointee.err
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      return outcome(code, partition: message.pointee.partition, offset: message.pointee.offset, detail: nil)
    }
    return .success(.record(KafkaRecord(copying: message)))
  }

  private func outcome(ofError event: OpaquePointer, _ handle: KafkaHandle) -> Outcome? {
    let code = rd_kafka_event_error(event)
    let detail = rd_kafka_event_error_string(event).map { String(cString: $0) }
    guard let place = rd_kafka_event_topic_partition(event) else {
      return outcome(code, partition: nil, offset: nil, detail: detail)
    }
    defer { rd_kafka_topic_partition_destroy(place) }
    return outcome(code, partition: place.pointee.partition, offset: place.pointee.offset, detail: detail)
  }

  private func outcome(_ code: rd_kafka_resp_err_t, partition: Int32?, offset: Int64?, detail: String?) -> Outcome? {
    let error = KafkaError(rdKafka: code, detail: detail, isFatal: code == RD_KAFKA_RESP_ERR__FATAL)
    if let partition, let offset {
      if code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
        return .success(.endOfPartition(partition: partition, offset: offset))
      }
      if error.code == .offsetOutOfRange {
        return .success(.offsetOutOfRange(partition: partition, offset: offset))
      }
    }
    // Without a group of our own the library still looks for a coordinator; not being allowed to is no loss.
    let isOthersBusiness = code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED && configuration.groupID == nil
    guard error.isRetriable || isOthersBusiness else { return .failure(error) }
    observer.note(error)
    return nil
  }
}

extension KafkaRecord {
  /// Copies a record out of the library's memory.
  init(copying message: UnsafePointer<rd_kafka_message_t>) {
    let source = message.pointee
    var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
    let timestamp = rd_kafka_message_timestamp(message, &type)
    self.init(
      topic: String(cString: rd_kafka_topic_name(source.rkt)), partition: source.partition, offset: source.offset,
      key: Self.bytes(source.key, source.key_len), value: Self.bytes(source.payload, source.len),
      headers: Self.headers(of: message),
      timestampMilliseconds: type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? nil : timestamp)
  }

  private static func bytes(_ pointer: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
    pointer.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) }
  }

  private static func headers(of message: UnsafePointer<rd_kafka_message_t>) -> [KafkaHeader] {
    var list: OpaquePointer?
    guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
    var headers: [KafkaHeader] = []
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var size = 0
    while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
      let name
    {
      headers.append(KafkaHeader(String(cString: name), bytes(value, size)))
    }
    return headers
  }
}
