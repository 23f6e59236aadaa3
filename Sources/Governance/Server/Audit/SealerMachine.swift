import Store
import Trail

/// The sealer's decisions: when to link entries, tell the head, or wait.
struct SealerMachine: Sendable {
  enum Event: Sendable {
    /// The lock is held.
    case started
    /// There may be new entries.
    case bell
    case sealed(AuditProgress)
    /// Another sealer moved the head meanwhile: one that was stopped and goes on, or took over.
    case overtaken
    /// Sealing failed; it may be tried again.
    case failed
    /// A pause is over.
    case resumed
  }

  enum Action: Sendable, Equatable {
    case seal(limit: Int)
    /// Tells the chain's head to whoever anchors it.
    case announce(AuditHead)
    case pause(failures: Int)
  }

  private enum Stage: Sendable, Equatable {
    case following
    case sealing
    case idle
    case pausing
  }

  /// Entries per statement.
  static let batchLimit = 500

  private var stage = Stage.following
  private var bellRang = false
  private var failures = 0

  mutating func handle(_ event: Event) -> [Action] {
    switch (event, stage) {
    case (.started, .following), (.resumed, .pausing): return seal()
    case (.bell, .idle): return seal()
    case (.bell, _):
      bellRang = true
      return []
    case (.sealed(let progress), .sealing):
      failures = 0
      return [.announce(progress.head)] + (progress.mayHaveMore || bellRang ? seal() : rest())
    case (.overtaken, .sealing), (.failed, .sealing):
      failures += 1
      stage = .pausing
      return [.pause(failures: failures)]
    default: return []
    }
  }

  private mutating func seal() -> [Action] {
    bellRang = false
    stage = .sealing
    return [.seal(limit: Self.batchLimit)]
  }

  private mutating func rest() -> [Action] {
    stage = .idle
    return []
  }
}
