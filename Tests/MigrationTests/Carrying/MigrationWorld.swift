import Events
import Model

@testable import Migration

/// One move with all that it depends on, small enough to try everything: two clusters whose agents act late, report late,
/// twice, wrongly or never; people who do what they are asked, or something else; a centre that dies and goes on.
struct MigrationWorld: Hashable {
  /// What the placements table says: the phase, and how often it was changed.
  struct Desired: Hashable {
    var phase: PlacementPhase
    var revision: Int
    /// For what is to go: whether its volumes are given up, too.
    var givesUpVolumes = true
  }

  struct Report: Hashable {
    var side: MigrationSide
    var revision: Int
    var phase: PlacementPhase
    var isReady: Bool
    /// Whether what was ordered is so.
    var isApplied = true
  }

  /// How often what may still happen.
  struct Budget: Hashable {
    var lost = 0
    var doubled = 0
    var lies = 0
    var refusals = 0
    var illnesses = 0
    var verdicts = 0
    var pauses = 0
    var jumps = 0
    var deaths = 0
    var vanishings = 0
    var restores = 0
    var declarations = 0
    var mayRollBack = true
    var mayLoseSource = false
    var mayGiveUp = false
  }

  var move: EnvironmentMigration
  var budget: Budget
  var now = Moves.start
  var desired: [MigrationSide: Desired]
  /// What is on the clusters; nil where there is nothing.
  var there: [MigrationSide: PlacementPhase]
  var acted: [MigrationSide: Int] = [.source: 1]
  var reports: Set<Report> = []
  var isTargetWell = true
  /// What the source's agent has refused, or could not apply, of what was ordered last: it reports that, and that it is not so.
  var refused: PlacementPhase?
  /// Whether the target has all that the source had.
  var isCopied = false
  /// Where users are led to, and whether the application on the target still writes.
  var usersOn = MigrationSide.source
  var isTargetStopped = false
  /// Whether users have written to the target what the source has not.
  var hasNewWrites = false
  var isSourceDead = false
  /// Whether somebody or something else has taken the target away.
  var hasTargetVanished = false
  /// The move as a copy of the database has it; nil while there is none.
  var saved: EnvironmentMigration?
  /// Whether the database was restored, and the target is one that the move knows nothing of.
  var (isRestored, isTargetStrange) = (false, false)
  /// Whether an agent has said what is not so.
  var hasLied = false
  /// What was so in any life of the database.
  var (wasVerified, wasLossAccepted) = (false, false)
  /// The sides whose environment the console has; nil where the console makes none, and agents make namespaces.
  var inConsole: Set<MigrationSide>?

  init(_ terms: MigrationTerms, _ budget: Budget) {
    move = Moves.move(terms)
    self.budget = budget
    desired = [.source: Desired(phase: terms.sourcePhase, revision: 1)]
    there = [.source: terms.sourcePhase]
    if terms.tasks.contains(.createEnvironment) { inConsole = [.source] }
    if terms.isEmergency {
      isSourceDead = true
      there[.source] = nil
    }
  }

  /// Whether everything that runs by itself has run, and yet it has not ended and waits for nothing.
  var isStuck: Bool {
    move.standing == .running && move.awaited.isEmpty
  }

  /// All worlds that may follow.
  var successors: [MigrationWorld] {
    var next: [MigrationWorld] = []
    for side in MigrationSide.allCases { next += agent(side) }
    for report in reports { next += deliver(report) }
    next += people
    next += centre
    return next
  }

  // MARK: Agents

  private func agent(_ side: MigrationSide) -> [MigrationWorld] {
    guard let order = desired[side], !(side == .source && isSourceDead) else { return [] }
    var next = misfortunes(of: side)
    // What has data has it in volumes.
    let isHeld = order.phase == .removed && !order.givesUpVolumes
    if acted[side] != order.revision, inConsole?.contains(side) ?? true || order.phase == .removed {
      if !isHeld { next.append(applied(order, on: side)) }
      if side == .source, isHeld || budget.refusals > 0 {
        var world = self
        if !isHeld { world.budget.refusals -= 1 }
        (world.acted[side], world.refused) = (order.revision, order.phase)
        next.append(world)
      }
    }
    // Whoever keeps the cluster lets it, after all.
    let isRefused = side == .source && refused != nil && !isHeld
    if isRefused, acted[side] == order.revision { next.append(applied(order, on: side)) }
    if let done = acted[side] {
      next += report(
        Report(
          side: side, revision: done, phase: (side == .source ? refused : nil) ?? there[side] ?? .removed,
          isReady: side == .source || isTargetWell, isApplied: side == .target || refused == nil))
    }
    if budget.lies > 0 {
      next += report(Report(side: side, revision: order.revision, phase: order.phase, isReady: true)).map { world in
        var world = world
        world.budget.lies -= 1
        world.hasLied = true
        return world
      }
    }
    if side == .target, there[.target] != nil, budget.illnesses > 0 || !isTargetWell {
      var world = self
      world.isTargetWell.toggle()
      if !world.isTargetWell { world.budget.illnesses -= 1 }
      next.append(world)
    }
    return next
  }

