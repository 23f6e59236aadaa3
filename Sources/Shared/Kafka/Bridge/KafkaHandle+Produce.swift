internal import CRdKafka

extension KafkaHandle {
  /// Hands a message to the library, which copies it. Never blocks. Returns the refusal, if there is one.
  ///
  /// `rd_kafka_produceva` is the one call for this that returns its own error: the others leave it in a variable of
  /// the thread, which another message may overwrite.
  ///
  /// The topic is opened first: only this asks the brokers at once where the partitions of a new one are. Left to
  /// itself the library looks once a second, and the first message of a topic waits for that.
  func produce(_ message: KafkaMessage, opaque: UInt) -> KafkaError? {
    guard let topic = rd_kafka_topic_new(client, message.topic, nil) else {
      return KafkaError(rdKafka: rd_kafka_last_error(), detail: "\(message.topic) can not be the name of a topic")
    }
    defer { rd_kafka_topic_destroy(topic) }
    guard let headers = Self.makeHeaders(message.headers) else {
      return KafkaError(.other, "librdkafka gave no headers object")
    }
    let error = Self.withBytes(message.key) { key in
      Self.withBytes(message.value) { value in
        var units = [
          rd_kafka_vu_t(RD_KAFKA_VTYPE_RKT) { $0.rkt = topic },
          rd_kafka_vu_t(RD_KAFKA_VTYPE_PARTITION) { $0.i32 = message.partition ?? RD_KAFKA_PARTITION_UA },
          rd_kafka_vu_t(RD_KAFKA_VTYPE_MSGFLAGS) { $0.i = RD_KAFKA_MSG_F_COPY },
          rd_kafka_vu_t(RD_KAFKA_VTYPE_OPAQUE) { $0.ptr = UnsafeMutableRawPointer(bitPattern: opaque) },
          rd_kafka_vu_t(RD_KAFKA_VTYPE_HEADERS) { $0.headers = headers },
          rd_kafka_vu_t(RD_KAFKA_VTYPE_KEY) {
            $0.mem.ptr = key.pointer
            $0.mem.size = key.count
          },
          rd_kafka_vu_t(RD_KAFKA_VTYPE_VALUE) {
            $0.mem.ptr = value.pointer
            $0.mem.size = value.count
          },
        ]
        return rd_kafka_produceva(client, &units, units.count)
      }
    }
    guard let error else { return nil }
    // The library takes the headers over only with the message.
    rd_kafka_headers_destroy(headers)
    return KafkaError(consuming: error)
  }

  private static func makeHeaders(_ headers: [KafkaHeader]) -> OpaquePointer? {
    guard let list = rd_kafka_headers_new(headers.count) else { return nil }
    for header in headers {
      withBytes(header.value) { value in
        _ = rd_kafka_header_add(list, header.name, -1, value.pointer, value.count)
      }
    }
    return list
  }

  /// Bytes as the library wants them: a null pointer is Kafka's null, so empty bytes need an address.
  private static func withBytes<Result>(
    _ bytes: [UInt8]?, _ body: ((pointer: UnsafeMutableRawPointer?, count: Int)) -> Result
  ) -> Result {
    guard let bytes else { return body((nil, 0)) }
    guard !bytes.isEmpty else {
      return withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { body(($0.baseAddress, 0)) }
    }
    return bytes.withUnsafeBytes { body((UnsafeMutableRawPointer(mutating: $0.baseAddress), bytes.count)) }
  }
}

extension rd_kafka_vu_t {
  fileprivate init(_ type: rd_kafka_vtype_t, _ fill: (inout rd_kafka_vu_t.__Unnamed_union_u) -> Void) {
    self.init()
    vtype = type
    fill(&u)
  }
}
