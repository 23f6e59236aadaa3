/// What a consumer knows: its handle, its partitions and whether somebody is reading.
struct ConsumerState {
  private(set) var handle: KafkaHandle?
  private(set) var partitions: [Int32]?
  private var isReading = false

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

  /// Lets go of the handle and returns what opens once the library's client is destroyed.
  mutating func releaseHandle() -> Latch? {
    defer { handle = nil }
    return handle?.destroyed
  }
}
