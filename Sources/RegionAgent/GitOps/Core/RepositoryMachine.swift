public import Foundation

/// Keeps one branch of one repository as decided: desired placements and what the branch holds in, steps of Git and
/// reports out.
///
/// It does no I/O and reads no clock. One step is under way at a time, and each is answered. Whatever goes wrong, it looks
/// again at what the branch holds and plans anew: it never trusts in what it believes to have written.
public struct RepositoryMachine: Sendable {
  /// What the machine learns.
  public enum Event: Sendable {
    /// The state of a placement, as accepted. An older one than is known changes nothing, nor does an earlier attempt at it.
    case desired(DesiredPlacement)
    /// Whoever asked for a placement knows it no more: what it asks next is counted anew.
    case forgotten(UUID)
    /// The shell is ready.
    case begin
    /// The branch may have changed, or be there again: a pause ends too.
    case refresh
    /// A time asked for by ``Action/wake(at:)`` has come, or passed; one that comes early is asked for again.
    case alarm
    /// The branch was looked at.
    case synchronized(RepositoryTree)
    /// The clone was thrown away.
    case discarded
    /// The commits were made in the clone; this is the last.
    case committed(String)
    /// The server has taken them.
    case pushed
    /// The last step failed.
    case failed(GitFailure)
  }

  /// What the shell must do.
  public enum Action: Sendable, Hashable {
    /// Look at the branch; make a clone where there is none.
    case synchronize
    /// Throw the clone away.
    case discard
    /// Make a commit of each change upon `onto`; nil where there is no branch yet.
    case commit([FolderChange], onto: String?)
    /// Send the commit, if the branch is still at `onto`.
    case push(String, onto: String?)
    /// Tell where placements are; only those whose standing changed.
    case report([UUID: PlacementNews])
    /// Tell of the repository as a whole.
    case health(RepositoryHealth)
    /// Send ``Event/alarm`` at this moment; the shell adds jitter.
    case wake(at: Date)
  }

  private enum Stage: Sendable, Hashable {
    case waitingToBegin
    /// The branch was as wanted; it is looked at again at `next`.
    case settled(since: Date, next: Date)
    case synchronizing
    case discarding
    case committing(onto: String?)
    case pushing
    case pausing(since: Date, until: Date)
  }

  /// Commits in one push. More are pushed one batch after the other.
  static let batchLimit = 200
  /// Pushes lost to others in a row before there is a pause.
  static let raceLimit = 5

  private let layout: RepositoryLayout
  private let pollInterval: TimeInterval
  private let namespaceDelay: TimeInterval

  private var desired: [UUID: DesiredPlacement] = [:]
  private var standings: [UUID: PlacementStanding] = [:]
  private var health = RepositoryHealth()
  private var stage = Stage.waitingToBegin
  private var failures = 0
  private var races = 0
  private var wasDiscarded = false
  /// Changes planned before the last push that the server took; nil when something new was asked for since.
  private var changesBefore: Int?
  /// Commits that the server took since the last look.
  private var isPushed = false
  /// Placements from which the commits being made take something away, as far as no newer state of one was heard of.
  private var removing: Set<UUID> = []
  /// The branch changed while it was being looked at.
  private var isToldOfChange = false
  private var isOvertaken = false

  /// A machine that knows nothing yet.
  ///
  /// - Parameters:
  ///   - path: Régie's own path in the repository.
  ///   - pollInterval: Seconds between looks at the branch.
  ///   - namespaceDelay: Seconds between a removal's two steps.
  public init(path: String, pollInterval: TimeInterval, namespaceDelay: TimeInterval) {
    layout = RepositoryLayout(path: path)
    self.pollInterval = pollInterval
    self.namespaceDelay = namespaceDelay
  }

  /// Takes in one event at the moment `now`.
  public mutating func handle(_ event: Event, at now: Date) -> [Action] {
    switch (event, stage) {
    case (.desired(let placement), _): return take(placement)
    case (.forgotten(let placement), _): return forget(placement)
    case (.begin, .waitingToBegin), (.refresh, .settled), (.refresh, .pausing): return synchronize()
    case (.refresh, .synchronizing):
      isToldOfChange = true
      return []
    case (.alarm, _): return takeAlarm(at: now)
    case (.synchronized(let tree), .synchronizing): return take(tree, at: now)
    case (.discarded, .discarding): return synchronize()
    case (.committed(let commit), .committing(let onto)):
      // A removal that was called back while it was being committed goes no further.
      if isOvertaken { return synchronize() }
      stage = .pushing
      return [.push(commit, onto: onto)]
    case (.pushed, .pushing):
      isPushed = true
      races = 0
      return synchronize()
    case (.failed(let failure), .synchronizing), (.failed(let failure), .committing), (.failed(let failure), .pushing),
      (.failed(let failure), .discarding):
      return take(failure, at: now)
    default: return []
    }
  }

