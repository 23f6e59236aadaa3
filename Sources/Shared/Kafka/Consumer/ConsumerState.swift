/// What a consumer knows: its handle, its partitions, whether somebody is reading, and what the next one to read is to
/// be told first.
struct ConsumerState {
  private(set) var handle: KafkaHandle?
  private(set) var partitions: [Int32]?
  private var isReading = false
  private var failure: KafkaError?

  init(handle: KafkaHandle) {
    self.handle = handle
  }

  func openHandle() throws(KafkaError) -> KafkaHandle {
    guard let handle else { throw .closed("consumer") }
    return handle
  }

  mutating func assign(_ partitions: [Int32]) {
    self.partitions = partitions
  }

  /// Takes the one seat there is for a reader.
  mutating func beginReading() throws(KafkaError) {
    guard !isReading else { throw KafkaError(.busy, "another task is reading from this consumer") }
    isReading = true
  }

  mutating func endReading() { isReading = false }

  /// What the reader is to be told where the topic has partitions that are not read; nil where it has none, and where
  /// nobody has said which there are.
  func growth(of topic: String, to found: [Int32]?) -> KafkaError? {
    guard let partitions, let found, !Set(found).isSubset(of: partitions) else { return nil }
    return KafkaError(
      .partitionCount, "topic \(topic) has \(found.count) partitions by now, of which \(partitions.count) are read")
  }

  /// Keeps an error that was met behind events, which go first, or beside the reading: it is told only once.
  mutating func keep(_ failure: KafkaError) { self.failure = failure }

  /// The error that was kept, once.
  mutating func takeFailure() -> KafkaError? {
    defer { failure = nil }
    return failure
  }

  /// Lets go of the handle and returns what opens once the library's client is destroyed.
  mutating func releaseHandle() -> Latch? {
    defer { handle = nil }
    return handle?.destroyed
  }
}
