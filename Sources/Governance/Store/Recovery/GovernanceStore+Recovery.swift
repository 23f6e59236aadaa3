import Events
import Foundation
import Model
import Postgres
import Trail

extension GovernanceStore {
  /// How the database would be brought up to what its lost life has promised; changes nothing.
  public func recoveryPlan(
    _ evidence: [BusEvidence], told: ToldEvidence = ToldEvidence()
  ) async throws -> RecoveryPlan {
    let read = try await pool.withTransaction { connection in
      try await connection.execute(Self.allowLongWork)
      return try await Self.readBooks(beside: told, in: connection)
    }
    // Only what carries it out has to keep everything as it is while it is worked out.
    return RecoveryPlan(try read.books(), evidence, told: told)
  }

  /// Brings the database up to what its lost life has promised, in one transaction: the epoch is minted, rows are adopted
  /// and raised, the ledger is the sum of the reservations again, all of it is published, and decisions go on.
  ///
  /// - Parameters:
  ///   - told: what `regie.events` holds.
  ///   - digest: of the plan that was agreed to; see ``RecoveryPlan/digest``.
  ///   - despiteUnverified: Whether it is agreed to as well that what could not be read or believed is not counted.
  /// - Throws: ``StoreError`` of kind `conflict` where the plan is another one by now, or not all was read.
  public func recover(
    _ evidence: [BusEvidence], told: ToldEvidence = ToldEvidence(), agreedTo digest: String,
    despiteUnverified: Bool = false, context: RequestContext
  ) async throws -> RecoveryPlan {
    let plan = try await pool.withTransaction { connection in
      try await connection.execute(Self.allowLongWork)
      try await connection.execute(StoreLocks.takeOffer())
      // Reports on their way give capacity back: the ledger must be the sum of what they leave.
      _ = try await connection.query(Self.lockReservations)
      let books = try await Self.readBooks(beside: told, in: connection).books()
      let plan = RecoveryPlan(books, evidence, told: told)
      guard plan.digest == digest else {
        throw StoreError(
          .conflict, path: "plan", "the plan is another one by now: \(plan.digest)",
          fr: "le plan a changé depuis : \(plan.digest)", accepted: plan.digest)
      }
      guard plan.isNeeded else { return plan }
      guard !plan.isIncomplete || despiteUnverified else { throw StoreError.unverified(plan) }
      try await connection.pipeline(Self.lockWhatIsTold)
      try await connection.pipeline(
        plan.mints
          ? try Self.statements(plan, books, context, despiteUnverified)
          : try Self.lift(plan, books, context, despiteUnverified))
      // Before all is told again: of a vote only its new deadline is.
      try await prolongVotes(
        since: books.suspendedAt, isRestored: plan.isRestored, context: context, in: connection)
      if plan.mints { try await retell(epoch: plan.nextEpoch, at: books.now, context: context, in: connection) }
      // Where only what was left finds its place, nothing is lost of what was voted and moved since.
      if plan.isRestored { try await suspendMoves(at: books.now, in: connection) }
      return plan
    }
    world.forget(Array(Set(plan.changes.map(\.after.spec.project))))
    return plan
  }

  /// In the order in which decisions and reports lock them.
  private static let lockReservations: PostgresQuery = """
    SELECT FROM \(PlacementRecord.tables) ORDER BY p.project, p.environment, p.replica, p.id FOR UPDATE OF p, r
    """

  /// What is prolonged or suspended further on. Who tells of one of these has it locked when he asks for the epoch, see
  /// ``FactWriter/selectEpoch``: so a recovery has them before it writes that. Else each would wait for the other.
  private static let lockWhatIsTold: [PostgresQuery] = [
    "SELECT FROM policy_proposals WHERE state = 'open' ORDER BY number FOR UPDATE",
    """
    SELECT FROM migrations WHERE state IN ('planned', 'running', 'paused', 'cancelling') ORDER BY id FOR UPDATE
    """,
    "SELECT FROM moves WHERE under_way OR step IN ('planned', 'approved') ORDER BY id FOR UPDATE",
  ]

  /// What the books are made of, as the database answered.
  private struct ReadBooks: Sendable {
    var answers: [PostgresRows]
    var told: ToldAccount

