import Events
import Model

/// What follows by itself.
extension EnvironmentMigration {
  /// Goes as far as it can, and notes what is late.
  mutating func settle(after before: EnvironmentMigration, at now: Timestamp) {
    recall(at: now)
    while let next = nextStep(at: now) { move(to: next, at: now) }
    if wanted.source == .frozen, sourcePhase == .active { hasFrozenSource = true }
    for side in MigrationSide.allCases where ordered(side) != before.ordered(side) {
      // What is seen was of what was wanted before; that the source was gone stays known.
      seen[side] = nil
      wantedSince[side] = now
      obstacles.removeAll { $0 == side.lateness }
    }
    openTasks(at: now)
    noteLateness(at: now)
    noteAct(at: now)
    let losesWrites = step == .rollingBack && acceptedLoss == nil && !isDone(.reverseCopy)
    replace({ $0 == .wayBackLosesWrites }, with: losesWrites ? .wayBackLosesWrites : nil)
  }

  /// What a copy is to be: of a source that stays as it is, what it was.
  private func ordered(_ side: MigrationSide) -> PlacementPhase? {
    wanted[side] ?? (side == .source ? sourcePhase : nil)
  }

  mutating func move(to next: MigrationStep, at now: Timestamp) {
    (step, since) = (next, now)
    if next == .verified { verifiedAt = now }
    // The console keeps an environment of which other replicas are there: the last of them takes it out.
    if next == .removed, seen[.source]?.hasOthers == true { tasks.removeAll { $0.kind == .removeEnvironment } }
    if next.isEnd || next == .rollingBack { (pausedBy, obstacles) = (nil, next == .rollingBack ? obstacles : []) }
  }

  /// An order to remove holds only as long as all that it rests on does: it is recalled, and has to be given anew.
  private mutating func recall(at now: Timestamp) {
    if step == .drainingSource, isRemovalOrdered, !isSeen(.source, .removed),
      pausedBy != nil || isHalted || !isSeen(.target, .active)
    {
      (removalConfirmedAt, goneDeclaredAt) = (nil, nil)
    }
    if step == .rollingBack, targetRemovalConfirmedAt != nil, !isSourceBack || pausedBy != nil,
      !isSeen(.target, .removed)
    {
      targetRemovalConfirmedAt = nil
    }
  }

  /// The step that follows now; nil while there is something to wait for.
  private func nextStep(at now: Timestamp) -> MigrationStep? {
    guard pausedBy == nil else { return nil }
    if step == .rollingBack { return isBack ? .rolledBack : nil }
    // What is gone is gone, whatever stands in the way of the rest.
    if step == .drainingSource { return wasToGo && isSeen(.source, .removed) ? .removed : nil }
    guard !isHalted else { return nil }
    switch step {
    case .planned: return terms.approvers.isSubset(of: approvals.keys) ? .approved : nil
    case .preparingTarget: return isSeen(.target, .active) && isDone(.createEnvironment) ? .targetReady : nil
    case .targetReady:
      if isSourceLost { return isLedOver ? .cutOver : nil }
      return isDone(.firstCopy) ? .firstCopy : nil
    case .firstCopy: return isDone(.stopWrites) ? .writesStopped : nil
    case .writesStopped: return isDone(.finalCopy) ? .finalCopy : nil
    case .finalCopy: return isLedOver ? .cutOver : nil
    case .cutOver: return isDone(.verify) && isSeen(.target, .active) ? .verified : nil
    case .verified:
      return verifiedAt.map { now >= $0.adding(terms.retention) } == true && isSeen(.target, .active)
        ? .drainingSource : nil
    case .removed: return isDone(.removeEnvironment) ? .done : nil
    case .approved, .drainingSource, .done, .rollingBack, .rolledBack, .failed: return nil
    }
  }

  /// Whether the source goes as it should: by order, or since its loss was declared.
  private var wasToGo: Bool { isRemovalOrdered || isSourceLost }

  private var isLedOver: Bool { cutOverBegunAt != nil && isDone(.switchNames) }

  /// Whether the source is what it was, and there is no target any more.
  private var isBack: Bool {
    // Nothing was begun: there is nothing to undo, wherever the source is.
    if target == nil, wanted.source == nil { return true }
    return isSourceBack && (target == nil || (targetMayGo && isSeen(.target, .removed)))
  }

  private mutating func openTasks(at now: Timestamp) {
    for index in tasks.indices where tasks[index].openedAt == nil && isDue(tasks[index].kind) {
      tasks[index].openedAt = now
      tasks[index].dueAt = now.adding(terms.taskTime)
    }
  }

