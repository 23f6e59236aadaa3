import Events
import Model

/// Who or what a move waits for.
public enum MigrationAwaited: Sendable, Hashable {
  /// A party's agreement.
  case approval(MigrationParty)
  /// That the service body has it begin.
  case start
  /// A place for the target, by the engine.
  case place
  /// That a copy is seen to be what is wanted of it.
  case agent(MigrationSide)
  /// A task of its owner.
  case task(MigrationTask.Kind)
  /// That the service body answers for what is lost with the source.
  case lossAcceptance
  /// That the service body has users led to the target.
  case cutOver
  /// The end of the time for which the source is kept.
  case retention
  /// That the service body types the source's name.
  case removalConfirmation
  /// That the service body declares gone a source that was given up for lost, and that nobody has seen since.
  case goneDeclaration
  /// That the service body types the target's name.
  case targetRemovalConfirmation
}

extension EnvironmentMigration {
  /// What has to happen before it goes on, beside what stands in the way; of several all are needed, but for
  /// preparations. Empty once it has ended.
  public var awaited: [MigrationAwaited] {
    var awaited: [MigrationAwaited] = tasks.filter(\.isOpen).map { .task($0.kind) }
    for side in MigrationSide.allCases where isAwaited(side) { awaited.append(.agent(side)) }
    switch step {
    case .planned:
      awaited += MigrationParty.allCases.filter { terms.approvers.contains($0) && approvals[$0] == nil }
        .map { .approval($0) }
    case .approved: awaited.append(.start)
    case .preparingTarget: if target == nil { awaited.append(.place) }
    case .targetReady:
      if isSourceLost, cutOverBegunAt == nil { awaited.append(acceptedLoss == nil ? .lossAcceptance : .cutOver) }
    case .writesStopped: if !isSeen(.source, .frozen) { awaited.append(.agent(.source)) }
    case .finalCopy: if cutOverBegunAt == nil { awaited.append(.cutOver) }
    case .verified: awaited.append(.retention)
    case .drainingSource:
      if isToBeDeclaredGone {
        awaited.append(.goneDeclaration)
      } else if !isRemovalOrdered {
        awaited.append(.removalConfirmation)
      } else if !isSeen(.source, .removed) {
        awaited.append(.agent(.source))
      }
    case .rollingBack:
      if isSourceBack, target != nil, isTargetOfWorth, targetRemovalConfirmedAt == nil {
        awaited.append(.targetRemovalConfirmation)
      }
    case .firstCopy, .cutOver, .removed, .done, .rolledBack, .failed: break
    }
    return awaited.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