    func books() throws -> RecoveryPlan.Books {
      func names(_ kind: ResourceKind) throws -> Set<String> {
        Set(
          try answers[4].filter { try $0.decode(String.self, "kind") == kind.rawValue }
            .map { try $0.decode(String.self, "name") })
      }
      return RecoveryPlan.Books(
        epoch: try answers[0].only.decode("epoch"),
        sequences: Dictionary(
          try answers[1].map { (try $0.decode(String.self, "zone"), try $0.decode(Int64.self, "sequence")) },
          uniquingKeysWith: max),
        placements: try answers[2].map { try PlacementRecord(row: $0) },
        identities: Dictionary(
          try answers[3].map { (try $0.decode(String.self, "project"), try $0.decode(UUID.self, "project_id")) },
          uniquingKeysWith: { first, _ in first }),
        projects: try names(.project), clusters: try names(.cluster),
        published: Dictionary(
          try answers[5].map { try PublishedState(row: $0) }.map { ($0.placement, $0) },
          uniquingKeysWith: { first, _ in first }),
        left: Dictionary(
          try answers[6].map { row in
            let version = StateVersion(epoch: try row.decode("epoch"), revision: try row.decode("revision"))
            return (try row.decode(UUID.self, "placement"), version)
          }, uniquingKeysWith: max),
        suspended: try answers[0].only.decode("suspended_because"),
        suspendedAt: try answers[0].only.decode(Date?.self, "suspended_at").map(Timestamp.init), told: told,
        now: Timestamp(try answers[0].only.decode(Date.self, "now")))
    }
  }

  private static func readBooks(
    beside told: ToldEvidence, in connection: PostgresConnection
  ) async throws -> ReadBooks {
    let answers = try await connection.pipeline([
      "SELECT epoch, suspended_at, suspended_because, clock_timestamp() AS now FROM epoch",
      "SELECT zone, sequence FROM zone_records",
      "SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables) ORDER BY p.project, p.environment, p.replica, p.id",
      "SELECT project, project_id FROM project_identities",
      "SELECT kind, name FROM resources WHERE kind IN ('Project', 'Cluster') AND deleted_at IS NULL",
      "SELECT placement, zone, epoch, revision, digest, partition, \"offset\" FROM published_states",
      "SELECT placement, epoch, revision FROM left_states",
    ])
    return ReadBooks(answers: answers, told: try await account(beside: told, in: connection))
  }

  /// Rows that go come first: what is adopted may have their namespace.
  private static func statements(
    _ plan: RecoveryPlan, _ books: RecoveryPlan.Books, _ context: RequestContext, _ despiteUnverified: Bool
  ) throws -> [PostgresQuery] {
    let present = plan.changes.filter { $0.before != nil }
    let adopted = plan.changes.filter { $0.before == nil }
    let moved = plan.changes.filter { $0.action != .held }
    let announced = moved.filter { $0.action != .removed }.map(\.after)
    var statements = [mint(plan)]
    for part in [present.filter { $0.action == .removed }, present.filter { $0.action != .removed }] {
      statements += RecoveryStatements.overwrite(part)
    }
    statements += RecoveryStatements.settle(present)
    statements += RecoveryStatements.clusters(adopted) + RecoveryStatements.identities(adopted)
    statements += RecoveryStatements.adopt(adopted) + RecoveryStatements.leave(plan.left, adopting: moved)
    statements += RecoveryStatements.forget(plan.forgotten)
    statements += [
      RecoveryStatements.mark(moved), RecoveryStatements.ledger, RecoveryStatements.sequences(plan.sequences),
      // What was noted of the lost life's bus is noted anew.
      "DELETE FROM published_states WHERE placement = ANY(\(moved.map(\.after.spec.id)))",
      PublishedState.store(plan.published), PlacementStatements.announce(announced, reason: "recovered"), nextTerm,
      try AuditWriter.entry(
        at: books.now, context: context, action: AuditRecovery.action, kind: AuditRecovery.kind, name: "epoch",
        detail: RecoveryDetail(plan, despiteUnverified)),
      Self.announceOutbox,
    ]
    return statements
  }

