internal import CRdKafka

extension KafkaHandle {
  /// Asks the brokers for a topic's partitions. Blocks for at most `limit`: to be offloaded.
  ///
  /// - Returns: `nil` when the topic does not exist.
  func metadata(topic: String, within limit: Duration) throws(KafkaError) -> KafkaTopicMetadata? {
    guard let handle = rd_kafka_topic_new(client, topic, nil) else {
      throw KafkaError(rdKafka: rd_kafka_last_error(), detail: "\(topic) can not be the name of a topic")
    }
    defer { rd_kafka_topic_destroy(handle) }
    var answer: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(client, 0, handle, &answer, Int32(clamping: limit.wholeMilliseconds))
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw KafkaError(rdKafka: code) }
    defer { rd_kafka_metadata_destroy(answer) }
    guard answer.pointee.topic_cnt > 0, let found = answer.pointee.topics?.pointee else { return nil }
    switch found.err {
    case RD_KAFKA_RESP_ERR_NO_ERROR: break
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC: return nil
    default: throw KafkaError(rdKafka: found.err)
    }
    let partitions = UnsafeBufferPointer(start: found.partitions, count: Int(found.partition_cnt)).map(\.id)
    return KafkaTopicMetadata(name: topic, partitions: partitions.sorted())
  }

  /// Asks the brokers which topics there are, as far as this client may know. Blocks for at most `limit`: to be offloaded.
  func topics(within limit: Duration) throws(KafkaError) -> [String] {
    var answer: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(client, 1, nil, &answer, Int32(clamping: limit.wholeMilliseconds))
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw KafkaError(rdKafka: code) }
    defer { rd_kafka_metadata_destroy(answer) }
    let found = UnsafeBufferPointer(start: answer.pointee.topics, count: Int(answer.pointee.topic_cnt))
    return found.compactMap { $0.topic.map { String(cString: $0) } }.sorted()
  }

  /// Waits until a topic exists and says which partitions it has, trying again on what passes by itself.
  func awaitTopic(_ topic: String, within limit: Duration) async throws -> KafkaTopicMetadata {
    let deadline = ContinuousClock.now + limit
    var pause = Backoff()
    let longestTry = Duration.seconds(5)
    var (isAnswered, lastError): (Bool, KafkaError?) = (false, nil)
    while true {
      let left = min(ContinuousClock.now.duration(to: deadline), longestTry)
      guard left > .zero else { break }
      do {
        let found = try await offloading { (handle) throws(KafkaError) in
          try handle.metadata(topic: topic, within: left)
        }
        if let found, !found.partitions.isEmpty { return found }
        (isAnswered, lastError) = (true, nil)
      } catch {
        guard error.isRetriable else { throw error }
        // A try that the deadline cuts short says less than the answer before it.
        let isCutShort = error.code == .timedOut && left < longestTry
        if !isCutShort || !isAnswered { (isAnswered, lastError) = (false, error) }
      }
      try await pause.sleep(until: deadline)
    }
    throw lastError
      ?? KafkaError(
        .unknownTopic, "topic \(topic) does not exist, and did not appear within \(limit)", isRetriable: true)
  }

  /// Asks for the ends of each partition. Blocks for at most `limit`: to be offloaded.
  func watermarks(topic: String, partitions: [Int32], within limit: Duration) throws(KafkaError)
    -> [Int32: KafkaWatermarks]
  {
    let deadline = ContinuousClock.now + limit
    var found: [Int32: KafkaWatermarks] = [:]
    for partition in partitions {
      found[partition] = try watermarks(topic: topic, partition: partition, until: deadline)
    }
    return found
  }

  private func watermarks(topic: String, partition: Int32, until deadline: ContinuousClock.Instant)
    throws(KafkaError) -> KafkaWatermarks
  {
    var low: Int64 = 0
    var high: Int64 = 0
    let left = Int32(clamping: ContinuousClock.now.duration(to: deadline).wholeMilliseconds)
    let code = rd_kafka_query_watermark_offsets(client, topic, partition, &low, &high, max(1, left))
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(rdKafka: code) }
    return KafkaWatermarks(low: low, high: high)
  }
}
