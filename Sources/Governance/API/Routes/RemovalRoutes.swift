import Contract
import HTTPTypes
import Hummingbird
import Identity
import Model
import Store

/// Asking for what was placed to leave its clusters, and giving it up for lost where that can not be seen any more.
struct RemovalRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    api.post("projects/:name/removal", .change([.governanceAdmin, .console], own: [.projectTeam])) { request, context in
      try await remove(request, context)
    }
    // Only who runs the cluster can know that nothing of it will be seen again.
    api.post("placements/:id/declare-loss", .change([.governanceAdmin], own: [.operator])) { request, context in
      try await declareLoss(request, context)
    }
  }

  /// Accepted, not done: agents act after the delay, and capacity is held until they have said so.
  private func remove(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["reason"])
    let (project, key) = (try context.pathPart("name", request), try request.idempotencyKey())
    guard context.scope.covers(project: project) else { throw StoreError.notFound(.project, project) }
    let body = try await request.members(["environments", "delaySeconds", "removePersistentVolumes"])
    let outcome = try await store.remove(
      RemovalRequest(
        project: project, environments: try body.texts("environments") ?? [],
        delay: .seconds(try body.wholeNumber("delaySeconds") ?? 0),
        removePersistentVolumes: try body.flag("removePersistentVolumes") ?? false),
      idempotencyKey: key, context: context.storeContext(because: try request.reason()))
    return try Response.json(
      RemovalView(placements: outcome.placements.map { PlacementView($0) }), status: .accepted,
      headers: outcome.isReplay ? [.idempotencyReplayed: "true"] : [:])
  }

  private func declareLoss(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let (id, key) = (try context.identifier(request), try request.idempotencyKey())
    if context.scope != .everything { _ = try await store.placement(id, in: context.scope) }
    let body = try await request.members(["reason"])
    let loss = try await store.declareLoss(
      of: id, reason: try body.text("reason"), idempotencyKey: key, context: context.storeContext)
    return try Response.json(
      LossView(
        placement: loss.placement, cluster: loss.cluster, released: loss.released, reason: loss.reason,
        principal: loss.principal, declaredAt: loss.declaredAt),
      headers: loss.isReplay ? [.idempotencyReplayed: "true"] : [:])
  }
}
