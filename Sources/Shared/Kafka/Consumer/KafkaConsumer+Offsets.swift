internal import CRdKafka
internal import Logging
internal import NIOConcurrencyHelpers
internal import Reactor

extension KafkaConsumer {
  /// Notes that a record was processed; ``commit(within:)`` sends that to the broker.
  ///
  /// - Throws: ``KafkaError`` with code `state` without `groupID`, or when the partition is not being read.
  public func storeOffset(after record: KafkaRecord) throws {
    try requireGroup()
    let handle = try locked { (state) throws(KafkaError) in try state.openHandle() }
    let list = PartitionList(topic: topic, offsets: [record.partition: record.offset + 1])
    let code = rd_kafka_offsets_store(handle.client, list.pointer)
    if let error = list.firstError { throw error }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(rdKafka: code) }
  }

  /// Commits the stored offsets for the group. Nothing stored is nothing to do.
  public func commit(within limit: Duration = .seconds(10)) async throws {
    try requireGroup()
    let handle = try locked { (state) throws(KafkaError) in try state.openHandle() }
    try await handle.offloading { (handle) throws(KafkaError) in
      guard let queue = rd_kafka_queue_new(handle.client) else {
        throw KafkaError(.other, "librdkafka gave no queue")
      }
      defer { rd_kafka_queue_destroy(queue) }
      let code = rd_kafka_commit_queue(handle.client, nil, queue, nil, nil)
      guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(rdKafka: code) }
      guard let event = rd_kafka_queue_poll(queue, Int32(clamping: limit.wholeMilliseconds)) else {
        throw .deadline("the commit was", within: limit)
      }
      defer { rd_kafka_event_destroy(event) }
      let result = rd_kafka_event_error(event)
      guard result == RD_KAFKA_RESP_ERR_NO_ERROR || result == RD_KAFKA_RESP_ERR__NO_OFFSET else {
        throw KafkaError(rdKafka: result)
      }
    }
  }

  /// Stops reading and frees the client; a waiting ``next()`` returns `nil`. Returns within the time given, whatever
  /// the broker does.
  public func close(within limit: Duration) async {
    guard let destroyed = state.withLockedValue({ $0.releaseHandle() }) else { return }
    bell.ring()
    let deadline = ContinuousClock.now + limit
    // In a task of its own: a cancelled caller still wants the client gone.
    if await !Task(operation: { await destroyed.wait(until: deadline) }).value {
      observer.logger.error("Kafka: librdkafka did not let the consumer go in time; it is left behind")
    }
    observer.metrics.end()
  }

  private func requireGroup() throws(KafkaError) {
    guard configuration.groupID != nil else {
      throw KafkaError(.state, "committing offsets needs a groupID in the configuration")
    }
  }
}
