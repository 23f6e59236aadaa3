import Events
import Foundation
import Migration
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// A move and its copies, all locked, at one moment.
  struct LockedMove: Sendable {
    var record: MoveRecord
    var sight: MoveSight
    var epoch: Int64
    var now: Timestamp
  }

  /// The move has got another target since it was looked at: its placements are to be locked anew.
  struct MoveMoved: Error {}

  /// Locks a move in the order in which decisions lock: the project, its placements, the move.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`; ``MoveMoved``.
  func lockMove(_ id: UUID, in connection: PostgresConnection) async throws -> LockedMove {
    let first = try await storedMove(id, locked: false, in: connection)
    let (terms, target) = (first.move.terms, first.move.target)
    let ids = [terms.source] + (target.map { [$0] } ?? [])
    let answers = try await connection.pipeline(
      Self.locksForWriting(.project, terms.project) + [
        """
        SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables) WHERE p.id = ANY(\(ids))
        ORDER BY p.project, p.environment, p.replica, p.id FOR UPDATE OF p, r
        """,
        MoveStatements.select(id, locked: true), "SELECT epoch FROM epoch",
        """
        SELECT p.id FROM agents a, policy_versions v, placements p
        WHERE p.id = ANY(\(ids)) AND a.zone = p.zone AND v.version = (\(Self.inForce))
          AND a.silent_milliseconds > coalesce((v.document ->> 'heartbeatLimitSeconds')::bigint, 300) * 1000
        """,
        """
        SELECT r::text AS reason FROM findings f, jsonb_array_elements(f.reasons) AS r
        WHERE f.placement = \(target) AND f.resolved_at IS NULL AND NOT f.may_stay ORDER BY r::text COLLATE "C"
        """,
        """
        SELECT name FROM resources WHERE kind = 'Derogation' AND deleted_at IS NULL
          AND spec ->> 'project' = \(terms.project) AND spec ->> 'decision' = 'granted'
          AND (spec ->> 'validUntil')::date - \(Self.today)::date BETWEEN \(-Int32(Self.derogationDaysBehind))
            AND \(Int32(Self.derogationDaysAhead))
        ORDER BY name COLLATE "C"
        """,
        """
        SELECT EXISTS (SELECT FROM placements WHERE project = \(terms.project) AND environment = \(terms.environment)
          AND id <> \(terms.source) AND removed_at IS NULL) AS others
        """,
        """
        SELECT EXISTS (SELECT FROM placements p JOIN agents a ON a.zone = p.zone WHERE p.id = \(terms.source)
          AND NOT jsonb_path_exists(a.status, '$.clusters[*] ? (@.name == $cluster && @.reachable == true)',
            jsonb_build_object('cluster', p.cluster))) AS cut_off
        """,
      ])
    let placements = try answers[2].map { try PlacementRecord(row: $0) }
    guard let row = answers[3].first else { throw StoreError.noMove(id) }
    let now = Timestamp(try row.decode(Date.self, "now"))
    let record = try MoveRecord(row: row, asOf: now)
    guard record.move.target == target else { throw MoveMoved() }
    let targetRecord = placements.first { $0.spec.id == target }
    let silent = try answers[5].map { try $0.decode(UUID.self, "id") }
    var sight = MoveSight(
      source: placements.first { $0.spec.id == terms.source }, target: targetRecord,
      isTargetSilent: target.map(silent.contains) ?? false, isSourceSilent: silent.contains(terms.source),
      isSourceCutOff: try answers[9].only.decode("cut_off"),
      illegal: try answers[6].map { try $0.decode("reason") },
      hasOthersOfSource: try answers[8].only.decode("others"))
    let ending = try answers[7].map { try $0.decode(String.self, "name") }
    if let targetRecord, !ending.isEmpty {
      sight.ending = try await derogations(ending, carrying: targetRecord, in: connection)
    }
    return LockedMove(
      record: record, sight: sight, epoch: try answers[4].only.decode("epoch"), now: now)
  }

  /// So many days before its end a derogation counts as one that is about to end.
  private static let derogationDaysAhead = 14
  /// And so many days after it: what it had let be is judged soon, and not at the same moment.
  private static let derogationDaysBehind = 30

  /// Which of these derogations a target rests on: without it, it might not be where it is.
  private func derogations(
    _ names: [String], carrying target: PlacementRecord, in connection: PostgresConnection
  ) async throws -> [String] {
    guard let judge = try await TargetJudge(of: target, in: self, connection) else { return [] }
    // Of one project, and under locks that all writers wait for: behind no question about many.
    return try await LongWork.answer { names.filter { !judge.mayStay(without: $0) } }
  }

  /// Refuses to lead users to a target, or to have its source removed, where the target may not be there by the policy of this
  /// very moment: what was found before may be as old as the last look at everything.
  func refuseForbiddenTarget(_ locked: LockedMove, in connection: PostgresConnection) async throws {
    guard let target = locked.sight.target, !target.isUnconfirmed, locked.sight.illegal.isEmpty,
      let judge = try await TargetJudge(of: target, in: self, connection),
      !(try await LongWork.answer { judge.mayStay(without: nil) })
    else { return }
    throw StoreError(
      .migrationState, path: "target", "by the policy in force the target may not be where it is",
      fr: "selon la politique en vigueur, l’arrivée ne peut être là où elle est",
      accepted: "another target, a derogation / une autre arrivée, une dérogation")
  }

  /// What became of a move after events.
  struct CarriedMove: Sendable {
    var record: MoveRecord
    /// Whether anything was written.
    var isChanged: Bool
  }

  /// Tells a move what is seen, and what somebody does, and makes both placements what is wanted of them: all in the caller's
  /// transaction.
  ///
  /// - Parameters:
  ///   - act: what somebody does, or what was found out; nil where only time has passed, or something was seen.
  ///   - isTold: whether the audit trail keeps the act.
  func carry(
    _ locked: LockedMove, _ act: (event: MigrationEvent, actor: MigrationActor)?, context: RequestContext,
    isTold: Bool = true, in connection: PostgresConnection
  ) async throws -> CarriedMove {
    let before = locked.record.move
    // What has ended wants nothing any more: whatever becomes of its placements is others' to say.
    if before.step.isEnd, act == nil { return CarriedMove(record: locked.record, isChanged: false) }
    var move = before
    var notices: [MigrationNotice] = []
    for event in locked.sight.events(of: move, beside: act?.event) + [.clock] {
      notices += try StoreError.moving { () throws(MigrationRefusal) in
        try move.handle(event, by: .mover, at: locked.now)
      }
    }
    if let act {
      notices += try StoreError.moving { () throws(MigrationRefusal) in
        try move.handle(act.event, by: act.actor, at: locked.now)
      }
    }
    try await requestFlows(of: move, in: connection)
    let writing = MoveWriting(locked: locked, after: move, notices: notices, context: context)
    let orders = writing.orders
    guard move != before || !orders.isEmpty || (act != nil && isTold) else {
      // Seen, and nothing of it matters: else it would be looked at for ever.
      try await connection.execute(MoveStatements.look(at: before.id, next: writing.nextLook))
      return CarriedMove(record: locked.record, isChanged: false)
    }
    var statements = try writing.statements(mint: mint)
    if let act, isTold { statements.append(try writing.entry(of: act.event)) }
    if let entry = try writing.entryOfOrders { statements.append(entry) }
    try await connection.pipeline(statements)
    if writing.givesBackDocument { try await giveBackDocument(writing, in: connection) }
    return CarriedMove(record: writing.record, isChanged: true)
  }

  /// The project's document asks for the source again, under the name it had.
  private func giveBackDocument(_ writing: MoveWriting, in connection: PostgresConnection) async throws {
    let terms = writing.after.terms
    let answers = try await connection.pipeline([
      "\(Self.selectResource(.project, terms.project)) FOR UPDATE",
      """
      SELECT environment_id, from_console FROM environment_identities
      WHERE project = \(terms.project) AND environment = \(terms.environment)
      """,
    ])
    var statements: [PostgresQuery] = []
    if let row = answers[0].first, case .project(let present) = try AnyResource(row: row) {
      let identity = try answers[1].first.map { row in
        try row.decode(Bool.self, "from_console") ? try row.decode(UUID.self, "environment_id") : nil
      }
      let keeps = writing.after.step == .failed && writing.isTargetKept
      // Who has taken it out of the document meanwhile does not get it back.
      if let spec = present.spec.moving(
        terms.targetEnvironment, backTo: terms.environment, consoleID: identity ?? nil, keeping: keeps)
      {
        var next = present
        next.spec = spec
        statements += [
          Self.author(writing.context), try Self.write(.project(next), over: .project(present), uid: mint()),
          try AuditWriter.entry(
            at: writing.locked.now, context: writing.context, action: Change.changed.rawValue,
            kind: ResourceKind.project.rawValue, name: terms.project,
            detail: PutDetail(before: .project(present), after: .project(next))),
        ]
      }
    }
    statements += [
      "UPDATE placements SET leaving = false WHERE id = \(terms.source)",
      """
      UPDATE environment_identities SET moved_to = (
        SELECT m.target_environment FROM moves m
        WHERE m.project = \(terms.project) AND m.environment = \(terms.environment)
          AND m.id <> \(writing.locked.record.id) AND \(MoveStatements.leads)
        ORDER BY m.since DESC LIMIT 1)
      WHERE project = \(terms.project) AND environment = \(terms.environment)
      """,
      MoveStatements.renumber(terms.environment, of: terms.project),
      MoveStatements.renumber(terms.targetEnvironment, of: terms.project),
      // Where the team has put its old document back, neither that nor a reservation is written, and nothing else would tell.
      "SELECT announce_projects(\([terms.project]))",
    ]
    try await connection.pipeline(statements)
  }
}