  private mutating func take(_ placement: DesiredPlacement) -> [Action] {
    if let known = desired[placement.placement] {
      guard placement.version >= known.version, placement != known else { return [] }
      // One version is asked for in several ways: a removal may have been called off since. Whoever asks counts the attempts
      // up as long as it lives, from one for each placement. A next life of the agent has a next machine as well, and a
      // placement that was let go of within one is forgotten here: a lower number is an earlier word, not a new beginning.
      if placement.version == known.version, placement.attempt < known.attempt { return [] }
    }
    desired[placement.placement] = placement
    changesBefore = nil
    if removing.contains(placement.placement) { isOvertaken = true }
    let news = note([placement.placement: .pending])
    if case .settled = stage { return news + synchronize() }
    return news
  }

  /// Its folder, where it comes back, is one of a placement that is not known.
  private mutating func forget(_ placement: UUID) -> [Action] {
    desired[placement] = nil
    standings[placement] = nil
    if removing.contains(placement) { isOvertaken = true }
    return []
  }

  private mutating func synchronize() -> [Action] {
    isToldOfChange = false
    stage = .synchronizing
    return [.synchronize]
  }

  private mutating func takeAlarm(at now: Date) -> [Action] {
    switch stage {
    case .settled(let since, let until), .pausing(let since, let until):
      // A clock that was put back ends the wait too: nobody knows how long it would last.
      return now >= until || now < since ? synchronize() : [.wake(at: until)]
    default: return []
    }
  }

  private mutating func take(_ tree: RepositoryTree, at now: Date) -> [Action] {
    let plan = FolderPlan(desired, on: tree, layout: layout, namespaceDelay: namespaceDelay, now: now)
    let news = note(plan.standings, head: tree.head)
    guard !plan.changes.isEmpty else { return news + settle(tree, plan, at: now) }
    if isPushed, let before = changesBefore, plan.changes.count >= before {
      // The server took what it was sent and shows something else: nothing is gained by sending it on and on.
      isPushed = false
      changesBefore = nil
      let message = "the server took \(before) commit(s) and its branch does not show them"
      return news + take(GitFailure(kind: .other, operation: "push", message: message), at: now)
    }
    isPushed = false
    changesBefore = plan.changes.count
    let batch = Array(plan.changes.prefix(Self.batchLimit))
    removing = Set(batch.filter { $0.step.takesAway }.map(\.placement))
    isOvertaken = false
    stage = .committing(onto: tree.head)
    return news + [.commit(batch, onto: tree.head)]
  }

  private mutating func settle(_ tree: RepositoryTree, _ plan: FolderPlan, at now: Date) -> [Action] {
    failures = 0
    races = 0
    wasDiscarded = false
    isPushed = false
    changesBefore = nil
    var seen = RepositoryHealth()
    seen.head = tree.head
    seen.foreign = Array(plan.foreign.prefix(RepositoryHealth.longestList))
    seen.foreignOmitted = plan.foreign.count - seen.foreign.count
    seen.unknownFolders = Array(plan.unknown.prefix(RepositoryHealth.longestList))
    seen.unknownOmitted = plan.unknown.count - seen.unknownFolders.count
    if isToldOfChange { return tell(seen) + synchronize() }
    let next = min(plan.next ?? .distantFuture, now + pollInterval)
    stage = .settled(since: now, next: next)
    return tell(seen) + [.wake(at: next)]
  }

  private mutating func take(_ failure: GitFailure, at now: Date) -> [Action] {
    if failure.kind == .raced {
      races += 1
      if races <= Self.raceLimit { return synchronize() }
    }
    if failure.kind == .corrupted, !wasDiscarded, stage != .discarding {
      wasDiscarded = true
      stage = .discarding
      return [.discard]
    }
    // One more clone is worth a try after each pause.
    wasDiscarded = false
    failures += 1
    let until = now + RetryPace.wait(afterFailures: failures, failure.kind)
    stage = .pausing(since: now, until: until)
    var seen = health
    seen.fault = failure
    return tell(seen) + [.wake(at: until)]
  }

  private mutating func note(_ seen: [UUID: PlacementStanding], head: String? = nil) -> [Action] {
    let changed = seen.filter { standings[$0.key] != $0.value }
    guard !changed.isEmpty else { return [] }
    standings.merge(changed) { $1 }
    let news = changed.map { placement, standing in
      (placement, PlacementNews(standing: standing, attempt: desired[placement]?.attempt ?? 0, head: head))
    }
    return [.report(Dictionary(uniqueKeysWithValues: news))]
  }

  private mutating func tell(_ seen: RepositoryHealth) -> [Action] {
    guard seen != health else { return [] }
    health = seen
    return [.health(seen)]
  }
}
