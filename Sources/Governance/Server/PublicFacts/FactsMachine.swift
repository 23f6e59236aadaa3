import Store

/// The decisions of whoever publishes public facts: when to wait for an earlier publisher to be past, to claim, publish
/// and mark, or to rest.
///
/// One batch is resolved before the next is claimed, and of one thing it holds the oldest state that waits: so no state
/// overtakes another (protocol rule 8).
struct FactsMachine: Sendable {
  enum Event: Sendable {
    /// The lock is held; `mayBeInFlight` where somebody was about to publish lately and nobody knows what became of it.
    case started(mayBeInFlight: Bool)
    /// What an earlier publisher had in its queue can no longer be sent by it.
    case waitedOut
    /// There may be new facts.
    case bell
    case claimed([FactClaim])
    /// What the bus took of the batch.
    case published([FactAck])
    /// It is written down that the bus has it; so many are published once more.
    case marked(again: Int)
    /// The last action failed; it may be tried again.
    case failed
    /// A pause is over.
    case resumed
  }

  enum Action: Sendable, Equatable {
    case waitOut
    case claim(limit: Int)
    case publish([FactClaim])
    case mark([FactAck])
    case pause(failures: Int)
  }

  private enum Stage: Sendable, Equatable {
    case following
    case waitingOut
    case claiming
    case publishing(count: Int)
    case marking([FactAck], isWhole: Bool)
    case pausing(toMark: [FactAck])
    case idle
  }

  /// Facts per batch.
  static let batchLimit = 256

  private var stage = Stage.following
  private var bellRang = false
  private var failures = 0

  mutating func handle(_ event: Event) -> [Action] {
    switch (event, stage) {
    case (.started(let mayBeInFlight), .following):
      guard mayBeInFlight else { return claim() }
      stage = .waitingOut
      return [.waitOut]
    case (.waitedOut, .waitingOut): return claim()
    case (.bell, .idle): return claim()
    case (.bell, _):
      bellRang = true
      return []
    case (.claimed(let claims), .claiming): return take(claims)
    case (.published(let acks), .publishing(let count)):
      guard !acks.isEmpty else { return pause(toMark: []) }
      return mark(acks, isWhole: acks.count == count)
    // There is always another round: a newer state of a thing waits until the older one is marked.
    case (.marked, .marking(_, let isWhole)):
      guard isWhole else { return pause(toMark: []) }
      failures = 0
      return claim()
    case (.failed, .claiming), (.failed, .publishing): return pause(toMark: [])
    case (.failed, .marking(let acks, _)): return pause(toMark: acks)
    case (.resumed, .pausing(let acks)): return acks.isEmpty ? claim() : mark(acks, isWhole: true)
    default: return []
    }
  }

  private mutating func claim() -> [Action] {
    bellRang = false
    stage = .claiming
    return [.claim(limit: Self.batchLimit)]
  }

  private mutating func take(_ claims: [FactClaim]) -> [Action] {
    guard claims.isEmpty else {
      stage = .publishing(count: claims.count)
      return [.publish(claims)]
    }
    failures = 0
    guard !bellRang else { return claim() }
    stage = .idle
    return []
  }

  private mutating func mark(_ acks: [FactAck], isWhole: Bool) -> [Action] {
    stage = .marking(acks, isWhole: isWhole)
    return [.mark(acks)]
  }

  private mutating func pause(toMark acks: [FactAck]) -> [Action] {
    failures += 1
    stage = .pausing(toMark: acks)
    return [.pause(failures: failures)]
  }
}
