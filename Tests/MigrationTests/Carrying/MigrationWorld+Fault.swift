import Model

@testable import Migration

extension MigrationWorld {
  /// What is wrong with this world; nil where all that was promised holds.
  var fault: String? {
    let copies = MigrationSide.allCases.filter { there[$0] == .active || there[$0] == .frozen }
    // What is to be emptied is all that is left where somebody deletes the target by hand.
    let isLeft = hasTargetVanished && there[.source] == .draining
    // What was being emptied before the move has no other copy before there is a target.
    let isAsBefore = there[.source] == move.terms.sourcePhase && desired[.target]?.phase != .removed
    if copies.isEmpty, !isSourceDead, !isLeft, !isAsBefore { return "no copy is active or frozen" }
    if move.step == .drainingSource, desired[.source]?.phase == .removed, there[.source] != nil, !hasLied,
      move.isHalted || move.pausedBy != nil
    {
      return "the source is to go while something halts its move"
    }
    if there[.source] == nil, !isSourceDead, !isCopied { return "the source went, and was not copied" }
    if there[.source] == nil, !isSourceDead, !wasVerified { return "the source went before it was verified" }
    if there[.target] == nil, !hasTargetVanished {
      if hasNewWrites, !wasLossAccepted { return "what was written on the target is lost" }
      if isSourceDead, isCopied { return "the last copy went" }
    }
    let isBack = move.step == .rolledBack || move.step == .rollingBack && desired[.target]?.phase == .removed
    if isBack, there[.source] != phaseBack, desired[.target] != nil, !isSourceDead, !isRestored, !hasLied {
      return "the target is to go, and the source is not what it was"
    }
    if let inConsole, !inConsole.contains(.source), desired[.source]?.phase != .removed, !isSourceDead {
      return "the console has taken a source that was to stay"
    }
    if let inConsole, !inConsole.contains(.target), (desired[.target]?.phase ?? .removed) != .removed {
      return "a target is wanted that the console does not have"
    }
    if move.step == .done, inConsole?.contains(.source) ?? false { return "it is done, and the console has the source" }
    // What a lost life has frozen stays so where its target is not known: users may be there.
    let isUntouched = move.target == nil && (isRestored || desired[.source]?.phase == move.terms.sourcePhase)
    if move.step == .rolledBack, desired[.source]?.phase != phaseBack, !isUntouched {
      return "the source is not what it was"
    }
    return nil
  }

  /// What the source is after the way back: what it was, or kept where it was being emptied.
  private var phaseBack: PlacementPhase { move.terms.sourcePhase == .active ? .active : .frozen }
}
