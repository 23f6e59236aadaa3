import Events
public import Foundation
public import Identity
import Logging
public import Migration
import Model
import Postgres

extension GovernanceStore {
  /// Notified with a move's identifier when it was written, or its placements were seen otherwise.
  public static let movesChannel = "regie_moves"
  /// Notified with a migration's identifier when it, or one of its moves, was written, or what one of its moves waits for.
  public static let migrationsChannel = "regie_migrations"

  /// A move.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`, also where it is out of reach.
  public func move(_ id: UUID, within reach: Scope = .everything) async throws -> MoveRecord {
    let record = try await pool.withConnection { connection in
      try await withFlows([try await storedMove(id, locked: false, in: connection)], in: connection)[0]
    }
    guard record.isWithin(reach) else { throw StoreError.noMove(id) }
    return record
  }

  /// What somebody does to a move.
  ///
  /// - Parameters:
  ///   - condition: what must be so for it to take place.
  ///   - caller: who acts; what he is to the move follows from it.
  ///   - reach: how far the caller's reach goes: a move outside of it is not told from none.
  /// - Throws: ``StoreError``: `notFound`, `forbidden`, `invalid`, `migrationState`, `versionMismatch`,
  ///   `idempotencyMismatch`, `contended`.
  public func act(
    _ event: MigrationEvent, onMove id: UUID, if condition: WriteCondition = .always, by caller: MoveCaller,
    within reach: Scope = .everything, idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> MoveRecord {
    let key = try IdempotencyRecord(
      idempotencyKey, action: "move-act", context: context, request: MoveActDigest(event: "\(event)", id: id))
    let record = try await carrying(id, context: context) { locked, connection in
      if let replayed = try await replayed(key, locked, if: condition, within: reach, in: connection) {
        return replayed
      }
      if case .done(.createEnvironment, _) = event, locked.sight.target?.isUnconfirmed ?? true {
        throw StoreError(
          .invalid, path: "environmentID", "the environment's identifier in the console is missing",
          fr: "il manque l’identifiant de l’environnement dans la console", accepted: "UUID")
      }
      try await refuseInBlackout(event, locked.record, in: connection)
      if event.needsLegalTarget { try await refuseForbiddenTarget(locked, in: connection) }
      if event.needsFlows { try await refuseWaitingFlows(of: locked.record.move, in: connection) }
      let carried = try await carry(
        locked, (event.seeing(locked.sight), caller.actor(in: locked.record)), context: context, in: connection)
      if let key { try await connection.execute(try key.store(carried.record)) }
      return carried
    }
    guard let record else { throw StoreError.noMove(id) }
    return record.record
  }

  /// The answer that was given under a key before; nil where what is asked is to be done, and may be.
  ///
  /// - Throws: ``StoreError``: `notFound` for a move out of reach, `versionMismatch`, `idempotencyMismatch`.
  func replayed(
    _ key: IdempotencyRecord?, _ locked: LockedMove, if condition: WriteCondition, within reach: Scope,
    in connection: PostgresConnection
  ) async throws -> CarriedMove? {
    if let key {
      let answers = try await connection.pipeline([key.claim, key.select])
      if answers[0].affected == 0, let stored = try key.answer(in: answers[1], as: MoveRecord.self) {
        return CarriedMove(record: stored.replayed, isChanged: false)
      }
    }
    guard locked.record.isWithin(reach) else { throw StoreError.noMove(locked.record.id) }
    try condition.check(against: String(locked.record.revision))
    return nil
  }

  /// The console has made the target: what was reserved for it is published under the console's identifier.
  ///
  /// - Throws: ``StoreError`` as ``act(_:onMove:if:by:within:idempotencyKey:context:)`` and as for a confirmation.
  public func confirmTarget(
    ofMove id: UUID, as environmentID: UUID, evidence: String? = nil, if condition: WriteCondition = .always,
    by caller: MoveCaller, within reach: Scope = .everything, idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> MoveRecord {
    let record = try await move(id, within: reach)
    let done = MigrationEvent.done(
      .createEnvironment, evidence: evidence ?? "environment \(environmentID.uuidString.lowercased())")
    // Confirmed before, by whoever lost the answer.
    if record.move[.createEnvironment]?.evidence != nil, let target = record.move.target,
      try await placement(target).spec.environmentID == environmentID
    {
      return record.replayed
    }
    try condition.check(against: String(record.revision))
    let actor = caller.actor(in: record)
    guard !actor.parties.isDisjoint(with: [MigrationTask.Kind.createEnvironment.owner, .serviceBody]) else {
      throw StoreError(
        .forbidden, path: "principal", "only the project's team, or the service body, may say so",
        fr: "seule l’équipe du projet, ou l’organisme de service, peut le dire", accepted: "projectTeam, serviceBody")
    }
    guard let hold = record.hold, let open = record.move[.createEnvironment], open.isOpen else {
      throw StoreError(
        .migrationState, path: "createEnvironment", "nothing waits for the console",
        fr: "rien n’attend la console",
        accepted: record.move.tasks.filter(\.isOpen).map(\.kind.rawValue).joined(separator: ", "))
    }
    let rows = try await pool.withConnection {
      try await $0.query(
        "SELECT project_id FROM project_identities WHERE project = \(record.move.terms.project)")
    }
    _ = try await confirm(
      reservation: hold,
      ConfirmationRequest(
        projectID: try rows.only.decode("project_id"),
        environmentIDs: [record.move.terms.targetEnvironment: environmentID]), context: context)
    return try await PostgresError.followingCommit {
      do {
        return try await LongWork.owed {
          try await act(
            done, onMove: id, by: caller, within: reach, idempotencyKey: idempotencyKey, context: context)
        }
      } catch let error as StoreError where error.kind == .migrationState {
        // The mover was faster.
        return try await move(id, within: reach)
      }
    }
  }

  /// Looks at a move and its placements, and does what follows by itself. Doing it again changes nothing; several instances may
  /// do it at once.
  ///
  /// - Returns: Whether anything was changed.
  public func tendMove(_ id: UUID) async throws -> Bool {
    let carried = try await carrying(id, context: .mover, tellsFlows: false) { locked, connection in
      try await carry(locked, nil, context: .mover, in: connection)
    }
    guard let carried else { return false }
    let move = carried.record.move
    guard move.step == .preparingTarget, move.target == nil else { return carried.isChanged }
    return try await placeMove(id) || carried.isChanged
  }

  /// The moves that time alone may change by now, and how long it is until the next one.
  public func dueMoves(limit: Int = 500) async throws -> (due: [UUID], next: Duration?) {
    // One moment for both: what came between two would be neither due nor next.
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
        due AS (
          SELECT id FROM moves WHERE next_at <= (SELECT now FROM clock) ORDER BY next_at LIMIT \(limit)),
        later AS (
          SELECT next_at FROM moves WHERE next_at > (SELECT now FROM clock) ORDER BY next_at LIMIT 1)
        SELECT ARRAY(SELECT id FROM due) AS due, (extract(epoch FROM next_at - now) * 1000000)::bigint AS next
        FROM clock LEFT JOIN later ON true
        """)
    }
    let answer = try rows.only
    return (try answer.decode("due"), try answer.age("next"))
  }

  /// Moves in the order in which their plans have them: what comes first takes its room first.
  public func inPlanOrder(_ ids: Set<UUID>) async throws -> [UUID] {
    guard ids.count > 1 else { return Array(ids) }
    let rows = try await pool.withConnection {
      try await $0.query("SELECT id FROM moves WHERE id = ANY(\(Array(ids))) ORDER BY migration, wave, ordinal")
    }
    return try rows.map { try $0.decode("id") }
  }

  /// The moves that have begun and not ended: what an instance looks at that has heard nothing for a while.
  public func movesUnderWay() async throws -> [UUID] {
    let rows = try await pool.withConnection {
      try await $0.query("SELECT id FROM moves WHERE under_way ORDER BY migration, ordinal")
    }
    return try rows.map { try $0.decode("id") }
  }

  /// The moves that something may help or hinder which nobody tells them by name: those that look for a place, that something
  /// stands in the way of, or that are about to remove something.
  public func movesToLookAtAgain() async throws -> [UUID] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT id FROM moves WHERE under_way AND (standing = 'blocked' OR (step = 'preparingTarget' AND target IS NULL)
          OR step IN ('drainingSource', 'rollingBack'))
        ORDER BY migration, wave, ordinal
        """)
    }
    return try rows.map { try $0.decode("id") }
  }