  /// Whether a task can be done by now.
  private func isDue(_ kind: MigrationTask.Kind) -> Bool {
    if step == .rollingBack {
      // As on the way there: what is written after the copy would be lost.
      return switch kind {
      case .stopWrites: isSourceBack
      case .reverseCopy: isSourceBack && isDone(.stopWrites)
      default: isSourceBack && isDone(.stopWrites) && (acceptedLoss != nil || isDone(.reverseCopy))
      }
    }
    switch kind {
    case .createEnvironment: return target != nil
    case .firstCopy, .secrets, .values, .flows, .restoreBackup: return step.isAtLeast(.targetReady)
    case .stopWrites: return step.isAtLeast(.firstCopy)
    case .finalCopy: return step.isAtLeast(.writesStopped)
    case .switchNames: return cutOverBegunAt != nil
    case .verify, .dashboards: return step.isAtLeast(.cutOver)
    case .emptySource: return step.isAtLeast(.drainingSource)
    case .salvage: return step.isAtLeast(.drainingSource) && isSourceLost && isSeen(.source, .draining)
    case .removeEnvironment: return step.isAtLeast(.removed)
    case .reverseCopy: return false
    }
  }

  /// Timeouts never delete anything: they tell.
  private mutating func noteLateness(at now: Timestamp) {
    guard !step.isEnd else { return }
    for task in tasks where task.isOpen {
      guard let due = task.dueAt, now >= halfway(to: due) else { continue }
      reminded.insert(task.kind)
      if now >= due, !isOverdue(task.kind) { obstacles.append(.overdue(task.kind)) }
    }
    for side in MigrationSide.allCases {
      let isLate = isAwaited(side) && now >= (wantedSince[side] ?? since).adding(terms.patience)
      replace({ $0 == side.lateness }, with: isLate ? side.lateness : nil)
      if side == .target, isLate, step == .preparingTarget, let seen = seen[side], seen.phase == .active {
        replace(\.isNotReady, with: .targetNotReady(seen.faults))
      }
    }
  }

  /// What is decided by hand has the time of a task. That nobody agrees holds up nothing that has begun, and is only told.
  mutating func noteAct(at now: Timestamp) {
    let act = step.isEnd ? nil : awaitedAct
    if act != waitingFor { (waitingFor, waitingSince, isReminded) = (act, act.map { _ in now }, nil) }
    guard let act, let due = actDueAt else { return replace(\.isWaiting, with: nil) }
    if now >= halfway(to: due) { isReminded = true }
    replace(\.isWaiting, with: act != .approve && now >= due ? .waiting(act) : nil)
  }

  /// Puts an obstacle in the place of whatever there is of its sort; nil takes it away.
  mutating func replace(_ isOfSort: (MigrationObstacle) -> Bool, with obstacle: MigrationObstacle?) {
    if let obstacle, obstacles.contains(obstacle) { return }
    obstacles.removeAll(where: isOfSort)
    if let obstacle { obstacles.append(obstacle) }
  }

  /// What is worth telling of what has become otherwise.
  func notices(since before: EnvironmentMigration, at now: Timestamp) -> [MigrationNotice] {
    var notices: [MigrationNotice] = []
    if before.step != step { notices.append(.reached(step)) }
    let known = Set(before.tasks.filter { $0.openedAt != nil }.map(\.kind))
    let isAnew = before.step != step && step == .rollingBack
    notices += tasks.filter { $0.openedAt != nil && (isAnew || !known.contains($0.kind)) }.map { .opened($0.kind) }
    notices += obstacles.filter { !before.obstacles.contains($0) }.map { .blocked($0) }
    notices += before.obstacles.filter { !obstacles.contains($0) }.map { .cleared($0) }
    notices += tasks.filter { reminded.contains($0.kind) && !before.reminded.contains($0.kind) && !isOverdue($0.kind) }
      .map { .reminder($0.kind) }
    if let waitingFor {
      let isNew = before.waitingFor != waitingFor
      if isNew, waitingFor != .approve { notices.append(.awaited(waitingFor)) }
      if isReminded == true, isNew || before.isReminded == nil { notices.append(.actReminder(waitingFor)) }
    }
    if (before.pausedBy == nil) != (pausedBy == nil) { notices.append(.paused(pausedBy != nil)) }
    if before.wanted.source != .removed, wanted.source == .removed { notices.append(.removalOrdered) }
    return notices
  }
}

extension MigrationObstacle {
  var isNoTarget: Bool { if case .noTarget = self { true } else { false } }
  var isIllegal: Bool { if case .targetIllegal = self { true } else { false } }
  var isWaiting: Bool { if case .waiting = self { true } else { false } }
  var isNotReady: Bool { if case .targetNotReady = self { true } else { false } }

  /// Whether no step forward is taken because of it. Of the others each step waits for what it needs anyhow.
  var isHalting: Bool {
    switch self {
    case .targetIllegal, .targetNotReady, .targetGone, .sourceGone: true
    case .noTarget, .sourceLate, .targetLate, .overdue, .waiting, .wayBackLosesWrites: false
    }
  }
}
