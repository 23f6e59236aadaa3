public import Events
public import Foundation
public import Model

/// The move of one environment from one cluster to another: a machine whose state is all that has to be kept.
///
/// It orders nothing: what is ``wanted`` of both copies follows from its state, and whoever keeps it makes the placements
/// so, in the transaction that writes it. So nothing is done twice, wherever a program ends.
///
/// At every step one copy is active or frozen: the source goes only once the target is verified, its time is over, and
/// somebody has typed its name; the target goes only once the source is seen to be what it was.
public struct EnvironmentMigration: Codable, Sendable, Hashable {
  /// What is wanted of the two copies.
  public struct Wanted: Codable, Sendable, Hashable {
    /// The source's phase; nil where it stays what it is.
    public var source: PlacementPhase?
    /// The target's phase; nil where there is to be none yet.
    public var target: PlacementPhase?

    subscript(side: MigrationSide) -> PlacementPhase? { side == .source ? source : target }
  }

  /// How it stands, beside its step.
  public enum Standing: String, Codable, Sendable, CaseIterable {
    /// It goes on, or waits for people or agents.
    case running
    /// Something stands in the way: see ``EnvironmentMigration/obstacles``.
    case blocked
    /// Somebody has halted it.
    case paused
    /// Nothing follows any more.
    case ended
  }

  /// What somebody answers for.
  public struct AcceptedLoss: Codable, Sendable, Hashable {
    /// What is lost, in words: the time of the last copy, say.
    public var text: String
    /// Who accepts it.
    public var principal: String
    /// When, by the database's clock.
    public var at: Timestamp
  }

  /// Its identifier.
  public let id: UUID
  /// What it is of, and on what terms.
  public let terms: MigrationTerms
  /// How far it has come.
  public internal(set) var step = MigrationStep.planned
  /// Since when it is there.
  public internal(set) var since: Timestamp
  /// Who has agreed, and who said so.
  public internal(set) var approvals: [MigrationParty: String] = [:]
  /// The target's placement, once it has a place.
  public internal(set) var target: UUID?
  /// What people have to do, in the order of the kinds.
  public internal(set) var tasks: [MigrationTask]
  /// What stands in the way, in the order in which it came.
  public internal(set) var obstacles: [MigrationObstacle] = []
  /// Who has halted it.
  public internal(set) var pausedBy: String?
  /// Since when users are led to the target.
  public internal(set) var cutOverBegunAt: Timestamp?
  /// When the team had seen that all is well.
  public internal(set) var verifiedAt: Timestamp?
  /// When somebody has confirmed that the source is to go.
  public internal(set) var removalConfirmedAt: Timestamp?
  /// When somebody has declared gone a source that was given up for lost, and that nobody has seen since.
  public internal(set) var goneDeclaredAt: Timestamp?
  /// That after a rollback the target may go although it was in use.
  public internal(set) var targetRemovalConfirmedAt: Timestamp?
  /// What is lost, and who answers for it.
  public internal(set) var acceptedLoss: AcceptedLoss?
  /// Whether nothing can be copied from the source any more.
  public internal(set) var isSourceLost: Bool
  /// The step at which it was turned back.
  public internal(set) var rolledBackFrom: MigrationStep?
  /// Why it was given up.
  public internal(set) var reason: String?
  /// Whether the database was restored while it was under way: users may be on the target without its knowing.
  public internal(set) var wasRecovered = false
  /// What the source was when it began; nil before, and where nobody knows.
  var phaseAtStart: PlacementPhase?
  /// Whether the source was active, and was frozen for the move.
  var hasFrozenSource = false
  /// What was wanted when it was given up.
  var wantedAtEnd: Wanted?
  /// What was seen of each copy since something else was wanted of it.
  var seen: [MigrationSide: MigrationEvent.Observation] = [:]
  /// Since when it is wanted of each copy what is wanted.
  var wantedSince: [MigrationSide: Timestamp] = [:]
  /// The act that is waited for.
  var waitingFor: MigrationAct?
  /// Since when it is waited for.
  var waitingSince: Timestamp?
  /// Whether people were reminded of it; nil where not.
  var isReminded: Bool?
  /// The tasks of which people were reminded.
  @Sorted var reminded: Set<MigrationTask.Kind> = []

