internal import CRdKafka
internal import Logging
internal import NIOConcurrencyHelpers
internal import Reactor

extension KafkaConsumer {
  /// Finds the topic's partitions, waiting for the topic to exist, and begins to fetch them. Once; later calls only
  /// return the partitions. ``next()`` does it when nobody else did.
  ///
  /// - Throws: ``KafkaError``: `unknownTopic` when it did not appear in time, `invalidMessage` for a start offset in a
  ///   partition that does not exist, or why the brokers could not be asked.
  /// - Returns: The partitions, in order.
  @discardableResult
  public func open(within limit: Duration = .seconds(30)) async throws -> [Int32] {
    if let partitions = try locked({ (state) throws(KafkaError) in
      _ = try state.openHandle()
      return state.partitions
    }) {
      return partitions
    }
    try await reassign(start: start, within: limit)
    return state.withLockedValue { $0.partitions ?? [] }
  }

  /// Finds the partitions anew and reads all of them from `start`. What was fetched before is forgotten.
  public func reassign(start: Start, within limit: Duration = .seconds(30)) async throws {
    let handle = try locked { (state) throws(KafkaError) in try state.openHandle() }
    let partitions = try await handle.awaitTopic(topic, within: limit).partitions
    let offsets = try Self.offsets(for: partitions, start: start, topic: topic)
    let topic = topic
    try await handle.offloading { (handle) throws(KafkaError) in
      let list = PartitionList(topic: topic, offsets: offsets)
      let code = rd_kafka_assign(handle.client, list.pointer)
      guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(rdKafka: code) }
    }
    state.withLockedValue { $0.assign(partitions) }
    bell.ring()
  }

  /// Goes on reading one partition from another place. What was fetched of it before is forgotten.
  ///
  /// - Throws: ``KafkaError`` when the partition is not being read.
  public func seek(partition: Int32, to offset: KafkaOffset) async throws {
    let handle = try locked { (state) throws(KafkaError) in try state.openHandle() }
    let topic = topic
    try await handle.offloading { (handle) throws(KafkaError) in
      // Not the library's own seek: it refuses a partition that stands still after losing its history.
      let list = PartitionList(topic: topic, offsets: [partition: offset.libraryOffset])
      for step in [rd_kafka_incremental_unassign, rd_kafka_incremental_assign] {
        if let error = step(handle.client, list.pointer) { throw KafkaError(consuming: error) }
      }
    }
    bell.ring()
  }

  /// Asks the brokers for the ends of every partition that is read, trying again on what passes by itself. A cancelled
  /// task waits for one try at most: the first is far shorter than what may be given for all of them, the next are
  /// longer, so that a slow broker is heard as well.
  ///
  /// It is asked as well which partitions there are by now. Where somebody has added some, which nothing else tells of,
  /// ``next()`` throws `partitionCount`: whoever reads has to begin anew.
  public func watermarks(within limit: Duration = .seconds(10)) async throws -> [Int32: KafkaWatermarks] {
    let ends = try await ends(within: limit)
    if let growth = growth(in: ends) {
      state.withLockedValue { $0.keep(growth) }
      bell.ring()
    }
    return ends.watermarks
  }

  private func growth(in ends: TopicEnds) -> KafkaError? {
    let topic = topic
    return state.withLockedValue { $0.growth(of: topic, to: ends.partitions) }
  }

  private func ends(within limit: Duration) async throws -> TopicEnds {
    let deadline = ContinuousClock.now + limit
    let partitions = try await open(within: limit)
    let handle = try locked { (state) throws(KafkaError) in try state.openHandle() }
    let topic = topic
    var pause = Backoff()
    var longest = KafkaHandle.longestTry
    while true {
      try Task.checkCancellation()
      do {
        return try await handle.offloading { [longest] (handle) throws(KafkaError) in
          let left = min(ContinuousClock.now.duration(to: deadline), longest)
          return try handle.ends(topic: topic, partitions: partitions, within: left)
        }
      } catch {
        guard error.isRetriable, .now < deadline else { throw error }
        longest = min(longest * 2, .seconds(15))
      }
      try await pause.sleep(until: deadline)
    }
  }

  /// What must be read until the topic, as it is now, is known. Take it before the first ``next()`` and give it every
  /// event.
  ///
  /// - Throws: ``KafkaError``: `partitionCount` where partitions were added since those that are read were found,
  ///   without which the topic would not be known; or why the brokers could not be asked.
  public func snapshot(within limit: Duration = .seconds(30)) async throws -> SnapshotTracker {
    let ends = try await ends(within: limit)
    if let growth = growth(in: ends) { throw growth }
    let watermarks = ends.watermarks
    switch start {
    case .beginning, .committed: return SnapshotTracker(watermarks: watermarks)
    case .end: return SnapshotTracker(watermarks: watermarks, positions: watermarks.mapValues(\.high))
    case .offsets(let offsets): return SnapshotTracker(watermarks: watermarks, positions: offsets)
    }
  }

  static func offsets(for partitions: [Int32], start: Start, topic: String) throws(KafkaError) -> [Int32: Int64] {
    let everywhere: Int64
    switch start {
    case .beginning, .offsets: everywhere = KafkaOffset.beginning.libraryOffset
    case .end: everywhere = KafkaOffset.end.libraryOffset
    case .committed: everywhere = Int64(RD_KAFKA_OFFSET_STORED)
    }
    var offsets = Dictionary(uniqueKeysWithValues: partitions.map { ($0, everywhere) })
    guard case .offsets(let given) = start else { return offsets }
    for (partition, offset) in given {
      guard offsets[partition] != nil else {
        throw KafkaError(.invalidMessage, "topic \(topic) has no partition \(partition); it has \(partitions)")
      }
      guard offset >= 0 else {
        throw KafkaError(.invalidMessage, "offset \(offset) of partition \(partition) is negative")
      }
      offsets[partition] = offset
    }
    return offsets
  }
}
