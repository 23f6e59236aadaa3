/// How long a zone's agent has been silent: only time in which it could have been heard counts (protocol rule 16). That is
/// time between two looks at which the brokers answered and everything on the topic had been read. Pure.
struct SilenceCount: Sendable {
  enum Event: Sendable {
    /// A heartbeat was taken in that was newer than all before.
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
  /// It is told for so long after its last word that an earlier life of the agent is heard: one that lives speaks every ten
  /// seconds, if it is not told otherwise.
  static let earlierLifeMemory: Duration = .seconds(60)

  /// The next offset of each partition.
  private var positions: [Int32: Int64] = [:]
  /// How many heartbeats were taken in that were newer than all before.
  private(set) var heartbeats = 0
  /// Whether the reading waits for the database, which takes in what was read or is asked about it: positions move once
  /// it has answered.
  var isWaitingForDatabase = false
  /// When a life of the agent spoke last that another has followed.
  private var earlierLifeAt: ContinuousClock.Instant?

  /// - Parameter isEarlierHeard: whether a life of the agent spoke that another has followed.
  /// - Returns: whether that is news.
  mutating func noteHeartbeats(_ count: Int, isEarlierHeard: Bool, at now: ContinuousClock.Instant) -> Bool {
    heartbeats += count
    guard isEarlierHeard else { return false }
    defer { earlierLifeAt = now }
    return !hearsEarlierLife(at: now)
  }

  /// Whether a life of the agent was heard lately that another has followed: it runs still.
  func hearsEarlierLife(at now: ContinuousClock.Instant) -> Bool {
    earlierLifeAt.map { now - $0 < Self.earlierLifeMemory } ?? false
  }

  mutating func note(partition: Int32, next: Int64) { positions[partition] = next }

  /// A partition is read from its start: nothing was heard of it yet.
  mutating func begin(partition: Int32) { positions[partition] = nil }

  /// The next offset of a partition; negative where nothing was heard of it yet.
  func position(of partition: Int32) -> Int64 { positions[partition] ?? -1 }

  /// Whether everything up to these ends was read; of a topic without partitions nothing was.
  func hasReached(_ ends: [Int32: Int64]) -> Bool {
    !ends.isEmpty && ends.allSatisfy { position(of: $0.key) >= $0.value }
  }
}
