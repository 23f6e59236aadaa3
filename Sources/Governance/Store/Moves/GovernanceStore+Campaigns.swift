import Events
public import Foundation
import Logging
public import Migration
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// What somebody does to a migration as a whole.
  ///
  /// Who starts it need not say what has changed since it was planned: that is looked up.
  ///
  /// - Throws: ``StoreError``: `notFound`, `forbidden`, `invalid`, `migrationState`, `planOutdated` with what has changed,
  ///   `versionMismatch`, `idempotencyMismatch`.
  public func act(
    _ event: CampaignEvent, onMigration id: UUID, if condition: WriteCondition = .always, by caller: MoveCaller,
    idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> MigrationRecord {
    let key = try IdempotencyRecord(
      idempotencyKey, action: "migration-act", context: context, request: CampaignActDigest(event, id))
    guard case .started = event else {
      return try await act(event, lookedAt: nil, onMigration: id, if: condition, by: caller, key, context)
    }
    for _ in 0..<Self.mostLooks {
      let looked = try await look(sincePlanning: id)
      do {
        return try await act(
          .started(changes: looked.changes), lookedAt: looked.ground, onMigration: id, if: condition, by: caller, key,
          context)
      } catch is GroundMoved {
        continue
      }
    }
    throw StoreError(
      .contended, path: "id", "the offer kept changing", fr: "l’offre n’a cessé de changer",
      accepted: "again, a moment later")
  }

  /// How often it is looked up what has changed while something changes all the time.
  private static let mostLooks = 3

  /// - Parameter ground: the offer and the policy by which it was looked up what has changed: they hold until the commit.
  /// - Throws: ``GroundMoved`` where they do not any more.
  private func act(
    _ wanted: CampaignEvent, lookedAt ground: PlanGround?, onMigration id: UUID, if condition: WriteCondition,
    by caller: MoveCaller, _ key: IdempotencyRecord?, _ context: RequestContext
  ) async throws -> MigrationRecord {
    try await pool.withTransaction { connection in
      if let ground {
        try await connection.execute(StoreLocks.shareOffer())
        let head = try DecisionBasis.Head(row: try await connection.query(DecisionBasis.Head.select).only)
        guard PlanGround(head) == ground else { throw GroundMoved() }
      }
      if let key {
        let answers = try await connection.pipeline([key.claim, key.select])
        if answers[0].affected == 0, let stored = try key.answer(in: answers[1], as: MigrationRecord.self) {
          return stored.replayed
        }
      }
      let present = try await lockMigration(id, in: connection)
      try condition.check(against: String(present.revision))
      let moves = try await campaignMoves(of: present, in: connection)
      var campaign = present.campaign
      var notices = try StoreError.moving { () throws(MigrationRefusal) in
        try campaign.handle(.movesChanged(CampaignTally(of: moves)), by: .mover, at: present.asOf)
      }
      notices += try StoreError.moving { () throws(MigrationRefusal) in
        try campaign.handle(wanted, by: caller.actor, at: present.asOf)
      }
      let record = try await write(campaign, over: present, notices, next: nil, context: context, in: connection)
      try await connection.execute(
        try AuditWriter.entry(
          at: present.asOf, context: context, action: wanted.name, kind: MigrationDetail.kind,
          name: id.uuidString.lowercased(), detail: MigrationDetail(campaign)))
      if let key { try await connection.execute(try key.store(record)) }
      return record
    }
  }

  /// What a migration's plan was judged on and is otherwise by now, as people read it: `cluster nord-2 changed`.
  public func changes(sincePlanning id: UUID) async throws -> [String] {
    try await look(sincePlanning: id).changes
  }

  private func look(sincePlanning id: UUID) async throws -> (changes: [String], ground: PlanGround) {
    let record = try await migration(id)
    let plan = try await plan(ofMigration: id)
    let ground = try await planningGround(
      record.wish, with: Array(Set(plan.moves.map(\.project) + plan.blocked.map(\.project))))
    let changes = try await LongWork.run {
      plan.differences(from: ground.inputs).map { "\($0.subject.rawValue) \($0.name) \($0.change.rawValue)" }
    }
    return (changes, PlanGround(ground.head))
  }

  /// Has the moves of a migration begin that may begin now, and withdraws those that never will. Doing it again changes
  /// nothing; the migration is locked meanwhile, so that its limits hold whoever else does it.
  ///
  /// - Returns: The moves that were written.
  public func tendMigration(_ id: UUID) async throws -> [UUID] {
    // Looked at before: what is taken or left meanwhile is seen when a place is looked for, or at the next look.
    let crowded = try await crowdedMoves(of: id)
    return try await pool.withTransaction { connection in
      // Two campaigns that looked at the same time would each take the room that there is for one.
      try await connection.execute(StoreLocks.takeCampaigns())
      let present = try await lockMigration(id, in: connection)
      guard !present.campaign.state.isEnd else { return [] }
      let moves = try await campaignMoves(of: present, crowded: crowded, in: connection)
      let others = try await movesUnderWay(besides: id, in: connection)
      var campaign = present.campaign
      var notices = try StoreError.moving { () throws(MigrationRefusal) in
        try campaign.handle(.movesChanged(CampaignTally(of: moves)), by: .mover, at: present.asOf)
      }
      let release = campaign.released(moves, others: others, at: present.asOf)
      let touched = try await begin(release, at: present.asOf, in: connection)
      if !touched.isEmpty {
        let after = try await campaignMoves(of: present, crowded: crowded, in: connection)
        notices += try StoreError.moving { () throws(MigrationRefusal) in
          try campaign.handle(.movesChanged(CampaignTally(of: after)), by: .mover, at: present.asOf)
        }
      }
      let next = Self.nextLook(after: release, at: present.asOf)
      if campaign != present.campaign {
        _ = try await write(campaign, over: present, notices, next: next, context: .mover, in: connection)
      } else {
        try await connection.execute(
          """
          UPDATE migrations SET next_at = \(next?.date) WHERE id = \(id) AND next_at IS DISTINCT FROM \(next?.date)
          """)
      }
      return touched
    }
  }

  private static func nextLook(after release: CampaignRelease, at now: Timestamp) -> Timestamp? {
    let again = Timestamp(microseconds: now.microseconds + MoveWriting.placePatience)
    return [release.nextLook, release.isRoomAwaited ? again : nil].compactMap(\.self).min()
  }

  /// Pauses every migration that runs: the database was restored.
  func suspendCampaigns(in connection: PostgresConnection) async throws {
    let rows = try await connection.query("SELECT id FROM migrations WHERE state = 'running' ORDER BY id FOR UPDATE")
    for row in rows {
      let present = try await lockMigration(try row.decode(UUID.self, "id"), in: connection)
      var campaign = present.campaign
      let notices = try StoreError.moving { () throws(MigrationRefusal) in
        try campaign.handle(
          .paused(reason: "base restaurée / the database was restored"), by: .mover, at: present.asOf)
      }
      _ = try await write(campaign, over: present, notices, next: nil, context: .mover, in: connection)
    }
  }

  /// The migrations that have not ended and may go on: those that have to be looked at for the time alone, or all.
  public func migrationsUnderWay() async throws -> (ids: [UUID], due: [UUID], next: Duration?) {
    let rows = try await pool.withConnection {
      try await $0.pipeline([
        """
        SELECT id, coalesce(next_at <= clock_timestamp(), false) AS due FROM migrations
        WHERE state IN ('planned', 'running', 'paused', 'cancelling') ORDER BY number
        """,
        """
        SELECT (extract(epoch FROM min(next_at) - clock_timestamp()) * 1000000)::bigint AS next
        FROM migrations WHERE next_at > clock_timestamp()
        """,
      ])
    }
    let ids = try rows[0].map { (try $0.decode(UUID.self, "id"), try $0.decode(Bool.self, "due")) }
    return (ids.map(\.0), ids.filter(\.1).map(\.0), try rows[1].only.age("next"))
  }

  /// How far a migration has come.
  public func progress(ofMigration record: MigrationRecord) async throws -> CampaignProgress {
    let crowded = try await crowdedMoves(of: record.id)
    let moves = try await pool.withConnection { try await campaignMoves(of: record, crowded: crowded, in: $0) }
    return record.campaign.progress(moves, at: record.asOf)
  }

  private func lockMigration(_ id: UUID, in connection: PostgresConnection) async throws -> MigrationRecord {
    let answers = try await connection.pipeline([
      "SELECT \(MigrationRecord.columns) FROM migrations g WHERE g.id = \(id) FOR UPDATE",
      "SELECT clock_timestamp() AS now",
    ])
    guard let row = answers[0].first else { throw StoreError.noMigration(id) }
    return try MigrationRecord(row: row, asOf: Timestamp(try answers[1].only.decode(Date.self, "now")))
  }

  /// Begins and withdraws moves, whose rows are locked in one order. Their placements are not touched: what follows is done move
  /// by move.
  private func begin(
    _ release: CampaignRelease, at now: Timestamp, in connection: PostgresConnection
  ) async throws -> [UUID] {
    guard !release.start.isEmpty || !release.withdraw.isEmpty else { return [] }
    let starting = Set(release.start)
    let rows = try await connection.query(
      """
      SELECT \(MoveRecord.columns), (SELECT p.phase FROM placements p WHERE p.id = m.source) AS source_phase
      FROM moves m WHERE m.id = ANY(\(Array(starting) + release.withdraw))
      ORDER BY m.id FOR UPDATE
      """)
    let epoch = try await connection.query(FactWriter.selectEpoch).only.decode(Int64.self, "epoch")
    var statements: [PostgresQuery] = []
    var touched: [UUID] = []
    for row in rows {
      let record = try MoveRecord(row: row, asOf: now)
      var after = record.move
      // What it was when it was planned may be months ago.
      let source = try row.decode(String?.self, "source_phase").flatMap(PlacementPhase.init(rawValue:))
      let event: MigrationEvent =
        starting.contains(record.id) ? .started(changes: [], source: source) : .rolledBack(acceptedLoss: nil)
      let notices: [MigrationNotice]
      do throws(MigrationRefusal) {
        notices = try after.handle(event, by: .mover, at: now)
      } catch {
        // It has become another one since it was looked at: it is looked at again.
        continue
      }
      let writing = MoveWriting(
        locked: LockedMove(record: record, sight: MoveSight(), epoch: epoch, now: now), after: after, notices: notices,
        context: .mover)
      statements += try writing.statements(mint: mint)
      touched.append(record.id)
    }
    if !statements.isEmpty { try await connection.pipeline(statements) }
    return touched
  }

  private func write(
    _ campaign: MigrationCampaign, over present: MigrationRecord, _ notices: [CampaignNotice], next: Timestamp?,
    context: RequestContext, in connection: PostgresConnection
  ) async throws -> MigrationRecord {
    var record = present
    record.campaign = campaign
    record.revision += 1
    record.updatedAt = present.asOf
    var statements: [PostgresQuery] = [
      """
      UPDATE migrations SET state = \(campaign.state.rawValue), revision = \(record.revision), next_at = \(next?.date),
        body = \(try PostgresJSON(model: campaign)), updated_at = \(present.asOf.date)
      WHERE id = \(record.id)
      """
    ]
    if campaign.state != present.campaign.state {
      let writer = try await FactWriter(
        at: present.asOf, traceparent: context.traceparent, mint: mint, in: connection)
      statements.append(try writer.insert([MigrationFact(campaign, revision: record.revision, epoch: writer.epoch)]))
      if context == .mover {
        statements.append(
          try AuditWriter.entry(
            at: present.asOf, context: context, action: campaign.state.rawValue, kind: MigrationDetail.kind,
            name: record.id.uuidString.lowercased(), detail: MigrationDetail(campaign)))
      }
    }
    if let told = try WebhookWriter.insert(record.notes(of: notices), at: present.asOf) { statements.append(told) }
    try await connection.pipeline(statements)
    for notice in notices {
      logger.info("A migration goes on", metadata: ["migration": "\(record.id)", "what": "\(notice)"])
    }
    return record
  }

  /// All moves of a migration, as its campaign looks at them: without their whole values.
  ///
  /// - Parameter crowded: those for which there is no room, where that matters.
  func campaignMoves(
    of record: MigrationRecord, crowded: Set<UUID> = [], in connection: PostgresConnection
  ) async throws -> [CampaignMove] {
    let rows = try await connection.query(
      """
      SELECT id, project, environment, stage, wave, quota, step, standing, from_cluster, to_cluster, from_region, to_region,
        source_operator, target_operator, started_at, verified_at, ended_at, awaited,
        CASE WHEN step IN ('planned', 'approved') THEN (
          SELECT o.id FROM moves o WHERE o.under_way AND (o.source = m.source OR o.target = m.source) ORDER BY o.id LIMIT 1)
        END AS elsewhere
      FROM moves m WHERE migration = \(record.id) ORDER BY ordinal
      """)
    var named: [EnvironmentReference: [UUID]] = [:]
    if !record.wish.limits.dependencies.isEmpty {
      for row in rows {
        let one = EnvironmentReference(
          project: try row.decode("project"), environment: try row.decode("environment"))
        named[one, default: []].append(try row.decode("id"))
      }
    }
    return try rows.map { row in
      let one = EnvironmentReference(project: try row.decode("project"), environment: try row.decode("environment"))
      var move = try CampaignMove(
        row: row,
        dependencies: record.wish.limits.dependencies.filter { $0.then == one }.flatMap { named[$0.first] ?? [] })
      move.hasRoom = !crowded.contains(move.id)
      return move
    }
  }

  /// What is under way of other migrations than one.
  func movesUnderWay(besides id: UUID, in connection: PostgresConnection) async throws -> [CampaignMove] {
    try await connection.query(
      """
      SELECT id, project, environment, stage, wave, quota, step, standing, from_cluster, to_cluster, from_region, to_region,
        source_operator, target_operator, started_at, verified_at, ended_at, awaited, NULL::uuid AS elsewhere
      FROM moves WHERE under_way AND migration <> \(id)
      """
    ).map { try CampaignMove(row: $0, dependencies: []) }
  }
}

