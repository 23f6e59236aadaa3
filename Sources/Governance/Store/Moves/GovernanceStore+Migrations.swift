import Events
public import Foundation
public import Identity
import Logging
public import Migration
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// Plans a migration on what is so now and stores it, with a move for each placement that can be moved. Nothing moves before
  /// everybody has agreed and somebody has started it.
  ///
  /// - Parameter pace: what the pace that the plan was made for becomes.
  /// - Throws: ``StoreError``: `invalid`, `noPolicy`, `conflict` where nothing of it can be moved, `idempotencyMismatch`.
  public func createMigration(
    _ wish: MigrationWish, changing pace: @escaping @Sendable (CampaignPace) -> CampaignPace = { $0 },
    by caller: MoveCaller, idempotencyKey: String? = nil,
    context: RequestContext
  ) async throws -> MigrationRecord {
    try wish.check()
    let asked = MigrationAsked(wish: wish, pace: pace(CampaignPace()))
    let key = try IdempotencyRecord(idempotencyKey, action: "migration", context: context, request: asked)
    if let key {
      // What was answered holds, whatever has moved since.
      let rows = try await pool.withConnection { try await $0.query(key.select) }
      if let stored = try key.answer(in: rows, as: MigrationRecord.self) { return stored.replayed }
    }
    let ground = try await planningGround(wish)
    let plan = try await ground.plan()
    guard !plan.moves.isEmpty else {
      throw StoreError(
        .conflict, path: "scope",
        "nothing of it can be moved: \(Counted.en(plan.blocked.count, "placement is", "placements are")) held",
        fr: "rien n’en peut être déplacé : "
          + Counted.fr(plan.blocked.count, "placement est retenu", "placements sont retenus"),
        accepted: "POST /api/v1/migrations/plan")
    }
    let id = mint()
    return try await pool.withTransaction { connection in
      if let key {
        let answers = try await connection.pipeline([key.claim, key.select])
        if answers[0].affected == 0, let stored = try key.answer(in: answers[1], as: MigrationRecord.self) {
          return stored.replayed
        }
      }
      let now = Timestamp(try await connection.query("SELECT clock_timestamp() AS now").only.decode(Date.self, "now"))
      let campaign = try StoreError.moving { () throws(MigrationRefusal) in
        try MigrationCampaign(
          id, motive: wish.motive, pace: pace(CampaignPace(wish.limits, waves: plan.waves)), by: caller.actor, at: now)
      }
      let records = try self.moves(of: plan, wish, migration: id, on: ground, at: now)
      let writer = try await FactWriter(at: now, traceparent: context.traceparent, mint: mint, in: connection)
      var statements: [PostgresQuery] = [
        """
        INSERT INTO migrations (id, motive, reason, state, revision, wish, plan, check_index, blocked, body, principal,
          created_at, updated_at)
        VALUES (\(id), \(wish.motive.rawValue), \(wish.reason), \(campaign.state.rawValue), 1,
          \(try PostgresJSON(model: wish)), \(try PostgresJSON(model: plan)), \(plan.checkIndex.digest),
          \(Int32(clamping: plan.blocked.count)), \(try PostgresJSON(model: campaign)), \(context.principal), \(now.date),
          \(now.date))
        """
      ]
      statements += try stride(from: 0, to: records.count, by: 500).map {
        try MoveStatements.insert(Array(records[$0..<min($0 + 500, records.count)]))
      }
      statements += [
        try AuditWriter.entry(
          at: now, context: context, action: "planned", kind: MigrationDetail.kind, name: id.uuidString.lowercased(),
          detail: MigrationDetail(campaign, checkIndex: plan.checkIndex.digest, moves: records.count)),
        try writer.insert([MigrationFact(campaign, revision: 1, epoch: writer.epoch)]),
        "SELECT \(MigrationRecord.columns) FROM migrations g WHERE g.id = \(id)",
      ]
      let answers = try await connection.pipeline(statements)
      let record = try MigrationRecord(row: answers[answers.count - 1].only, asOf: now)
      if let key { try await connection.execute(try key.store(record)) }
      return record
    }
  }

  private func moves(
    of plan: MigrationPlan, _ wish: MigrationWish, migration: UUID, on ground: PlanningGround, at now: Timestamp
  ) throws -> [MoveStatements.New] {
    let engine = ground.prepared.engine
    func place(_ cluster: String) -> (region: String, operator: String) {
      engine.site(named: cluster).map(engine.place).map { ($0.region, $0.operator) } ?? ("", "")
    }
    return plan.moves.enumerated().map { ordinal, move in
      let (from, to) = (place(move.from), place(move.to))
      let terms = wish.terms(
        of: move, sourcePhase: ground.phases[move.source] ?? .active,
        isInConsole: ground.inConsole.contains(move.project))
      return MoveStatements.New(
        move: EnvironmentMigration(mint(), terms, at: now), migration: migration, ordinal: ordinal, planned: move,
        route: MoveRecord.Route(
          fromCluster: move.from, toCluster: move.to, fromRegion: from.region, toRegion: to.region,
          sourceOperator: from.operator, targetOperator: to.operator))
    }
  }

  /// A migration.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`, also where none of its moves is within reach.
  public func migration(_ id: UUID, within reach: Scope = .everything) async throws -> MigrationRecord {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT \(MigrationRecord.columns), clock_timestamp() AS now FROM migrations g
        WHERE g.id = \(id) AND \(Self.isMigration(within: reach))
        """)
    }
    guard let row = rows.first else { throw StoreError.noMigration(id) }
    return try MigrationRecord(row: row, asOf: Timestamp(try row.decode(Date.self, "now")))
  }

  /// The plan of a migration, as it was made.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func plan(ofMigration id: UUID) async throws -> MigrationPlan {
    let rows = try await pool.withConnection { try await $0.query("SELECT plan FROM migrations WHERE id = \(id)") }
    guard let row = rows.first else { throw StoreError.noMigration(id) }
    return try row.decode(PostgresJSON.self, "plan").model(MigrationPlan.self)
  }

  /// Migrations within reach, the latest first.
  public func migrations(
    state: CampaignState? = nil, within reach: Scope = .everything, limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<MigrationRecord> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    var conditions: [PostgresQuery] = ["g.number < \(before)", Self.isMigration(within: reach)]
    if let state { conditions.append("g.state = \(state.rawValue)") }
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT \(MigrationRecord.columns), clock_timestamp() AS now FROM migrations g
        WHERE \(.join(conditions, separator: " AND ")) ORDER BY g.number DESC LIMIT \(limit + 1)
        """)
    }
    let records = try rows.map { try MigrationRecord(row: $0, asOf: Timestamp(try $0.decode(Date.self, "now"))) }
    return try Page(records, limit: limit, key: \.number)
  }

  private static func isMigration(within reach: Scope) -> PostgresQuery {
    guard case .own(let operators, let projects) = reach else { return "true" }
    return """
      EXISTS (SELECT FROM moves m WHERE m.migration = g.id AND (\(operators.condition("m.source_operator"))
        OR \(operators.condition("m.target_operator")) OR \(projects.condition("m.project"))))
      """
  }
}

/// What an idempotency key stands for.
private struct MigrationAsked: Encodable {
  var wish: MigrationWish
  var pace: CampaignPace
}

/// What the audit trail keeps of a migration.
struct MigrationDetail: Encodable {
  /// The kind of thing such entries are about.
  static let kind = "Migration"

  private var motive: MoveMotive
  private var state: CampaignState
  private var pace: CampaignPace
  private var checkIndex: String?
  private var moves: Int?

  init(_ campaign: MigrationCampaign, checkIndex: String? = nil, moves: Int? = nil) {
    (motive, state, pace) = (campaign.motive, campaign.state, campaign.pace)
    (self.checkIndex, self.moves) = (checkIndex, moves)
  }
}
