/// How long a zone's agent has been silent: only time in which it could have been heard counts (protocol rule 16). That is
/// time between two looks at which the brokers answered and everything on the topic had been read. Pure.
struct SilenceCount: Sendable {
  enum Event: Sendable {
    /// A heartbeat was taken in.
    case heard
    /// Whether everything that the brokers have was read.
    case looked(isListening: Bool, at: ContinuousClock.Instant)
  }

  /// So often it is looked, and so much is told at a time.
  struct Pace: Sendable {
    /// Between looks: that nothing comes is no event.
    var interval: Duration = .seconds(5)
    /// Less is not worth a write: an agent speaks every ten seconds, if it is not told otherwise.
    var portion: Duration = .seconds(15)

    /// A process that stood still for longer between two looks was not listening.
    var longest: Duration { interval * 3 }
  }

  private let pace: Pace
  /// The last look, where everything had been read by then and no heartbeat has come since.
  private var since: ContinuousClock.Instant?
  private var untold: Duration = .zero

  init(_ pace: Pace) {
    self.pace = pace
  }

  /// - Returns: silence that is to be told, where there is enough of it.
  mutating func handle(_ event: Event) -> Duration? {
    switch event {
    case .heard:
      (since, untold) = (nil, .zero)
      return nil
    case .looked(false, _):
      since = nil
      return nil
    case .looked(true, let now):
      defer { since = now }
      guard let since, (.zero...pace.longest).contains(now - since) else { return nil }
      untold += now - since
      guard untold >= pace.portion else { return nil }
      defer { untold = .zero }
      return untold
    }
  }
}

/// What was read of a topic, for whoever looks beside the reading.
struct ReadSoFar: Sendable {
  /// The next offset of each partition.
  private var positions: [Int32: Int64] = [:]
  /// How many heartbeats were taken in.
  private(set) var heartbeats = 0

  mutating func noteHeartbeat() { heartbeats += 1 }

  mutating func note(partition: Int32, next: Int64) { positions[partition] = next }

  /// Whether everything up to these ends was read; of a topic without partitions nothing was.
  func hasReached(_ ends: [Int32: Int64]) -> Bool {
    !ends.isEmpty && ends.allSatisfy { (positions[$0.key] ?? -1) >= $0.value }
  }
}