  /// Runs `body` with a move and its placements locked. Where it has another target by the time it is locked, it is locked anew.
  ///
  /// - Parameter tellsFlows: whether the flows at its target are wanted. They are read before the commit: after it, nobody who
  ///   asks for them in vain could say what became of the move.
  func carrying(
    _ id: UUID, context: RequestContext, tellsFlows: Bool = true,
    _ body: @escaping @Sendable (LockedMove, PostgresConnection) async throws -> CarriedMove?
  ) async throws -> CarriedMove? {
    for _ in 0..<Self.lockingAttempts {
      do {
        let carried = try await pool.withTransaction { connection -> CarriedMove? in
          guard var carried = try await body(try await lockMove(id, in: connection), connection) else { return nil }
          if tellsFlows { carried.record = try await withFlows([carried.record], in: connection)[0] }
          return carried
        }
        if let carried, carried.isChanged { world.forget([carried.record.move.terms.project]) }
        return carried
      } catch is MoveMoved {
        continue
      } catch let error as PostgresError where error.sqlState == .uniqueViolation && error.table == "moves" {
        throw StoreError(
          .conflict, path: "source", "another migration moves this placement",
          fr: "une autre migration déplace ce placement", accepted: "its end")
      }
    }
    throw StoreError(
      .contended, path: "id", "the move kept changing", fr: "le déplacement n’a cessé de changer",
      accepted: "the same request, later")
  }

  private static let lockingAttempts = 5

  /// A stored move.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  func storedMove(_ id: UUID, locked: Bool, in connection: PostgresConnection) async throws -> MoveRecord {
    guard let row = try await connection.query(MoveStatements.select(id, locked: locked)).first else {
      throw StoreError.noMove(id)
    }
    return try MoveRecord(row: row, asOf: Timestamp(try row.decode(Date.self, "now")))
  }
}

/// What is done to a move, as the digest of an `Idempotency-Key` is over.
private struct MoveActDigest: Encodable {
  var event: String
  var id: UUID
}