extension CampaignMove {
  fileprivate init(row: PostgresRow, dependencies: [UUID]) throws {
    func moment(_ column: String) throws -> Timestamp? { try row.decode(Date?.self, column).map(Timestamp.init) }
    let stage = try row.decode(String.self, "stage")
    self.init(
      id: try row.decode("id"), project: try row.decode("project"), isProduction: stage == Stage.production,
      source: CampaignMove.Place(
        operator: try row.decode("source_operator"), region: try row.decode("from_region"),
        cluster: try row.decode("from_cluster")),
      target: CampaignMove.Place(
        operator: try row.decode("target_operator"), region: try row.decode("to_region"),
        cluster: try row.decode("to_cluster")),
      wave: Int(try row.decode(Int32.self, "wave")),
      dependencies: dependencies,
      quota: try row.decode(PostgresJSON.self, "quota").model(ResourceAmounts.self), step: try row.known("step"),
      standing: try row.known("standing"), startedAt: try moment("started_at"), verifiedAt: try moment("verified_at"),
      endedAt: try moment("ended_at"),
      awaited: try row.decode(PostgresJSON.self, "awaited").model([MigrationParty: Int].self),
      elsewhere: try row.decode("elsewhere"))
  }
}

/// What a plan is looked at on.
private struct PlanGround: Equatable {
  private let offer: Int64
  private let policy: Int64?
  private let epoch: Int64
  private let life: String

  init(_ head: DecisionBasis.Head) {
    (offer, policy, epoch, life) = (head.offerVersion, head.policyVersion, head.epoch, head.life)
  }
}

/// The offer or the policy has changed since it was looked up what has.
private struct GroundMoved: Error {}

/// What is done to a migration, as the digest of an `Idempotency-Key` is over.
private struct CampaignActDigest: Encodable {
  var event: String
  var pace: CampaignPaceChange?
  var id: UUID

  init(_ event: CampaignEvent, _ id: UUID) {
    self.id = id
    // Waves by day are printed in another order by each process, and encoded in one.
    guard case .paceChanged(let pace) = event else {
      self.event = "\(event)"
      return
    }
    (self.event, self.pace) = (event.name, pace)
  }
}

extension CampaignEvent {
  /// One word for what somebody does, as the audit trail has it.
  fileprivate var name: String {
    switch self {
    case .started: "started"
    case .paused: "paused"
    case .resumed: "resumed"
    case .cancelled: "cancelled"
    case .paceChanged: "paceChanged"
    case .movesChanged: "movesChanged"
    }
  }
}
