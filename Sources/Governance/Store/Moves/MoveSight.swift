import Events
import Foundation
import Migration
import Model

/// What a move is told of its copies: pure.
struct MoveSight: Sendable {
  /// The source, as it stands; nil where it is not known any more.
  var source: PlacementRecord?
  /// The target, as it stands; nil while it has no place.
  var target: PlacementRecord?
  /// Whether the target's zone was not heard for longer than the policy allows.
  var isTargetSilent = false
  /// Whether the source's was not.
  var isSourceSilent = false
  /// Whether the agent of the source's zone is heard, and says that it does not reach the source's cluster.
  var isSourceCutOff = false
  /// Derogations of the project that end soon.
  var ending: [String] = []
  /// Why the target may not be where it is, by the policy in force: reasons as JSON.
  var illegal: [String] = []
  /// Whether others of the source's environment are placed, under its name.
  var hasOthersOfSource = false

  /// What is to be told, in order. What was seen of a copy counts only for the desired state that was written last.
  ///
  /// - Parameter act: what somebody does at the same time: what he says himself is not said for him.
  func events(of move: EnvironmentMigration, beside act: MigrationEvent? = nil) -> [MigrationEvent] {
    var events: [MigrationEvent] = []
    if let source {
      // On the way back the target goes once the source is there, so an old report of it, or one that says that what was
      // ordered is not so, does not do. Nor does an old one show that what was given up for lost is back.
      let isLeadBack = move.step == .rollingBack || act?.isRollback ?? false
      let isLost = move.isSourceLost && source.removedAt == nil
      let isOld = isLeadBack ? isSourceSilent : isLost && (isSourceSilent || isSourceCutOff)
      let seen = isOld ? nil : Self.observation(of: source, mustBeApplied: true)
      events.append(seen.map { .observed(.source, $0) } ?? .unseen(.source))
    }
    if hasOthersOfSource, case .observed(.source, var seen)? = events.last, seen.phase == .removed {
      seen.hasOthers = true
      events[events.count - 1] = .observed(.source, seen)
    }
    guard let target, move.target == target.spec.id else { return events }
    if target.isUnconfirmed, target.removedAt != nil { return events + [.placeLost] }
    if !target.isUnconfirmed {
      if let made = move[.createEnvironment], made.isOpen, !(act?.isCreation ?? false) {
        events.append(
          .done(.createEnvironment, evidence: "environment \(target.spec.environmentID.uuidString.lowercased())"))
      }
      if var seen = Self.observation(of: target, mustBeApplied: false) {
        if seen.phase == .active { seen.faults = TargetFault.faults(of: sight(of: target)).map(\.code) }
        events.append(.observed(.target, seen))
      } else if isTargetSilent, target.spec.phase == .active {
        // The same at each look, and nothing else before it: what was the same would be another one each time.
        events.append(.observed(.target, .init(.active, faults: [TargetFault.silent.code])))
      } else {
        // Whatever was seen was of what is not wanted any more: its quota was changed, say, and nobody has reported on that.
        events.append(.unseen(.target))
      }
      events.append(.judged(illegal))
    }
    return events
  }

  /// Nil where the present desired state was not seen yet.
  ///
  /// - Parameter mustBeApplied: whether what is active has to be as ordered, too; else its faults say what is wrong with it.
  private static func observation(
    of placement: PlacementRecord, mustBeApplied: Bool
  ) -> MigrationEvent.Observation? {
    if placement.removedAt != nil { return .init(.removed) }
    guard placement.isCurrent, let state = placement.observed?.state else { return nil }
    // What could not be applied is not so.
    guard state.holds(ConditionType.applied) || (placement.spec.phase == .active && !mustBeApplied) else { return nil }
    return .init(state.phase)
  }

  private func sight(of target: PlacementRecord) -> TargetFault.Sight {
    let state = target.observed?.state
    return TargetFault.Sight(
      isReady: target.isReady, isRefused: state?.holds(ConditionType.refused) ?? false,
      isAwaitingOwner: state?.holds(ConditionType.awaitingOwner) ?? false, isSilent: isTargetSilent,
      quota: ResourceAmounts(target.spec.quota), used: source?.observed?.state.used.map { ResourceAmounts($0) },
      ending: ending)
  }
}

extension MigrationEvent {
  /// This, with what is seen and the event has to say: what the source is as its move begins.
  func seeing(_ sight: MoveSight) -> MigrationEvent {
    guard case .started(let changes, _) = self else { return self }
    return .started(changes: changes, source: sight.source?.spec.phase)
  }

  /// Whether somebody says that the console has made the target.
  var isCreation: Bool { if case .done(.createEnvironment, _) = self { true } else { false } }

  /// Whether it begins the way back, or goes on with it.
  var isRollback: Bool { if case .rolledBack = self { true } else { false } }

  /// Whether it leads users to the target, or leaves them with it alone.
  var needsLegalTarget: Bool {
    switch self {
    case .cutOverBegins, .removalConfirmed, .goneDeclared: true
    default: false
    }
  }

  /// Whether it takes place only once the target's flows are open: that they are said to be, or that users are led there.
  var needsFlows: Bool {
    switch self {
    case .done(.flows, _), .cutOverBegins: true
    default: false
    }
  }
}
