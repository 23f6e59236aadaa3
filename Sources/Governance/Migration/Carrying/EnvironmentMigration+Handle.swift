public import Events
import Model

extension EnvironmentMigration {
  /// What follows from an event. Where it is refused, nothing has changed.
  ///
  /// - Parameter now: by the database's clock.
  /// - Throws: ``MigrationRefusal``.
  public mutating func handle(
    _ event: MigrationEvent, by actor: MigrationActor, at now: Timestamp
  ) throws(MigrationRefusal) -> [MigrationNotice] {
    var next = self
    if next.step.isEnd {
      // What is seen late changes nothing any more.
      guard event.isAct else { return [] }
      throw MigrationRefusal(.wrongStep, step.rawValue, accepted: "another migration")
    }
    try next.act(event, by: actor, at: now)
    next.settle(after: self, at: now)
    let notices = next.notices(since: self, at: now)
    self = next
    return notices
  }

  private mutating func act(
    _ event: MigrationEvent, by actor: MigrationActor, at now: Timestamp
  ) throws(MigrationRefusal) {
    switch event {
    case .approved(let party):
      try actor.mustBe(party)
      try mustBe(at: .planned)
      approvals[party] = actor.principal
    case .started(let changes, let source):
      try actor.mustBe(.serviceBody)
      try mustBe(at: .approved)
      try mustRun()
      guard changes.isEmpty else {
        throw MigrationRefusal(.planMoved, changes.joined(separator: "; "), accepted: "a new plan")
      }
      // What a lost life has made of it is not what it was.
      if !wasRecovered { phaseAtStart = source }
      move(to: .preparingTarget, at: now)
    case .placed(let placement):
      guard target == nil, step == .preparingTarget else { return }
      target = placement
      obstacles.removeAll(where: \.isNoTarget)
    case .unplaceable(let reasons):
      guard target == nil, step == .preparingTarget else { return }
      obstacles.removeAll(where: \.isNoTarget)
      obstacles.append(.noTarget(reasons))
    case .placeLost:
      // What was made in the console is no mere reservation any more.
      guard target != nil, step == .preparingTarget, wanted.target == nil else { return }
      target = nil
      withhold(.createEnvironment)
      obstacles.removeAll(where: \.isNotReady)
      replace(\.isNoTarget, with: .noTarget([]))
    case .judged(let reasons):
      guard target != nil, step != .rollingBack else { return }
      replace(\.isIllegal, with: reasons.isEmpty ? nil : .targetIllegal(reasons))
    case .observed(let side, let observation): observe(side, observation, at: now)
    case .unseen(let side):
      guard seen[side] != nil else { return }
      (seen[side], wantedSince[side]) = (nil, now)
      if side == .target, step == .preparingTarget { obstacles.removeAll(where: \.isNotReady) }
    case .done(let kind, let evidence): try finish(kind, evidence, by: actor, at: now)
    case .cutOverBegins: try beginCutOver(by: actor, at: now)
    case .removalConfirmed(let typed): try confirmRemoval(typed, by: actor, at: now)
    case .goneDeclared(let typed): try declareGone(typed, by: actor, at: now)
    case .sourceLost(let loss): try loseSource(loss, by: actor, at: now)
    case .paused:
      try actor.mustBe(.serviceBody, .projectTeam)
      guard pausedBy == nil else { throw MigrationRefusal(.paused, "pausedBy", accepted: "resume") }
      pausedBy = actor.principal
    case .resumed:
      try actor.mustBe(.serviceBody, .projectTeam)
      guard pausedBy != nil else { throw MigrationRefusal(.wrongStep, "pausedBy", accepted: "pause") }
      pausedBy = nil
    case .rolledBack(let loss): try rollBack(loss, by: actor, at: now)
    case .targetRemovalConfirmed(let typed): try confirmTargetRemoval(typed, by: actor, at: now)
    case .givenUp(let reason):
      try actor.mustBe(.serviceBody)
      try Self.check(reason, at: "reason")
      (wantedAtEnd, self.reason) = (wantedAtGivingUp, reason)
      move(to: .failed, at: now)
    case .recovered(let source):
      // In the life that was lost it may have begun, and gone far.
      wasRecovered = true
      // Where no target is known the lost life may have had one, with users on it: nothing is thawed beside that.
      if target != nil, sourcePhase == .active, source == .frozen || source == .draining {
        hasFrozenSource = true
      }
      guard step != .planned, step != .approved else { return }
      (pausedBy, seen) = (actor.principal, [:])
      // Nobody can have reported to this life yet: nothing is late already.
      for side in MigrationSide.allCases { wantedSince[side] = now }
      (removalConfirmedAt, goneDeclaredAt, targetRemovalConfirmedAt) = (nil, nil, nil)
    case .clock: break
    }
  }