  /// Ends a suspension for which there is no reason any more.
  private static func lift(
    _ plan: RecoveryPlan, _ books: RecoveryPlan.Books, _ context: RequestContext, _ despiteUnverified: Bool
  ) throws -> [PostgresQuery] {
    [
      """
      UPDATE epoch SET policies_told = greatest(policies_told, \(plan.highestPolicy)), suspended_at = NULL,
        suspended_because = NULL
      """, nextTerm,
      try AuditWriter.entry(
        at: books.now, context: context, action: "suspension-lifted", kind: "Database", name: "epoch",
        detail: LiftDetail(
          epoch: plan.epoch, suspendedBecause: books.suspended, despiteUnverified: despiteUnverified,
          findings: plan.findings)),
      Self.announceOutbox,
    ]
  }

  /// The leader begins anew: it compares once more, and reads what the bus is noted to hold. How long it lets messages wait
  /// stays known.
  static let nextTerm: PostgresQuery =
    "UPDATE relay_leases SET term = term + 1, message_term = message_term + 1 WHERE name = 'relay'"

  private static func mint(_ plan: RecoveryPlan) -> PostgresQuery {
    """
    UPDATE epoch SET epoch = \(plan.nextEpoch), minted_at = clock_timestamp(), reason = 'recovered',
      policies_told = greatest(policies_told, \(plan.highestPolicy)), suspended_at = NULL, suspended_because = NULL
    """
  }
}

private struct RecoveryDetail: Encodable {
  struct Change: Encodable {
    var placement: UUID
    var action: RecoveryPlan.Action
    var from: StateVersion?
    var to: StateVersion
  }

  var signs: [String]
  var epoch: Int64
  var nextEpoch: Int64
  /// How far the trail was anchored before the life that is lost, as far as the database knows.
  var anchored: Int64?
  var changes: [Change]
  var findings: [RecoveryPlan.Finding]
  var despiteUnverified: Bool

  init(_ plan: RecoveryPlan, _ despiteUnverified: Bool) {
    self.despiteUnverified = despiteUnverified
    signs = plan.signs
    epoch = plan.epoch
    nextEpoch = plan.nextEpoch
    anchored = plan.books.told?.anchored
    changes = plan.changes.map {
      Change(placement: $0.after.spec.id, action: $0.action, from: $0.before?.version, to: $0.after.version)
    }
    findings = plan.findings
  }
}

private struct LiftDetail: Encodable {
  var epoch: Int64
  var suspendedBecause: String?
  var despiteUnverified: Bool
  var findings: [RecoveryPlan.Finding]
}

extension StoreError {
  fileprivate static func unverified(_ plan: RecoveryPlan) -> StoreError {
    let unread = plan.findings.filter { ["Unverified", "ZoneUnknown"].contains($0.kind) }
    return StoreError(
      .conflict, path: "despiteUnverified",
      "not all that is on the bus was read or could be believed: \(unread.map(\.message).joined(separator: "; "))",
      fr: "tout ce que le bus contient n’a pas été lu ou cru : \(unread.map(\.messageFR).joined(separator: " ; "))",
      accepted: "true, where it is not to be counted")
  }
}

extension RecoveryPlan {
  /// What is agreed to: every change with what it is a change of, what is left to people, and every finding, in 64
  /// hexadecimal digits. What stands as it is has no part in it: where nothing is suspended, decisions go on meanwhile. Of
  /// `regie.events` it is what was told, as the trail goes on.
  public var digest: String {
    var lines = signs.filter { $0 != toldSign?.sign }
    if let toldSign { lines.append(toldSign.agreed) }
    lines.append("\(epoch) \(nextEpoch) \(isSuspended) \(highestPolicy)")
    for change in changes {
      let (after, before) = (change.after, change.before?.version.description ?? "nothing")
      lines.append(
        "\(after.spec.id) \(change.action.rawValue) \(before) \(after.version) \(after.spec.phase.rawValue) "
          + after.reserved.digestLine)
    }
    lines += left.map { "\($0.zone) \($0.placement) \($0.version)" }
    lines += findings.map { "\($0.zone) \($0.placement?.uuidString ?? "") \($0.kind)" }
    return Digest.hexadecimal(Digest.sha256(lines.joined(separator: "\n").utf8))
  }
}

extension ResourceAmounts {
  fileprivate var digestLine: String { "\(cpu) \(memory) \(gpu) \(storage) \(pods)" }
}
