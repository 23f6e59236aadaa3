internal import CRdKafka

extension KafkaHandle {
  /// How long one call may block where a question may take longer: no cancellation reaches a call.
  static let longestTry: Duration = .seconds(5)

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
    let longestTry = Self.longestTry
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

  /// Asks for the ends of partitions, and behind that which partitions the topic has: somebody may have added some.
  /// Where the latter is not answered in time, the ends were told all the same. Blocks for at most `limit`: to be
  /// offloaded.
  func ends(topic: String, partitions: [Int32], within limit: Duration) throws(KafkaError) -> TopicEnds {
    let deadline = ContinuousClock.now + limit
    let marks = try watermarks(topic: topic, partitions: partitions, within: limit)
    let left = ContinuousClock.now.duration(to: deadline)
    guard left > .zero, let found = try? metadata(topic: topic, within: left) else {
      return TopicEnds(watermarks: marks, partitions: nil)
    }
    return TopicEnds(watermarks: marks, partitions: found.partitions)
  }

  /// Asks for the ends of each partition. Blocks for at most `limit`.
  ///
  /// By the question for offsets at a time, which knows the ends as well: the library's own one for watermarks waits for
  /// its answer whatever the deadline, for minutes where a broker is away.
  private func watermarks(topic: String, partitions: [Int32], within limit: Duration) throws(KafkaError)
    -> [Int32: KafkaWatermarks]
  {
    let deadline = ContinuousClock.now + limit
    let low = try offsets(.beginning, of: partitions, topic: topic, until: deadline)
    let high = try offsets(.end, of: partitions, topic: topic, until: deadline)
    var found: [Int32: KafkaWatermarks] = [:]
    for partition in partitions {
      guard let low = low[partition], let high = high[partition], low >= 0, high >= 0 else {
        throw KafkaError(.other, "the ends of partition \(partition) of \(topic) were not told", isRetriable: true)
      }
      found[partition] = KafkaWatermarks(low: low, high: high)
    }
    return found
  }

  private func offsets(
    _ end: KafkaOffset, of partitions: [Int32], topic: String, until deadline: ContinuousClock.Instant
  ) throws(KafkaError) -> [Int32: Int64] {
    let asked = Dictionary(uniqueKeysWithValues: partitions.map { ($0, end.libraryOffset) })
    let list = PartitionList(topic: topic, offsets: asked)
    let left = Int32(clamping: ContinuousClock.now.duration(to: deadline).wholeMilliseconds)
    let code = rd_kafka_offsets_for_times(client, list.pointer, max(1, left))
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(rdKafka: code) }
    if let error = list.firstError { throw error }
    return list.offsets
  }
}

/// What the brokers say of a topic that is read.
struct TopicEnds: Sendable {
  /// The ends of the partitions that were asked for.
  let watermarks: [Int32: KafkaWatermarks]
  /// The partitions that there are by now; nil where nobody has said it.
  let partitions: [Int32]?
}
