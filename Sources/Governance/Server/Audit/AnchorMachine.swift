import Store
import Trail

/// When to put the chain's head on the bus: at once when it has moved, then not again before a rest is over. Whatever
/// comes meanwhile, the newest head always gets there.
struct AnchorMachine: Sendable {
  enum Event: Sendable {
    /// The chain's head, as far as it is known.
    case head(AuditHead)
    /// The bus has an anchor of this position.
    case sent(position: Int64)
    /// The bus has an anchor of an older position after one of the newer head: another instance was faster.
    case overtaken(by: AuditHead)
    /// It could not be sent.
    case failed
    /// The rest or pause is over.
    case resumed
  }

  enum Action: Sendable, Equatable {
    case send(AuditHead)
    /// A wait between two anchors.
    case rest
    case pause(failures: Int)
  }

  private enum Stage: Sendable, Equatable {
    case idle
    case sending
    case waiting
  }

  private var stage = Stage.idle
  private var newest = AuditHead.origin
  private var anchored: Int64
  private var failures = 0

  /// - Parameter anchored: the last position that the bus is known to have.
  init(anchored: Int64) {
    self.anchored = anchored
  }

  /// Whether there is nothing to do until the head moves.
  var isIdle: Bool { stage == .idle }

  mutating func handle(_ event: Event) -> [Action] {
    switch (event, stage) {
    case (.head(let head), _):
      if head.position > newest.position { newest = head }
      return stage == .idle ? send() : []
    case (.sent(let position), .sending):
      anchored = max(anchored, position)
      failures = 0
      stage = .waiting
      return [.rest]
    case (.overtaken(let head), .sending):
      // The newest anchor is what readers keep, so the newer head goes out again at once, over the older one.
      if head.position > newest.position { newest = head }
      failures = 0
      return [.send(newest)]
    case (.failed, .sending):
      failures += 1
      stage = .waiting
      return [.pause(failures: failures)]
    case (.resumed, .waiting): return send()
    default: return []
    }
  }

  private mutating func send() -> [Action] {
    guard newest.position > anchored else {
      stage = .idle
      return []
    }
    stage = .sending
    return [.send(newest)]
  }
}
