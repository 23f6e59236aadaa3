import Events
import Foundation
public import Migration
import Model
import Postgres
import Requests

/// What is written of a move that has become another one: pure.
struct MoveWriting: Sendable {
  let locked: GovernanceStore.LockedMove
  let after: EnvironmentMigration
  let notices: [MigrationNotice]
  let context: RequestContext

  private var before: EnvironmentMigration { locked.record.move }

  /// How often a place is looked for again where nothing says that there may be one.
  static let placePatience: Int64 = 30_000_000

  /// When it is to be looked at for the time alone.
  var nextLook: Timestamp? {
    guard after.awaited.contains(.place) else { return after.next }
    let again = Timestamp(microseconds: locked.now.microseconds + Self.placePatience)
    return after.next.map { min($0, again) } ?? again
  }

  /// The move as it is stored.
  var record: MoveRecord {
    var record = locked.record
    record.move = after
    record.revision += 1
    if after.isUnderWay, record.startedAt == nil { record.startedAt = locked.now }
    if after.step.isEnd, record.endedAt == nil { record.endedAt = locked.now }
    if after.target == nil { record.hold = nil }
    record.asOf = locked.now
    return record
  }

  /// The next revisions of both copies, where something else is wanted of them than is.
  var orders: [PlacementRecord] {
    [
      (after.wanted.source, locked.sight.source, after.givesUpVolumes),
      (after.target == nil ? nil : after.wanted.target, locked.sight.target, true),
    ].compactMap { wanted, present, givesUpVolumes in
      guard let wanted, let present, present.removedAt == nil, !present.isUnconfirmed, present.spec.phase != wanted
      else { return nil }
      var next = present
      next.spec.phase = wanted
      next.spec.revision += 1
      next.spec.epoch = locked.epoch
      next.decidedAt = locked.now
      next.notBefore = wanted == .removed ? locked.now : nil
      // Somebody has typed the environment's name, and looked what it holds, or it was never in use.
      next.removePersistentVolumes = wanted == .removed && givesUpVolumes
      next.traceparent = context.traceparent
      return next
    }
  }

  /// What was only reserved and is not wanted any more.
  private var givenUp: PlacementRecord? {
    guard let target = locked.sight.target, target.isUnconfirmed, target.removedAt == nil,
      after.target == nil || after.step.isEnd
    else { return nil }
    return target
  }

  /// Whether the project's document is to ask for the source again.
  var givesBackDocument: Bool {
    // Of what is gone, or is to go now, nothing is asked for any more.
    guard let source = locked.sight.source, source.isLeaving == true, source.removedAt == nil,
      (after.wanted.source ?? source.spec.phase) != .removed
    else { return false }
    if after.step == .rolledBack || after.step == .failed { return true }
    // Its place was lost before there was anything at it.
    return after.target == nil
  }

  /// Whether the target stays although the move was given up.
  var isTargetKept: Bool { after.target != nil && givenUp == nil && after.wanted.target != .removed }

  func statements(mint: @escaping @Sendable () -> UUID) throws -> [PostgresQuery] {
    let record = record
    var statements = [try MoveStatements.update(record, next: nextLook)]
    if after.step.isEnd { statements.append(MoveStatements.letGo(of: after.id, in: after.terms.project)) }
    if let target = givenUp {
      statements += ReservationStatements.release([target], because: .cancelled, at: locked.now)
      if let hold = target.reservation {
        statements += [
          "UPDATE holds SET cancelled_at = \(locked.now.date) WHERE id = \(hold) AND confirmed_at IS NULL",
          try AuditWriter.entry(
            at: locked.now, context: context, action: "cancelled", kind: ReservationDetail.kind,
            name: hold.uuidString.lowercased(), detail: ReservationDetail(placements: [target.spec.id])),
        ]
      }
    }
    let orders = orders
    if !orders.isEmpty {
      statements += PlacementStatements.update(orders)
      statements += [PlacementStatements.announce(orders, reason: "moved"), GovernanceStore.announceOutbox]
    }
    if before.step != after.step || before.standing != after.standing {
      let writer = FactWriter(epoch: locked.epoch, at: locked.now, traceparent: context.traceparent, mint: mint)
      statements.append(try writer.insert([MoveFact(record, epoch: locked.epoch)]))
    }
    statements += try notices.compactMap { try entry(of: $0, orders) }
    if let told = try WebhookWriter.insert(record.notes(of: notices), at: locked.now) { statements.append(told) }
    return statements
  }