  /// A move that is to be approved.
  public init(_ id: UUID, _ terms: MigrationTerms, at now: Timestamp) {
    self.id = id
    self.terms = terms
    since = now
    isSourceLost = terms.isEmergency
    tasks = MigrationTask.Kind.allCases.filter(terms.tasks.contains).map { MigrationTask($0) }
    noteAct(at: now)
  }

  /// How it stands.
  public var standing: Standing {
    if step.isEnd { return .ended }
    if pausedBy != nil { return .paused }
    return obstacles.isEmpty ? .running : .blocked
  }

  /// A task; nil where there is none of the kind.
  public subscript(task: MigrationTask.Kind) -> MigrationTask? { tasks.first { $0.kind == task } }

  /// What is wanted of both copies now.
  public var wanted: Wanted {
    // In the console's zones nothing is to be there before the environment was made: the place is only reserved.
    let place: PlacementPhase? = target == nil || !isDone(.createEnvironment) ? nil : .active
    switch step {
    case .planned, .approved: return Wanted(source: nil, target: nil)
    case .preparingTarget, .targetReady, .firstCopy:
      // Where the source is lost it is frozen as soon as the target is in use, should it ever come back.
      return Wanted(source: isSourceLost && (hasNewWrites || hasFrozenSource) ? .frozen : nil, target: place)
    case .writesStopped, .finalCopy, .cutOver, .verified: return Wanted(source: .frozen, target: place)
    case .drainingSource:
      // While the target is not well nobody empties the source.
      return Wanted(source: isRemovalOrdered ? .removed : isTargetUnwell ? .frozen : .draining, target: place)
    // Where nothing was ordered nothing is: should it come back, somebody looks at it first.
    case .removed, .done: return Wanted(source: isRemovalOrdered ? .removed : nil, target: place)
    case .rollingBack:
      return Wanted(source: sourceAsItWas, target: target == nil ? nil : targetMayGo ? .removed : .active)
    case .rolledBack: return Wanted(source: sourceAsItWas, target: target == nil ? nil : .removed)
    case .failed: return wantedAtEnd ?? Wanted()
    }
  }

  /// When it has to be looked at again for the time alone; nil where time changes nothing.
  public var next: Timestamp? {
    guard !step.isEnd else { return nil }
    var moments = tasks.filter(\.isOpen).flatMap { task -> [Timestamp] in
      guard let due = task.dueAt else { return [] }
      return [reminded.contains(task.kind) ? nil : halfway(to: due), isOverdue(task.kind) ? nil : due].compactMap(
        \.self)
    }
    for side in MigrationSide.allCases where isAwaited(side) && !obstacles.contains(side.lateness) {
      moments.append((wantedSince[side] ?? since).adding(terms.patience))
    }
    if let waitingFor, let due = actDueAt {
      if isReminded == nil { moments.append(halfway(to: due)) }
      if waitingFor != .approve, !obstacles.contains(.waiting(waitingFor)) { moments.append(due) }
    }
    if step == .verified, let verifiedAt, pausedBy == nil, !isHalted, isSeen(.target, .active) {
      moments.append(verifiedAt.adding(terms.retention))
    }
    return moments.min()
  }

  /// By when the act that is waited for is due; nil where there is none.
  public var actDueAt: Timestamp? { waitingSince?.adding(terms.taskTime) }

  func halfway(to due: Timestamp) -> Timestamp { due.adding(-terms.taskTime / 2) }

  func isOverdue(_ kind: MigrationTask.Kind) -> Bool { obstacles.contains(.overdue(kind)) }

