extension KafkaAdmin {
  /// Creates the topics that are missing. One that is there already is fine, whoever made it.
  ///
  /// - Throws: ``KafkaError``: `partitionCount` when a topic is there with another number of partitions than wanted and
  ///   `anyPartitionCount` is false; `timedOut` or `unsupported` from a broker that has no admin API; else what the
  ///   broker says.
  public func createTopics(
    _ topics: [KafkaTopic], within limit: Duration = .seconds(30), anyPartitionCount: Bool = false
  ) async throws {
    let deadline = ContinuousClock.now + limit
    let missing = try await missing(of: topics, until: deadline, anyPartitionCount: anyPartitionCount)
    try await create(missing, until: deadline, within: limit)
    try await confirm(topics, until: deadline, anyPartitionCount: anyPartitionCount)
  }

  /// As ``createTopics(_:within:anyPartitionCount:)``, but a broker that can not be asked to create topics is fine as
  /// long as they are there in the end: created by somebody else, or by the broker itself at their first use.
  public func ensureTopics(
    _ topics: [KafkaTopic], within limit: Duration = .seconds(30), anyPartitionCount: Bool = false
  ) async throws {
    let deadline = ContinuousClock.now + limit
    let missing = try await missing(of: topics, until: deadline, anyPartitionCount: anyPartitionCount)
    do {
      let patience = min(limit / 3, .seconds(5))
      try await create(missing, until: .now + patience, within: patience)
    } catch let error as KafkaError {
      guard error.isRetriable || error.code == .unsupported || error.code == .authorization else { throw error }
      observer.note(error)
    }
    try await confirm(topics, until: deadline, anyPartitionCount: anyPartitionCount)
  }

  /// Deletes topics. One that is not there is fine.
  public func deleteTopics(_ names: [String], within limit: Duration = .seconds(30)) async throws {
    guard !names.isEmpty else { return }
    let failures = try await offloading { (handle) throws(KafkaError) in
      try handle.deleteTopics(names, within: limit)
    }
    if let failure = failures.first(where: { $0.code != .unknownTopic }) { throw failure }
  }

  private func missing(
    of topics: [KafkaTopic], until deadline: ContinuousClock.Instant, anyPartitionCount: Bool
  ) async throws -> [KafkaTopic] {
    var missing: [KafkaTopic] = []
    for topic in topics {
      let found = try await metadata(topic: topic.name, within: ContinuousClock.now.duration(to: deadline))
      if let found, !found.partitions.isEmpty {
        if !anyPartitionCount { try Self.check(found, against: topic) }
      } else {
        missing.append(topic)
      }
    }
    return missing
  }

  private func create(_ topics: [KafkaTopic], until deadline: ContinuousClock.Instant, within limit: Duration)
    async throws
  {
    var remaining = topics
    var pause = Backoff()
    while !remaining.isEmpty {
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero else { throw KafkaError.deadline("creating topics was", within: limit) }
      let wanted = remaining
      let failures = try await offloading { (handle) throws(KafkaError) in
        try handle.createTopics(wanted, within: left)
      }.filter { $0.error.code != .topicExists }
      if let failure = failures.first(where: { !$0.error.isRetriable }) { throw failure.error }
      let names = Set(failures.map(\.topic))
      remaining = wanted.filter { names.contains($0.name) }
      if !remaining.isEmpty { try await pause.sleep(until: deadline) }
    }
  }

  /// Waits until the brokers show every topic: creation is answered before it has spread.
  private func confirm(
    _ topics: [KafkaTopic], until deadline: ContinuousClock.Instant, anyPartitionCount: Bool
  ) async throws {
    for topic in topics {
      let left = ContinuousClock.now.duration(to: deadline)
      let found = try await awaitTopic(topic.name, within: max(left, .milliseconds(1)))
      if !anyPartitionCount { try Self.check(found, against: topic) }
    }
  }

  static func check(_ found: KafkaTopicMetadata, against wanted: KafkaTopic) throws(KafkaError) {
    guard found.partitions.count != wanted.partitions else { return }
    throw KafkaError(
      .partitionCount,
      "topic \(wanted.name) has \(found.partitions.count) partition(s), wanted \(wanted.partitions); it is for life"
    )
  }
}
