import Events
import Foundation
import Store

/// The relay's decisions: when to claim outbox rows, publish them, mark them, wait, or stop.
///
/// One batch is resolved before the next is claimed, so no revision of a placement is ever sent while an earlier one is
/// unresolved (protocol rule 8). A batch holds one state per placement: the latest committed one.
///
/// A zone whose states the bus does not take is set aside, with a back-off of its own: nothing is claimed for it until
/// the shell says that it is due again, while all others go on. Only what concerns the database holds up everything.
struct RelayMachine: Sendable {
  /// What became of one claim.
  struct Publication: Sendable {
    var claim: OutboxClaim
    /// Where the bus put it; nil when it is not known to be there, or where.
    var ack: OutboxAck?
  }

  enum Event: Sendable {
    /// Leadership was taken under a fencing term; `mayBeInFlight` when an earlier leader left attempts unresolved,
    /// `fences` when the broker is to refuse earlier leaders as well.
    case elected(term: Int64, mayBeInFlight: Bool, fences: Bool)
    /// The broker refuses whatever earlier leaders may still send.
    case fenced
    /// What an earlier leader had in its queue can no longer be sent by it.
    case waitedOut
    /// The recent attempts of earlier leaders were queued again.
    case republished
    /// There may be new rows.
    case bell
    case claimed([OutboxClaim])
    case published([Publication])
    /// The pause of a zone that was set aside is over, and its topics are there.
    case due(zone: String)
    /// The pause of a zone that was set aside is over, and its topics are still not to be had.
    case undue(zone: String)
    case marked
    /// The last action failed; it may be tried again.
    case failed
    /// A pause is over.
    case resumed
    /// Leadership is lost.
    case deposed
  }

  enum Action: Sendable, Equatable {
    case fence
    case waitOut
    case republishRecent
    case claim(term: Int64, limit: Int, excluding: Set<String>)
    case publish([UUID])
    case mark
    case pause(failures: Int)
    /// Answered in its own time, while other actions are asked for.
    case setAside(zone: String, failures: Int)
    case purge(unresolved: [UUID])
  }

  private enum Stage: Sendable, Equatable {
    case following
    case fencing(mayBeInFlight: Bool)
    case waitingOut
    case republishing
    case idle
    case claiming
    case publishing
    case marking
    case pausing(before: Retry)
    case stopped
  }

  /// What to do again after a pause.
  private enum Retry: Sendable, Equatable {
    case fencing(mayBeInFlight: Bool)
    case republishing
    case claiming
    case marking
  }

  /// States per batch.
  static let batchLimit = 256

  private var stage = Stage.following
  private var term: Int64 = 0
  private var bellRang = false
  private var failures = 0
  private var troubled = TroubledZones()
  /// The zones that the last claim left out: one of them may have been readmitted since.
  private var excluded: Set<String> = []
  /// The claims being published, for the shell.
  private(set) var batch: [OutboxClaim] = []
  /// The acknowledgements being marked, for the shell.
  private(set) var acks: [OutboxAck] = []

  /// Whether the shell has nothing to perform until the bell rings.
  var isIdle: Bool { stage == .idle }

  /// The zones of which the bus may hold what nobody knows of.
  var troubledZones: Set<String> { troubled.all }

  /// Whether there is a zone whose states the bus does not take.
  var hasTroubledZones: Bool { !troubled.isEmpty }

  mutating func handle(_ event: Event) -> [Action] {
    switch (event, stage) {
    case (.deposed, .stopped): return []
    case (.deposed, _):
      stage = .stopped
      let tried = batch.map(\.state.placement)
      return [.purge(unresolved: tried + troubled.placements.filter { !tried.contains($0) })]
    case (.bell, _):
      bellRang = true
      return stage == .idle ? claim() : []
    case (.due, .stopped), (.undue, .stopped): return []
    case (.due(let zone), _):
      guard troubled.readmit(zone) else { return [] }
      bellRang = true
      return stage == .idle ? claim() : []
    case (.undue(let zone), _):
      return troubled.prolong(zone).map { [.setAside(zone: zone, failures: $0)] } ?? []
    case (.elected(let term, let mayBeInFlight, let fences), .following):
      self.term = term
      return fences ? fence(mayBeInFlight) : begin(mayBeInFlight)
    case (.fenced, .fencing(let mayBeInFlight)):
      failures = 0
      return begin(mayBeInFlight)
    case (.waitedOut, .waitingOut):
      stage = .republishing
      return [.republishRecent]
    case (.republished, .republishing):
      failures = 0
      return claim()
    case (.claimed(let claims), .claiming): return take(claims)
    case (.published(let publications), .publishing): return take(publications)
    case (.marked, .marking): return takeMarked()
    case (.failed, .fencing(let mayBeInFlight)): return pause(before: .fencing(mayBeInFlight: mayBeInFlight))
    case (.failed, .republishing): return pause(before: .republishing)
    case (.failed, .claiming): return pause(before: .claiming)
    case (.failed, .marking): return pause(before: .marking)
    case (.resumed, .pausing(let retry)): return resume(retry)
    default: return []
    }
  }

  private mutating func fence(_ mayBeInFlight: Bool) -> [Action] {
    stage = .fencing(mayBeInFlight: mayBeInFlight)
    return [.fence]
  }

  /// An earlier leader is waited out even behind the broker's fence: it may have run without one.
  private mutating func begin(_ mayBeInFlight: Bool) -> [Action] {
    stage = mayBeInFlight ? .waitingOut : .republishing
    return [mayBeInFlight ? .waitOut : .republishRecent]
  }

  private mutating func claim() -> [Action] {
    bellRang = false
    stage = .claiming
    excluded = troubled.aside
    return [.claim(term: term, limit: Self.batchLimit, excluding: excluded)]
  }

  private mutating func take(_ claims: [OutboxClaim]) -> [Action] {
    if claims.count < Self.batchLimit {
      troubled.keep(claimed: Set(claims.map(\.state.zone)), excluded: excluded)
    }
    guard !claims.isEmpty else {
      stage = .idle
      failures = 0
      return bellRang ? claim() : []
    }
    // A full batch may have left rows behind.
    if claims.count >= Self.batchLimit { bellRang = true }
    batch = claims
    stage = .publishing
    return [.publish(claims.map(\.state.placement))]
  }

  private mutating func take(_ publications: [Publication]) -> [Action] {
    acks = publications.compactMap(\.ack)
    batch = []
    let setAside = troubled.judge(publications).map { Action.setAside(zone: $0.zone, failures: $0.failures) }
    if acks.isEmpty {
      failures = 0
      return setAside + claim()
    }
    stage = .marking
    return setAside + [.mark]
  }

  private mutating func takeMarked() -> [Action] {
    acks = []
    failures = 0
    return claim()
  }

  private mutating func pause(before retry: Retry) -> [Action] {
    failures += 1
    stage = .pausing(before: retry)
    return [.pause(failures: failures)]
  }

  private mutating func resume(_ retry: Retry) -> [Action] {
    switch retry {
    case .fencing(let mayBeInFlight): return fence(mayBeInFlight)
    case .republishing:
      stage = .republishing
      return [.republishRecent]
    case .claiming: return claim()
    case .marking:
      stage = .marking
      return [.mark]
    }
  }
}