  /// The audit trail's entry of something that somebody has done.
  func entry(of event: MigrationEvent) throws -> PostgresQuery {
    try AuditWriter.entry(
      at: locked.now, context: context, action: event.name, kind: MoveDetail.kind,
      name: after.id.uuidString.lowercased(), detail: MoveDetail(record, orders: orders))
  }

  /// The entry of what was ordered without a step or an act that would tell it; nil where there is nothing to tell.
  var entryOfOrders: PostgresQuery? {
    get throws {
      let orders = orders
      let isTold = context != .mover || notices.contains { if case .reached = $0 { true } else { false } }
      guard !orders.isEmpty, !isTold else { return nil }
      return try AuditWriter.entry(
        at: locked.now, context: context, action: "ordered", kind: MoveDetail.kind,
        name: after.id.uuidString.lowercased(), detail: MoveDetail(record, orders: orders))
    }
  }

  private func entry(of notice: MigrationNotice, _ orders: [PlacementRecord]) throws -> PostgresQuery? {
    guard case .reached = notice else { return nil }
    return try AuditWriter.entry(
      at: locked.now, context: context, action: "reached", kind: MoveDetail.kind,
      name: after.id.uuidString.lowercased(), detail: MoveDetail(record, orders: orders))
  }
}

/// What the audit trail keeps of a move: how it stands, by identifiers; words are kept as digests.
struct MoveDetail: Encodable {
  /// The kind of thing such entries are about.
  static let kind = "Move"

  private struct Order: Encodable {
    var placement: UUID
    var phase: PlacementPhase
    var revision: Int64
  }

  private var migration: UUID
  private var project: String
  private var environment: String
  private var targetEnvironment: String
  private var source: UUID
  private var target: UUID?
  private var step: MigrationStep
  private var standing: EnvironmentMigration.Standing
  private var obstacles: [String]
  private var tasks: [String: String]
  private var acceptedLoss: String?
  private var orders: [Order]

  init(_ record: MoveRecord, orders: [PlacementRecord]) {
    let move = record.move
    migration = record.migration
    project = move.terms.project
    environment = move.terms.environment
    targetEnvironment = move.terms.targetEnvironment
    (source, target) = (move.terms.source, move.target)
    (step, standing) = (move.step, move.standing)
    obstacles = move.obstacles.map(\.name)
    tasks = Dictionary(
      move.tasks.compactMap { task in task.evidence.map { (task.kind.rawValue, Self.digest($0.text)) } },
      uniquingKeysWith: { first, _ in first })
    acceptedLoss = move.acceptedLoss.map { Self.digest($0.text) }
    self.orders = orders.map { Order(placement: $0.spec.id, phase: $0.spec.phase, revision: $0.spec.revision) }
  }

  private static func digest(_ text: String) -> String { Digest.hexadecimal(Digest.sha256(Array(text.utf8))) }
}

extension MigrationObstacle {
  /// One word for what it is, for programs.
  public var name: String {
    switch self {
    case .noTarget: "noTarget"
    case .targetIllegal: "targetIllegal"
    case .targetNotReady: "targetNotReady"
    case .targetGone: "targetGone"
    case .sourceGone: "sourceGone"
    case .sourceLate: "sourceLate"
    case .targetLate: "targetLate"
    case .overdue(let kind): "overdue/\(kind.rawValue)"
    case .waiting(let act): "waiting/\(act.rawValue)"
    case .wayBackLosesWrites: "wayBackLosesWrites"
    }
  }
}

extension MigrationEvent {
  /// One word for what somebody does, as the audit trail has it.
  var name: String {
    switch self {
    case .approved(let party): "approved/\(party.rawValue)"
    case .started: "started"
    case .placed: "placed"
    case .unplaceable: "unplaceable"
    case .placeLost: "placeLost"
    case .judged: "judged"
    case .observed: "observed"
    case .done(let kind, _): "done/\(kind.rawValue)"
    case .cutOverBegins: "cutOver"
    case .removalConfirmed: "removalConfirmed"
    case .goneDeclared: "goneDeclared"
    case .sourceLost: "sourceLost"
    case .paused: "paused"
    case .resumed: "resumed"
    case .rolledBack: "rolledBack"
    case .targetRemovalConfirmed: "targetRemovalConfirmed"
    case .givenUp: "givenUp"
    case .recovered: "recovered"
    case .unseen: "unseen"
    case .clock: "clock"
    }
  }
}
