import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Migration
import Model
import Postgres
import Store

/// Migrations: planning, agreeing, starting, and how fast they go.
struct MigrationRoutes: Sendable {
  let store: GovernanceStore

  /// A plan shows who is where, all over the country.
  private static let planning = Access.read([.governanceAdmin, .auditor, .boardMember])
  /// Operators and teams see the migrations that anything of theirs is moved by.
  private static let reading = Access.read([.governanceAdmin, .auditor, .boardMember], own: [.projectTeam, .operator])
  private static let carrying = Access.change([.governanceAdmin])
  private static let agreeing = Access.change([.governanceAdmin], own: [.projectTeam, .operator])
  private static let names = Access.read(
    [.governanceAdmin, .auditor, .boardMember, .console], own: [.projectTeam])

  func add(to api: APIRoutes) {
    api.post("migrations/plan", Self.planning) { request, _ in
      try request.allowParameters([])
      return try .json(try await store.planMigration(try await request.migrationWish().wish))
    }
    api.post("migrations", Self.carrying) { request, context in try await create(request, context) }
    api.get("migrations", Self.reading) { request, context in
      let (limit, cursor) = try request.page(further: ["state"])
      let page = try await store.migrations(
        state: try request.choice("state", of: CampaignState.self), within: context.scope, limit: limit, cursor: cursor)
      let land = try await store.land(in: context.scope)
      return try .json(ListView(items: page.items.map { view($0, nil, land, context) }, next: page.next))
    }
    api.get("migrations/:id", Self.reading) { request, context in
      try request.allowParameters([])
      let record = try await store.migration(try context.identifier(request), within: context.scope)
      return try await answer(record, context)
    }
    api.get("migrations/:id/plan", Self.planning) { request, context in
      try request.allowParameters([])
      return try .json(try await store.plan(ofMigration: try context.identifier(request)))
    }
    api.get("migrations/:id/changes", Self.planning) { request, context in
      try request.allowParameters([])
      return try .json(
        PlanChangesView(changes: try await store.changes(sincePlanning: try context.identifier(request))))
    }
    api.get("migrations/:id/holds", Self.reading) { request, context in
      try request.allowParameters([])
      let held = try await store.holds(ofMigration: try context.identifier(request), within: context.scope).map {
        HoldView(move: $0.move, project: $0.project, environment: $0.environment, hold: $0.hold)
      }
      return try .json(ListView(items: held, next: nil))
    }
    api.post("migrations/:id/approve", Self.agreeing) { request, context in try await approve(request, context) }
    api.post("migrations/:id/start", Self.carrying) { request, context in
      try request.allowParameters([])
      _ = try await request.members([])
      return try await act(.started(changes: []), request, context)
    }
    api.post("migrations/:id/pause", Self.carrying) { request, context in
      try request.allowParameters([])
      return try await act(.paused(reason: try await request.members(["reason"]).text("reason")), request, context)
    }
    api.post("migrations/:id/resume", Self.carrying) { request, context in
      try request.allowParameters([])
      _ = try await request.members([])
      return try await act(.resumed, request, context)
    }
    api.post("migrations/:id/cancel", Self.carrying) { request, context in
      try request.allowParameters([])
      return try await act(.cancelled(reason: try await request.members(["reason"]).text("reason")), request, context)
    }
    api.post("migrations/:id/pace", Self.carrying) { request, context in
      try request.allowParameters([])
      return try await act(.paceChanged(try await request.paceChange()), request, context)
    }
    api.get("projects/:name/moved-environments", Self.names) { request, context in
      try request.allowParameters([])
      let name = try context.pathPart("name", request)
      guard context.scope.covers(project: name) else { throw StoreError.notFound(.project, name) }
      let moved = try await store.movedEnvironments(of: name).map { one in
        MovedEnvironmentView(
          environment: one.environment, environmentID: one.environmentID, movedTo: one.movedTo,
          movedToID: one.movedToID, step: one.step)
      }
      return try .json(ListView(items: moved, next: nil))
    }
  }