  private func applied(_ order: Desired, on side: MigrationSide) -> MigrationWorld {
    var world = self
    world.acted[side] = order.revision
    world.there[side] = order.phase == .removed ? nil : order.phase
    if side == .source { world.refused = nil }
    return world
  }

  /// A cluster that dies with all that is on it, and a namespace that somebody deletes by hand: not in the very moment in
  /// which the other copy is ordered to go, which nobody could know of in time.
  private func misfortunes(of side: MigrationSide) -> [MigrationWorld] {
    var world = self
    switch side {
    case .source where budget.deaths > 0 && move.step != .rollingBack && !move.step.isEnd:
      world.budget.deaths -= 1
      world.isSourceDead = true
      world.there[.source] = nil
    case .target where budget.vanishings > 0 && there[.target] != nil && move.wanted.source != .removed:
      world.budget.vanishings -= 1
      world.hasTargetVanished = true
      world.there[.target] = nil
    case .target where usersOn == .target && there[.target] == .active && !isTargetStopped && !hasNewWrites:
      world.hasNewWrites = true
    default: return []
    }
    return [world]
  }

  private func report(_ report: Report) -> [MigrationWorld] {
    // One at a time is enough: it may be old by the time it is read, and read again.
    guard !reports.contains(where: { $0.side == report.side }) else { return [] }
    var world = self
    world.reports.insert(report)
    return [world]
  }

  /// The centre takes only what is said of the desired state that it wrote last.
  private func deliver(_ report: Report) -> [MigrationWorld] {
    var next: [MigrationWorld] = []
    var read = self
    read.reports.remove(report)
    if budget.lost > 0 {
      var lost = read
      lost.budget.lost -= 1
      next.append(lost)
    }
    var kept = self
    if report.revision == desired[report.side]?.revision, report.isApplied {
      let observation = MigrationEvent.Observation(report.phase, faults: report.isReady ? [] : ["QuotaPending"])
      read.feed(.observed(report.side, observation), by: Moves.nobody)
      kept.feed(.observed(report.side, observation), by: Moves.nobody)
    } else {
      // What is wanted by now nobody has reported on: at each look that is told.
      read.feed(.unseen(report.side), by: Moves.nobody)
      kept.feed(.unseen(report.side), by: Moves.nobody)
    }
    next.append(read)
    // It was taken in, and the offset was not written: it is read again.
    if budget.doubled > 0 {
      kept.budget.doubled -= 1
      next.append(kept)
    }
    return next
  }

  // MARK: People

  private var people: [MigrationWorld] {
    var next: [MigrationWorld] = []
    for party in MigrationParty.allCases where move.step == .planned && move.approvals[party] == nil {
      next += act(.approved(party), by: MigrationActor("p", as: [party]))
    }
    if move.step == .approved { next += act(.started(changes: [], source: desired[.source]?.phase)) }
    for task in move.tasks where task.isOpen && isPossible(task.kind) {
      next += act(.done(task.kind, evidence: "x")).map { $0.after(task.kind) }
    }
    next += act(.cutOverBegins)
    // Who types a name has looked whether the other copy is there.
    if there[.target] != nil { next += act(.removalConfirmed(typed: "prod")) }
    if there[.target] != nil, budget.declarations > 0 {
      next += act(.goneDeclared(typed: "prod")).map { world in
        var world = world
        world.budget.declarations -= 1
        return world
      }
    }
    if there[.source] != nil { next += act(.targetRemovalConfirmed(typed: "prodb")) }
    if budget.mayRollBack, move.step != .rollingBack {
      next += act(.rolledBack(acceptedLoss: nil)).map { world in
        var world = world
        world.budget.mayRollBack = false
        return world
      }
    }
    if move.step == .rollingBack { next += act(.rolledBack(acceptedLoss: "an hour")) }
    // A source that a lost life has removed is gone for this one.
    if budget.mayLoseSource || isSourceDead || (isRestored && there[.source] == nil) {
      next += act(.sourceLost(acceptedLoss: "a day"))
    }
    if budget.mayGiveUp { next += act(.givenUp(reason: "x")) }
    if move.pausedBy != nil { next += act(.resumed) }
    if budget.pauses > 0 {
      next += act(.paused).map { world in
        var world = world
        world.budget.pauses -= 1
        return world
      }
    }
    return next
  }

