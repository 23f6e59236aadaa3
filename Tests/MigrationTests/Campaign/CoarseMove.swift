import Events
import Model

@testable import Migration

/// A move with what it depends on, coarser than ``MigrationWorld``: agents act and report in one, so that several of them can
/// be tried together.
struct CoarseMove: Hashable {
  /// What may happen to it.
  struct Options: Hashable {
    /// Whether somebody may lead it back once.
    var mayTurnBack = false
    /// Whether there may be no place for it for a while.
    var mayLackPlace = false
    /// Whether its target may fall ill for a while.
    var mayFallIll = false
    /// Whether its team may halt it once.
    var mayPause = false
  }

  /// What a step to another state costs of what may happen in all.
  enum Cost: Hashable { case nothing, lost, doubled }

  /// What was told of a side and is read again later.
  struct Report: Hashable {
    var side: MigrationSide
    var wanted: PlacementPhase
    var isWell: Bool
  }

  var move = EnvironmentMigration(Moves.placement, Self.terms, at: Moves.start)
  var options: Options
  var there: [MigrationSide: PlacementPhase] = [.source: .active]
  var again: Report?
  var isCopied = false
  var isOnTarget = false
  var isIll = false

  init(_ options: Options) { self.options = options }

  static var terms: MigrationTerms {
    var terms = Moves.terms()
    terms.approvers = [.serviceBody]
    terms.tasks = [.finalCopy]
    terms.retention = 0
    return terms
  }

  /// What is wrong; nil where all that was promised holds.
  var fault: String? {
    let copies = MigrationSide.allCases.filter { there[$0] == .active || there[$0] == .frozen }
    if copies.isEmpty { return "no copy is active or frozen" }
    if there[.source] == nil, !isCopied { return "the source went, and was not copied" }
    if there[.target] == nil, isOnTarget, move.acceptedLoss == nil { return "what was written on the target is lost" }
    if move.standing == .running, move.awaited.isEmpty { return "it waits for nothing" }
    return nil
  }

  /// All that may follow, but that it begins.
  var successors: [(CoarseMove, Cost)] {
    var next: [(CoarseMove, Cost)] = []
    for side in MigrationSide.allCases { next += agent(side) }
    if let again {
      var world = self
      world.again = nil
      world.read(again)
      next.append((world, .nothing))
    }
    next += (people + centre).map { ($0, .nothing) }
    return next
  }

  /// What follows from something that is done; nil where nothing does.
  func after(_ event: MigrationEvent) -> CoarseMove? {
    var world = self
    _ = try? world.move.handle(event, by: Moves.body, at: Moves.start)
    return world == self ? nil : world
  }

  private func agent(_ side: MigrationSide) -> [(CoarseMove, Cost)] {
    var next: [(CoarseMove, Cost)] = []
    guard let wanted = move.wanted[side] ?? (side == .source && move.step == .rollingBack ? .active : nil) else {
      return []
    }
    var acted = self
    acted.there[side] = wanted == .removed ? nil : wanted
    let report = Report(side: side, wanted: wanted, isWell: side == .source || !isIll)
    var told = acted
    told.read(report)
    if told != self { next.append((told, .nothing)) }
    if acted != self { next.append((acted, .lost)) }
    if again == nil {
      told.again = report
      next.append((told, .doubled))
    }
    return next
  }

  /// The centre takes only what is said of what it wants.
  private mutating func read(_ report: Report) {
    guard (move.wanted[report.side] ?? .active) == report.wanted else { return }
    let observation = MigrationEvent.Observation(report.wanted, faults: report.isWell ? [] : ["QuotaPending"])
    _ = try? move.handle(.observed(report.side, observation), by: Moves.nobody, at: Moves.start)
  }

  private var people: [CoarseMove] {
    var next = [after(.approved(.serviceBody))].compactMap(\.self)
    if var world = after(.done(.finalCopy, evidence: "x")) {
      world.isCopied = true
      next.append(world)
    }
    if var world = after(.cutOverBegins) {
      world.isOnTarget = true
      next.append(world)
    }
    next += [after(.removalConfirmed(typed: "prod")), after(.targetRemovalConfirmed(typed: "prodb"))]
      .compactMap(\.self)
    if move.step == .rollingBack {
      for kind in [MigrationTask.Kind.stopWrites, .switchNames] {
        if let world = after(.done(kind, evidence: "x")) { next.append(world) }
      }
      if let world = after(.rolledBack(acceptedLoss: "an hour")) { next.append(world) }
    } else if options.mayTurnBack, var world = after(.rolledBack(acceptedLoss: nil)) {
      world.options.mayTurnBack = false
      next.append(world)
    }
    if move.pausedBy != nil { next += [after(.resumed)].compactMap(\.self) }
    if options.mayPause, var world = after(.paused) {
      world.options.mayPause = false
      next.append(world)
    }
    return next
  }

  private var centre: [CoarseMove] {
    var next: [CoarseMove] = []
    if move.step == .preparingTarget {
      next += [after(.placed(Moves.other))].compactMap(\.self)
      if options.mayLackPlace { next += [after(.unplaceable(["CapacityShort"]))].compactMap(\.self) }
    }
    if there[.target] != nil, options.mayFallIll || isIll {
      var world = self
      world.isIll.toggle()
      if world.isIll { world.options.mayFallIll = false }
      next.append(world)
    }
    return next
  }
}