  // MARK: What people do

  private mutating func finish(
    _ kind: MigrationTask.Kind, _ evidence: String, by actor: MigrationActor, at now: Timestamp
  ) throws(MigrationRefusal) {
    try actor.mustBe(kind.owner, .serviceBody)
    try Self.check(evidence, at: "evidence")
    guard let index = tasks.firstIndex(where: { $0.kind == kind }), tasks[index].isOpen else {
      throw MigrationRefusal(
        .notOpen, kind.rawValue, accepted: tasks.filter(\.isOpen).map(\.kind.rawValue).joined(separator: ", "))
    }
    // What is copied is no evidence while the source may grow, or is gone.
    if kind == .finalCopy, !isSeen(.source, .frozen) {
      throw MigrationRefusal(.notDone, MigrationSide.source.rawValue, accepted: "a source that is seen to be frozen")
    }
    tasks[index].evidence = .init(text: evidence, principal: actor.principal, at: now)
    obstacles.removeAll { $0 == .overdue(kind) }
  }

  /// A task that can not be done as things stand any more; it is open again once it can.
  private mutating func withhold(_ kind: MigrationTask.Kind) {
    for index in tasks.indices where tasks[index].kind == kind && tasks[index].isOpen {
      (tasks[index].openedAt, tasks[index].dueAt) = (nil, nil)
    }
    obstacles.removeAll { $0 == .overdue(kind) }
  }

  private mutating func beginCutOver(by actor: MigrationActor, at now: Timestamp) throws(MigrationRefusal) {
    try actor.mustBe(.serviceBody)
    guard cutOverBegunAt == nil else {
      throw MigrationRefusal(.wrongStep, "cutOverBegunAt", accepted: MigrationTask.Kind.switchNames.rawValue)
    }
    try mustBe(at: isSourceLost && step != .finalCopy ? .targetReady : .finalCopy)
    try mustRun()
    if let missing = MigrationTask.Kind.beforeCutOver.first(where: { !isDone($0) }) {
      throw MigrationRefusal(.notDone, missing.rawValue, accepted: "done \(missing.rawValue)")
    }
    guard isSeen(.target, .active) else {
      throw MigrationRefusal(.notDone, MigrationSide.target.rawValue, accepted: "a target that is seen to be ready")
    }
    // What is written to a source that is not frozen any more, or not seen to be, is in no copy.
    guard isSourceLost || isSeen(.source, .frozen) else {
      throw MigrationRefusal(.notDone, MigrationSide.source.rawValue, accepted: "a source that is seen to be frozen")
    }
    if isSourceLost, step != .finalCopy, acceptedLoss == nil {
      throw MigrationRefusal(.notDone, "acceptedLoss", accepted: "somebody who answers for what is lost")
    }
    cutOverBegunAt = now
  }

  private mutating func confirmRemoval(
    _ typed: String, by actor: MigrationActor, at now: Timestamp
  ) throws(MigrationRefusal) {
    try mustBeToGo(removalConfirmedAt, typed, by: actor)
    // One that was given up for lost may come back with what nobody has copied: nothing is ordered before it is seen.
    guard !isSourceLost || isSeen(.source, .draining) else {
      throw MigrationRefusal(
        .notDone, MigrationSide.source.rawValue, accepted: "a source that is seen again, or its declared loss")
    }
    try mustDoWithout([.emptySource, .salvage, .dashboards])
    removalConfirmedAt = now
  }

  /// What was cut off may come back: the gates are those of a source that is seen, but for what can not be done there.
  private mutating func declareGone(
    _ typed: String, by actor: MigrationActor, at now: Timestamp
  ) throws(MigrationRefusal) {
    try mustBeToGo(goneDeclaredAt, typed, by: actor)
    guard isSourceLost else {
      throw MigrationRefusal(
        .notDone, MigrationSide.source.rawValue, accepted: "a source that was given up for lost")
    }
    guard isToBeDeclaredGone else {
      throw MigrationRefusal(.wrongStep, MigrationSide.source.rawValue, accepted: "confirm-removal")
    }
    try mustDoWithout([.dashboards])
    goneDeclaredAt = now
  }