  /// Whether a task was done, or there is none.
  func isDone(_ kind: MigrationTask.Kind) -> Bool { self[kind].map { $0.evidence != nil } ?? true }

  /// Whether a copy is seen in a phase, and nothing is wrong with it.
  func isSeen(_ side: MigrationSide, _ phase: PlacementPhase) -> Bool {
    seen[side].map { $0.phase == phase && ($0.faults.isEmpty || phase != .active) } ?? false
  }

  /// Whether a copy is to become what is wanted of it. Where the source is lost nobody waits for it, but on the way back.
  func isAwaited(_ side: MigrationSide) -> Bool {
    if side == .source, step == .rollingBack { return !isSourceBack }
    guard side == .target || !isSourceLost else { return false }
    return wanted[side].map { !isSeen(side, $0) } ?? false
  }

  /// Whether the target is not what users need.
  private var isTargetUnwell: Bool { obstacles.contains { $0.isHalting && $0 != .sourceGone } }

  /// Whether something stands in the way of every step forward.
  var isHalted: Bool { obstacles.contains(where: \.isHalting) }

  /// What the source was before the move: as its beginning found it, else as its plan did.
  var sourcePhase: PlacementPhase { phaseAtStart ?? terms.sourcePhase }

  /// After a rollback: what was done to the source is undone, and what was not is left alone; but what was being
  /// emptied already is kept before its target goes.
  private var sourceAsItWas: PlacementPhase? {
    if hasFrozenSource { return .active }
    return sourcePhase == .draining && target != nil ? .frozen : nil
  }

  /// After a rollback: whether the source is seen to be what it was, or kept where it was being emptied.
  var isSourceBack: Bool {
    isSeen(.source, .active) || (!hasFrozenSource && isSeen(.source, .frozen))
  }

  /// Whether after a rollback somebody has to type the target's name: it has, or may have, what the source has not, or the source
  /// was given up for lost, and a report of it may be from before.
  var isTargetOfWorth: Bool { hasNewWrites || isSourceLost || wasRecovered }

  /// Whether users may have written to the target.
  var hasNewWrites: Bool { cutOverBegunAt != nil }

  /// Whether going back takes the reverse copy, or somebody who answers for the loss: after a recovery nobody knows whether users were
  /// led to the target in the life that was lost.
  var mayHaveNewWrites: Bool { hasNewWrites || (wasRecovered && wanted.target != nil) }

  /// Whether the source may go: nothing speaks against it any more.
  var isRemovalOrdered: Bool { removalConfirmedAt != nil || goneDeclaredAt != nil }

  /// Whether an order to remove the source gives up its volumes, too: not where nobody has looked at what they hold.
  public var givesUpVolumes: Bool { goneDeclaredAt == nil }

  /// Whether the source was given up for lost, and nobody has seen it since: it can only be declared gone.
  var isToBeDeclaredGone: Bool { isSourceLost && seen[.source] == nil && removalConfirmedAt == nil }

  /// Whether after a rollback nothing needs the target any more.
  var targetMayGo: Bool {
    // What is gone is gone; what is not goes no more while it is halted.
    guard isSourceBack, pausedBy == nil || isSeen(.target, .removed) else { return false }
    return !isTargetOfWorth || (targetRemovalConfirmedAt != nil && isWayBackDone)
  }

  /// Whether what was written on the target is back, or given up, and users are led to the source again.
  var isWayBackDone: Bool { (acceptedLoss != nil || isDone(.reverseCopy)) && isDone(.switchNames) }
}

extension MigrationSide {
  /// That it did not become in time what was ordered.
  var lateness: MigrationObstacle { self == .source ? .sourceLate : .targetLate }
}

extension Timestamp {
  /// The moment so many microseconds later.
  func adding(_ microseconds: Int64) -> Timestamp {
    let (sum, overflow) = self.microseconds.addingReportingOverflow(microseconds)
    return Timestamp(microseconds: overflow ? (microseconds < 0 ? .min : .max) : sum)
  }
}