  /// People say that something was done when it was: agents may lie, they do not.
  private func isPossible(_ kind: MigrationTask.Kind) -> Bool {
    switch kind {
    case .firstCopy: there[.target] != nil && there[.source] != nil
    case .stopWrites: move.step == .rollingBack || there[.source] != nil
    case .finalCopy: there[.target] != nil && there[.source] != nil
    case .verify, .restoreBackup: there[.target] == .active && isTargetWell
    case .reverseCopy: there[.source] == .active && there[.target] != nil
    case .salvage: there[.source] != nil
    default: true
    }
  }

  private func after(_ kind: MigrationTask.Kind) -> MigrationWorld {
    var world = self
    switch kind {
    case .finalCopy, .restoreBackup, .salvage: world.isCopied = true
    case .switchNames: world.usersOn = move.step == .rollingBack ? .source : .target
    case .stopWrites: world.isTargetStopped = move.step == .rollingBack
    case .reverseCopy: world.hasNewWrites = false
    case .createEnvironment: world.inConsole?.insert(.target)
    case .removeEnvironment: world.inConsole?.remove(.source)
    default: break
    }
    return world
  }

  private func act(_ event: MigrationEvent, by actor: MigrationActor = Moves.body) -> [MigrationWorld] {
    var world = self
    world.feed(event, by: actor)
    return world == self ? [] : [world]
  }

  // MARK: The centre

  private var centre: [MigrationWorld] {
    var next: [MigrationWorld] = []
    if move.step == .preparingTarget, move.target == nil {
      // Where the name is taken, by what a lost life has placed, there is no place.
      if !isTargetStrange { next += act(.placed(Moves.other), by: Moves.nobody) }
      next += act(.unplaceable(["CapacityShort"]), by: Moves.nobody)
    }
    if move.target != nil, budget.verdicts > 0 {
      next += act(.judged(["forbidden"]), by: Moves.nobody).map { world in
        var world = world
        world.budget.verdicts -= 1
        return world
      }
    }
    if move.obstacles.contains(where: \.isIllegal) { next += act(.judged([]), by: Moves.nobody) }
    // The loss of a cluster was declared, rightly or not: nothing is held for what was on it.
    if move.isSourceLost, isSourceDead || move.goneDeclaredAt != nil {
      next += act(.observed(.source, .init(.removed)), by: Moves.nobody)
    }
    if budget.restores > 0 { next.append(saved.map { restored(to: $0) } ?? savedNow) }
    if budget.jumps > 0 {
      var world = self
      world.budget.jumps -= 1
      world.now = now.adding(40 * Moves.day)
      world.feed(.clock, by: Moves.nobody)
      next.append(world)
    }
    return next
  }

  private var savedNow: MigrationWorld {
    var world = self
    world.saved = move
    return world
  }

  /// The database is as it was, and whoever recovers it takes over what is on the clusters.
  private func restored(to before: EnvironmentMigration) -> MigrationWorld {
    var world = self
    world.budget.restores -= 1
    (world.move, world.saved, world.reports, world.isRestored) = (before, nil, [], true)
    for side in MigrationSide.allCases {
      guard let last = desired[side] else { continue }
      let found = Desired(phase: there[side] ?? .removed, revision: last.revision + 1)
      (world.desired[side], world.acted[side]) = (found, found.revision)
    }
    world.isTargetStrange = before.target == nil && there[.target] != nil
    world.feed(.recovered(source: there[.source] ?? .removed), by: Moves.nobody)
    return world
  }

  /// State and placements are written together, or not at all.
  private mutating func feed(_ event: MigrationEvent, by actor: MigrationActor) {
    guard (try? move.handle(event, by: actor, at: now)) != nil else { return }
    wasVerified = wasVerified || move.verifiedAt != nil
    wasLossAccepted = wasLossAccepted || move.acceptedLoss != nil
    let wanted = move.wanted
    for side in MigrationSide.allCases where !(side == .target && isTargetStrange) {
      guard let phase = wanted[side], desired[side]?.phase != phase else { continue }
      desired[side] = Desired(
        phase: phase, revision: (desired[side]?.revision ?? 0) + 1,
        givesUpVolumes: side == .target || move.givesUpVolumes)
    }
  }
}