  private func create(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let (wish, pace) = try await request.migrationWish()
    let record = try await store.createMigration(
      wish, changing: { pace?.applied(to: $0) ?? $0 }, by: context.mover, idempotencyKey: try request.idempotencyKey(),
      context: context.storeContext)
    let location = "/api/v1/migrations/\(record.id.uuidString.lowercased())"
    return try await PostgresError.followingCommit {
      try await answer(record, context, status: .created, headers: [.location: location])
    }
  }

  /// Agrees to all moves of a migration at once that the caller may agree to in the name of a party.
  private func approve(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let party = try await request.members(["as"]).choice("as", of: MigrationParty.self)
    let id = try context.identifier(request)
    _ = try await store.migration(id, within: context.scope)
    var answer = ApprovalView(approved: [], others: 0)
    do {
      // One waits for the other: of them no more than one stands in line.
      try await LongWork.owed { try await approve(id, as: party, context, &answer) }
    } catch let error as PostgresError where !answer.approved.isEmpty {
      // Each is a commit of its own.
      throw error.afterCommit
    } catch let error as StoreError where !answer.approved.isEmpty {
      throw PostgresError(
        .ambiguousCommit, "some moves were agreed to before this: \(error)",
        hint: "Ask again: what is agreed to stays so")
    }
    return try .json(answer)
  }

  private func approve(
    _ id: UUID, as party: MigrationParty, _ context: APIContext, _ answer: inout ApprovalView
  ) async throws {
    var cursor: String?
    repeat {
      let page = try await store.moves(
        MoveFilter(migration: id), within: context.scope, limit: 1000, cursor: cursor)
      for record in page.items {
        let move = record.move
        let isWanted = move.step == .planned && move.terms.approvers.contains(party) && move.approvals[party] == nil
        guard isWanted, context.mover.actor(in: record).parties.contains(party) else {
          answer.others += 1
          continue
        }
        do {
          _ = try await store.act(
            .approved(party), onMove: record.id, by: context.mover, within: context.scope,
            context: context.storeContext)
          answer.approved.append(record.id)
        } catch let error as StoreError where error.kind == .migrationState {
          // It has become another one meanwhile.
          answer.others += 1
        }
      }
      cursor = page.next
    } while cursor != nil
  }

  private func act(_ event: CampaignEvent, _ request: Request, _ context: APIContext) async throws -> Response {
    let record = try await store.act(
      event, onMigration: try context.identifier(request), if: try request.deleteCondition(), by: context.mover,
      idempotencyKey: try request.idempotencyKey(), context: context.storeContext)
    return try await PostgresError.followingCommit { try await answer(record, context) }
  }

  private func answer(
    _ record: MigrationRecord, _ context: APIContext, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) async throws -> Response {
    var headers = headers
    headers[.eTag] = "\"\(record.revision)\""
    if record.isReplay { headers[.idempotencyReplayed] = "true" }
    let progress = try await store.progress(ofMigration: record)
    let land = try await store.land(in: context.scope)
    return try .json(view(record, progress, land, context), status: status, headers: headers)
  }

  /// Who has one move in it is told of others' places and projects nothing.
  private func view(
    _ record: MigrationRecord, _ progress: CampaignProgress?, _ land: Land?, _ context: APIContext
  ) -> MigrationView {
    var view = MigrationView(record, progress)
    guard case .own(let operators, let projects) = context.scope, let land else { return view }
    view.keepOnly(clusters: land.clusters, operators: operators.names, projects: projects.names)
    return view
  }
}

extension MigrationView {
  init(_ record: MigrationRecord, _ progress: CampaignProgress? = nil) {
    self.init(
      number: record.number, revision: record.revision, campaign: record.campaign, reason: record.wish.reason,
      scope: record.wish.scope, checkIndex: record.checkIndex, blocked: record.blocked, taskDays: record.wish.taskDays,
      patienceMinutes: record.wish.patienceMinutes, retentionDays: record.wish.limits.retentionDays,
      plannedBy: record.principal, plannedAt: record.createdAt, progress: progress)
  }
}

extension APIContext {
  /// Who acts on moves, and for whom it may speak.
  var mover: MoveCaller {
    MoveCaller(
      principal: caller.principal, operators: caller.subjects(.operator), projects: caller.subjects(.projectTeam),
      isServiceBody: caller.has(RoleKind.governanceAdmin))
  }
}
