import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Migration
import Model
import Store

/// The moves that migrations are made of: what each party does.
struct MoveRoutes: Sendable {
  let store: GovernanceStore

  private static let reading = Access.read([.governanceAdmin, .auditor, .boardMember], own: [.projectTeam, .operator])
  /// What a party may do is said by the move itself.
  private static let acting = Access.change([.governanceAdmin], own: [.projectTeam, .operator])
  private static let carrying = Access.change([.governanceAdmin])

  func add(to api: APIRoutes) {
    api.get("moves", Self.reading) { request, context in try await list(request, context) }
    api.get("moves/:id", Self.reading) { request, context in
      try request.allowParameters([])
      return try answer(
        try await store.move(try context.identifier(request), within: context.scope), context)
    }
    api.post("moves/:id/approve", Self.acting) { request, context in
      try request.allowParameters([])
      let party = try await request.members(["as"]).choice("as", of: MigrationParty.self)
      return try await act(.approved(party), request, context)
    }
    api.post("moves/:id/tasks/:task", Self.acting) { request, context in try await finish(request, context) }
    api.post("moves/:id/cut-over", Self.carrying) { request, context in
      try request.allowParameters([])
      _ = try await request.members([])
      return try await act(.cutOverBegins, request, context)
    }
    api.post("moves/:id/confirm-removal", Self.carrying) { request, context in
      try request.allowParameters([])
      let typed = try await request.members(["environment"]).text("environment")
      return try await act(.removalConfirmed(typed: typed), request, context)
    }
    api.post("moves/:id/confirm-target-removal", Self.carrying) { request, context in
      try request.allowParameters([])
      let typed = try await request.members(["environment"]).text("environment")
      return try await act(.targetRemovalConfirmed(typed: typed), request, context)
    }
    api.post("moves/:id/source-lost", Self.carrying) { request, context in
      try request.allowParameters([])
      let loss = try await request.members(["acceptedLoss"]).text("acceptedLoss")
      return try await act(.sourceLost(acceptedLoss: loss), request, context)
    }
    api.post("moves/:id/declare-gone", Self.carrying) { request, context in try await declareGone(request, context) }
    api.post("moves/:id/pause", Self.acting) { request, context in
      try request.allowParameters([])
      _ = try await request.members([])
      return try await act(.paused, request, context)
    }
    api.post("moves/:id/resume", Self.acting) { request, context in
      try request.allowParameters([])
      _ = try await request.members([])
      return try await act(.resumed, request, context)
    }
    api.post("moves/:id/roll-back", Self.acting) { request, context in
      try request.allowParameters([])
      let loss = try await request.members(["acceptedLoss"]).optionalText("acceptedLoss")
      return try await act(.rolledBack(acceptedLoss: loss), request, context)
    }
    api.post("moves/:id/give-up", Self.carrying) { request, context in
      try request.allowParameters([])
      let reason = try await request.members(["reason"]).text("reason")
      return try await act(.givenUp(reason: reason), request, context)
    }
  }

  private func list(_ request: Request, _ context: APIContext) async throws -> Response {
    let (limit, cursor) = try request.page(
      further: ["migration", "project", "operator", "step", "standing", "awaiting", "wave"])
    let parameters = request.uri.queryParameters
    var filter = MoveFilter(
      project: parameters["project"].map(String.init), operator: parameters["operator"].map(String.init),
      step: try request.choice("step", of: MigrationStep.self),
      standing: try request.choice("standing", of: EnvironmentMigration.Standing.self),
      awaiting: try request.choice("awaiting", of: MigrationParty.self))
    if let text = parameters["migration"] {
      guard let id = UUID(uuidString: String(text)) else {
        throw request.badParameter("migration", found: String(text), accepted: "UUID")
      }
      filter.migration = id
    }
    if parameters["wave"] != nil { filter.wave = try request.number("wave", default: 1, in: 1...100_000) }
    let page = try await store.moves(filter, within: context.scope, limit: limit, cursor: cursor)
    return try .json(ListView(items: page.items.map { MoveView($0, within: context.scope) }, next: page.next))
  }

  /// A task was done. The target is made in the console under an identifier, which has to be told.
  private func finish(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let name = try context.pathPart("task", request)
    guard let kind = MigrationTask.Kind(rawValue: name) else {
      throw request.badParameter(
        "task", found: name, accepted: MigrationTask.Kind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    let body = try await request.members(["evidence", "environmentID"])
    guard body.members["environmentID"] != nil else {
      return try await act(.done(kind, evidence: try body.text("evidence")), request, context)
    }
    guard kind == .createEnvironment else {
      throw StoreError(
        .invalid, path: "environmentID", "only a new environment has an identifier",
        fr: "seul un nouvel environnement a un identifiant", accepted: MigrationTask.Kind.createEnvironment.rawValue)
    }
    return try answer(
      try await store.confirmTarget(
        ofMove: try context.identifier(request), as: try body.identifier("environmentID"),
        evidence: try body.optionalText("evidence"), if: try request.deleteCondition(), by: context.mover,
        within: context.scope, idempotencyKey: try request.idempotencyKey(), context: context.storeContext),
      context)
  }

  private func declareGone(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let body = try await request.members(["environment", "reason"])
    return try answer(
      try await store.declareGone(
        try body.text("environment"), sourceOfMove: try context.identifier(request), reason: try body.text("reason"),
        if: try request.deleteCondition(), by: context.mover, within: context.scope,
        idempotencyKey: try request.idempotencyKey(), context: context.storeContext),
      context)
  }

  private func act(_ event: MigrationEvent, _ request: Request, _ context: APIContext) async throws -> Response {
    try answer(
      try await store.act(
        event, onMove: try context.identifier(request), if: try request.deleteCondition(), by: context.mover,
        within: context.scope, idempotencyKey: try request.idempotencyKey(), context: context.storeContext),
      context)
  }

  private func answer(_ record: MoveRecord, _ context: APIContext) throws -> Response {
    var headers: HTTPFields = [.eTag: "\"\(record.revision)\""]
    if record.isReplay { headers[.idempotencyReplayed] = "true" }
    return try .json(MoveView(record, within: context.scope), headers: headers)
  }
}

extension MoveView {
  /// - Parameter reach: how far the reader's reach goes: of flows that are not his he sees nothing.
  init(_ record: MoveRecord, within reach: Scope) {
    let (move, route) = (record.move, record.route)
    self.init(
      move, migration: record.migration, wave: record.wave, stage: record.stage, replica: record.replica,
      source: End(
        placement: move.terms.source, environment: move.terms.environment, cluster: route.fromCluster,
        region: route.fromRegion, operator: route.sourceOperator, wanted: nil),
      target: End(
        placement: move.target, environment: move.terms.targetEnvironment, cluster: route.toCluster,
        region: route.toRegion, operator: route.targetOperator, wanted: nil),
      flows: (record.flows ?? []).filter { $0.isWithin(reach) }.map { flow in
        Flow(
          flow: flow.flow, insteadOf: flow.insteadOf, project: flow.project, system: flow.system, state: flow.state)
      },
      startedAt: record.startedAt, endedAt: record.endedAt, revision: record.revision)
    // Why there is no room at the target is for who keeps it; names of derogations, for the team as well.
    guard !reach.covers(operator: route.targetOperator) else { return }
    for (index, obstacle) in move.obstacles.enumerated() {
      switch obstacle {
      case .noTarget: obstacles[index].details = []
      case .targetNotReady(let faults) where !reach.covers(project: move.terms.project):
        obstacles[index].details = faults.compactMap { TargetFault(code: $0)?.summary }
      default: break
      }
    }
  }
}
