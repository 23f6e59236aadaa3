internal import CRdKafka

extension KafkaHandle {
  /// Asks the controller to create topics. Blocks for at most `limit`: to be offloaded.
  ///
  /// - Returns: The topics that were refused, each with its reason.
  func createTopics(_ topics: [KafkaTopic], within limit: Duration) throws(KafkaError)
    -> [(topic: String, error: KafkaError)]
  {
    var requests: [OpaquePointer?] = []
    defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
    for topic in topics { requests.append(try Self.makeRequest(topic)) }
    return try administer(RD_KAFKA_ADMIN_OP_CREATETOPICS, within: limit) { options, queue in
      rd_kafka_CreateTopics(client, &requests, requests.count, options, queue)
    } reading: { event in
      var count = 0
      let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
      return Self.failures(results, count)
    }
  }

  /// Asks the controller to delete topics. Blocks for at most `limit`: to be offloaded.
  ///
  /// - Returns: Why some were not deleted.
  func deleteTopics(_ names: [String], within limit: Duration) throws(KafkaError) -> [KafkaError] {
    var requests: [OpaquePointer?] = names.map { rd_kafka_DeleteTopic_new($0) }
    defer { for request in requests { rd_kafka_DeleteTopic_destroy(request) } }
    return try administer(RD_KAFKA_ADMIN_OP_DELETETOPICS, within: limit) { options, queue in
      rd_kafka_DeleteTopics(client, &requests, requests.count, options, queue)
    } reading: { event in
      var count = 0
      let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
      return Self.failures(results, count)
    }.map(\.error)
  }

  private static func makeRequest(_ topic: KafkaTopic) throws(KafkaError) -> OpaquePointer {
    var text = [CChar](repeating: 0, count: 512)
    guard
      let request = rd_kafka_NewTopic_new(
        topic.name, Int32(clamping: topic.partitions), Int32(clamping: topic.replication), &text, text.count)
    else {
      throw KafkaError(.configuration, "topic \(topic.name): \(String(ofCharacters: text))")
    }
    for (name, value) in topic.effectiveConfig.sorted(by: { $0.key < $1.key }) {
      rd_kafka_NewTopic_set_config(request, name, value)
    }
    return request
  }

  /// Sends one admin request and waits for its answer on a queue of its own.
  private func administer(
    _ operation: rd_kafka_admin_op_t, within limit: Duration, _ send: (OpaquePointer?, OpaquePointer?) -> Void,
    reading read: (OpaquePointer) -> [(topic: String, error: KafkaError)]
  ) throws(KafkaError) -> [(topic: String, error: KafkaError)] {
    let options = rd_kafka_AdminOptions_new(client, operation)
    let queue = rd_kafka_queue_new(client)
    defer {
      rd_kafka_queue_destroy(queue)
      rd_kafka_AdminOptions_destroy(options)
    }
    let milliseconds = Int32(clamping: max(1, limit.wholeMilliseconds))
    var text = [CChar](repeating: 0, count: 512)
    for result in [
      rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, &text, text.count),
      // How long the controller itself waits for the change to reach all brokers.
      rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, &text, text.count),
    ] where result != RD_KAFKA_RESP_ERR_NO_ERROR {
      throw KafkaError(rdKafka: result, detail: String(ofCharacters: text))
    }
    send(options, queue)
    // The library answers at its own timeout; ours only guards against its never doing so.
    guard let event = rd_kafka_queue_poll(queue, milliseconds + 500) else {
      throw .deadline("the admin request was", within: limit)
    }
    defer { rd_kafka_event_destroy(event) }
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw KafkaError(rdKafka: code, detail: rd_kafka_event_error_string(event).map { String(cString: $0) })
    }
    return read(event)
  }

  private static func failures(_ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int)
    -> [(topic: String, error: KafkaError)]
  {
    UnsafeBufferPointer(start: results, count: count).compactMap { result in
      let code = rd_kafka_topic_result_error(result)
      guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
      let topic = String(cString: rd_kafka_topic_result_name(result))
      let detail = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
      return (topic, KafkaError(rdKafka: code, detail: "topic \(topic): \(detail ?? "refused")"))
    }
  }
}