  /// Whether the source may be ordered to go now, by somebody who has typed its name.
  private func mustBeToGo(
    _ orderedAt: Timestamp?, _ typed: String, by actor: MigrationActor
  ) throws(MigrationRefusal) {
    try actor.mustBe(.serviceBody)
    try mustBe(at: .drainingSource)
    try mustRun()
    guard orderedAt == nil else {
      throw MigrationRefusal(.wrongStep, "removalConfirmedAt", accepted: "—")
    }
    guard typed == terms.environment else {
      throw MigrationRefusal(.wrongName, "environment", accepted: terms.environment)
    }
  }

  /// Whether users can do without the source: what has to be done before was, and the target is well.
  private func mustDoWithout(_ tasks: [MigrationTask.Kind]) throws(MigrationRefusal) {
    if let missing = tasks.first(where: { !isDone($0) }) {
      throw MigrationRefusal(.notDone, missing.rawValue, accepted: "done \(missing.rawValue)")
    }
    guard isSeen(.target, .active) else {
      throw MigrationRefusal(.notDone, MigrationSide.target.rawValue, accepted: "a target that is seen to be ready")
    }
  }

  /// From now on nothing is copied any more, and the way back is closed until the source is seen again.
  private mutating func loseSource(
    _ loss: String, by actor: MigrationActor, at now: Timestamp
  ) throws(MigrationRefusal) {
    try actor.mustBe(.serviceBody)
    try Self.check(loss, at: "acceptedLoss")
    guard step.isAtLeast(.preparingTarget), !step.isAtLeast(.removed) else {
      throw MigrationRefusal(.wrongStep, step.rawValue, accepted: "preparingTarget … drainingSource")
    }
    acceptedLoss = AcceptedLoss(text: loss, principal: actor.principal, at: now)
    obstacles.removeAll { $0 == .sourceGone || $0 == .sourceLate }
    guard !isSourceLost else { return }
    isSourceLost = true
    // What was seen of it is of before.
    seen[.source] = nil
    removalConfirmedAt = nil
    let hasNoCopy = !isDone(.firstCopy)
    let dropped: Set<MigrationTask.Kind> = [.firstCopy, .stopWrites, .finalCopy, .emptySource]
    tasks.removeAll { dropped.contains($0.kind) && $0.evidence == nil }
    obstacles.removeAll { obstacle in dropped.contains { obstacle == .overdue($0) } }
    tasks.append(MigrationTask(.salvage))
    if hasNoCopy { tasks.append(MigrationTask(.restoreBackup)) }
    let order = MigrationTask.Kind.allCases
    tasks.sort { (order.firstIndex(of: $0.kind) ?? 0) < (order.firstIndex(of: $1.kind) ?? 0) }
    if step == .firstCopy || step == .writesStopped { move(to: .targetReady, at: now) }
  }

  private mutating func rollBack(
    _ loss: String?, by actor: MigrationActor, at now: Timestamp
  ) throws(MigrationRefusal) {
    try actor.mustBe(.serviceBody, .projectTeam)
    if let loss {
      try actor.mustBe(.serviceBody)
      try Self.check(loss, at: "acceptedLoss")
    }
    guard !step.isAtLeast(.drainingSource) else {
      throw MigrationRefusal(.noWayBack, step.rawValue, accepted: "a new migration back")
    }
    if step == .rollingBack {
      guard let loss, acceptedLoss == nil, self[.reverseCopy] != nil else {
        throw MigrationRefusal(.wrongStep, step.rawValue, accepted: "an accepted loss, where writes would be lost")
      }
      acceptedLoss = AcceptedLoss(text: loss, principal: actor.principal, at: now)
      return
    }
    pausedBy = nil
    // A loss that was accepted for the way there is none for the way back.
    let mayHaveWrites = mayHaveNewWrites
    acceptedLoss = mayHaveWrites ? loss.map { AcceptedLoss(text: $0, principal: actor.principal, at: now) } : nil
    // A place that was only reserved is given back. Whatever has frozen the source had another target, with users on it
    // perhaps: nothing is thawed beside that.
    if wanted.target == nil { (target, hasFrozenSource) = (nil, false) }
    rolledBackFrom = step
    wantedSince[.source] = now
    tasks = mayHaveWrites ? [.stopWrites, .switchNames, .reverseCopy].map { MigrationTask($0) } : []
    (reminded, obstacles) = ([], [])
    move(to: .rollingBack, at: now)
  }

