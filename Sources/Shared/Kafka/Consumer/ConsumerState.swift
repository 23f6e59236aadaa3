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

  /// Keeps an error that was met behind events, which go first: the library tells it only once.
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
