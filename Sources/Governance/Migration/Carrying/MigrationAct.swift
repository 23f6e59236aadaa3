public import Model

/// What is decided by hand at a step and is no task: no step is passed without it.
public enum MigrationAct: String, Codable, Sendable, CaseIterable {
  /// Whoever has to agree has not agreed.
  case approve
  /// The service body answers for what is lost with a source that is gone.
  case acceptLoss
  /// The service body has users led to the target.
  case cutOver
  /// The service body types the source's name: of one that was lost, and that nobody has seen since, to declare it gone.
  case confirmRemoval
  /// After a rollback the service body types the target's name.
  case confirmTargetRemoval

  /// What is to be done, for people.
  public var title: LocalizedText {
    switch self {
    case .approve: LocalizedText(fr: "donner son accord", en: "agree")
    case .acceptLoss:
      LocalizedText(
        fr: "répondre de ce qui est perdu avec le départ", en: "answer for what is lost with the source")
    case .cutOver: LocalizedText(fr: "commencer la bascule", en: "begin the cut-over")
    case .confirmRemoval:
      LocalizedText(fr: "confirmer la suppression du départ", en: "confirm the removal of the source")
    case .confirmTargetRemoval:
      LocalizedText(fr: "confirmer la suppression de l’arrivée", en: "confirm the removal of the target")
    }
  }

  /// Who does it, for people.
  public var owner: LocalizedText {
    self == .approve
      ? LocalizedText(fr: "qui doit donner son accord", en: "whoever has to agree") : MigrationParty.serviceBody.title
  }
}

extension EnvironmentMigration {
  /// What an act is as things stand, for people. A move and its obstacles keep the act by a word, and a program of the
  /// version before can not read a move with a word that it does not know: so to declare a source gone is the same act as
  /// to confirm its removal.
  public func title(of act: MigrationAct) -> LocalizedText {
    guard act == .confirmRemoval, isToBeDeclaredGone else { return act.title }
    return LocalizedText(fr: "déclarer disparu le départ perdu", en: "declare the lost source gone")
  }

  private var isReadyForCutOver: Bool {
    cutOverBegunAt == nil && MigrationTask.Kind.beforeCutOver.allSatisfy(isDone)
  }

  /// The act that nothing else is waited for before; nil where there is none now.
  var awaitedAct: MigrationAct? {
    guard pausedBy == nil else { return nil }
    switch step {
    case .planned: return terms.approvers.isSubset(of: approvals.keys) ? nil : .approve
    case .targetReady:
      guard isSourceLost, isReadyForCutOver else { return nil }
      return acceptedLoss == nil ? .acceptLoss : .cutOver
    case .finalCopy: return isReadyForCutOver ? .cutOver : nil
    case .drainingSource:
      // Declared gone, its loss has yet to be: it is awaited until the source is seen to be gone, or to be back.
      if isToBeDeclaredGone { return isDone(.dashboards) ? .confirmRemoval : nil }
      let isReady = [.emptySource, .salvage, .dashboards].allSatisfy(isDone)
      return isReady && removalConfirmedAt == nil && (!isSourceLost || isSeen(.source, .draining))
        ? .confirmRemoval : nil
    case .rollingBack:
      let isReady = isSourceBack && isWayBackDone && target != nil && isTargetOfWorth
      return isReady && targetRemovalConfirmedAt == nil ? .confirmTargetRemoval : nil
    case .approved, .preparingTarget, .firstCopy, .writesStopped, .cutOver, .verified, .removed, .done, .rolledBack,
      .failed:
      return nil
    }
  }
}