  private mutating func confirmTargetRemoval(
    _ typed: String, by actor: MigrationActor, at now: Timestamp
  ) throws(MigrationRefusal) {
    try actor.mustBe(.serviceBody)
    try mustBe(at: .rollingBack)
    try mustRun()
    guard isTargetOfWorth, targetRemovalConfirmedAt == nil else {
      throw MigrationRefusal(.wrongStep, "targetRemovalConfirmedAt", accepted: "—")
    }
    guard typed == terms.targetEnvironment else {
      throw MigrationRefusal(.wrongName, "environment", accepted: terms.targetEnvironment)
    }
    guard isSourceBack, isWayBackDone else {
      throw MigrationRefusal(
        .notDone, MigrationSide.source.rawValue,
        accepted: "a source that is seen to be active, with what was written on the target copied back or given up")
    }
    targetRemovalConfirmedAt = now
  }

  // MARK: What is seen

  private mutating func observe(_ side: MigrationSide, _ observation: MigrationEvent.Observation, at now: Timestamp) {
    // What bears a target's name where none is known is another's: of a life of the database that was lost, say.
    guard side == .source || target != nil else { return }
    let wasThere = !isAwaited(side)
    // Of a copy that nothing was ordered of it is of interest only whether it is there.
    seen[side] = observation
    // What was as it is wanted, and is so no more, has its whole time to become so again.
    if wasThere, isAwaited(side) { wantedSince[side] = now }
    switch side {
    case .source:
      let isGone = observation.phase == .removed && wanted.source != .removed && !isSourceLost
      replace({ $0 == .sourceGone }, with: isGone ? .sourceGone : nil)
    case .target:
      guard step != .rollingBack else { return }
      let isGone = observation.phase == .removed
      replace({ $0 == .targetGone }, with: isGone ? .targetGone : nil)
      // While it is being made what passes by waiting is told once it has taken too long.
      let faults = step.isAtLeast(.targetReady) ? observation.faults : TargetFault.lasting(among: observation.faults)
      let isLacking = !isGone && !faults.isEmpty && step.isAtLeast(.preparingTarget)
      replace(\.isNotReady, with: isLacking ? .targetNotReady(faults) : nil)
    }
  }

  /// What a person's wish to leave it as it stands means for both: nothing that was under way goes on.
  private var wantedAtGivingUp: Wanted {
    var kept = wanted
    // Before the cut-over users are on the source: it is given back to them, as nobody else would thaw it.
    if kept.source == .frozen, !hasNewWrites, !isSourceLost, !wasRecovered, hasFrozenSource { kept.source = .active }
    // What is gone stays so: its room is another's by now. So does what was declared gone, and was not seen to be back.
    if kept.source == .removed, step == .drainingSource, goneDeclaredAt == nil, !isSeen(.source, .removed) {
      kept.source = .draining
    }
    if kept.target == .removed, !isSeen(.target, .removed) { kept.target = .frozen }
    return kept
  }

  // MARK: Conditions

  private func mustBe(at expected: MigrationStep) throws(MigrationRefusal) {
    guard step == expected else { throw MigrationRefusal(.wrongStep, step.rawValue, accepted: expected.rawValue) }
  }

  private func mustRun() throws(MigrationRefusal) {
    if pausedBy != nil { throw MigrationRefusal(.paused, "pausedBy", accepted: "resume") }
    if let obstacle = obstacles.first(where: \.isHalting) {
      throw MigrationRefusal(.blocked, "\(obstacle)", accepted: "an end of what stands in the way")
    }
  }

  /// Bytes that a text may have.
  private static let longestText = 4096

  static func check(_ text: String, at path: String) throws(MigrationRefusal) {
    guard text.contains(where: { !$0.isWhitespace }), text.utf8.count <= longestText else {
      throw MigrationRefusal(.badText, path, accepted: "1 … \(longestText) bytes")
    }
    guard PlainText.isPlain(text) else { throw MigrationRefusal(.badText, path, accepted: PlainText.accepted) }
  }
}

extension MigrationActor {
  func mustBe(_ some: MigrationParty...) throws(MigrationRefusal) {
    guard !parties.isDisjoint(with: some) else {
      throw MigrationRefusal(.notYours, principal, accepted: some.map(\.rawValue).joined(separator: ", "))
    }
  }
}

extension MigrationEvent {
  /// Whether somebody does it: what is seen, and time, may come late.
  fileprivate var isAct: Bool {
    switch self {
    case .placed, .unplaceable, .placeLost, .judged, .observed, .unseen, .recovered, .clock: false
    default: true
    }
  }
}
