import Contract
import HTTPTypes
import Hummingbird
import Model
import Store

/// Asking for what was placed to leave its clusters, and giving it up for lost where that can not be seen any more.
struct RemovalRoutes: Sendable {
  let store: GovernanceStore

  func add(to group: RouterGroup<BasicRequestContext>) {
    group.post("projects/:name/removal") { request, context in try await remove(request, context) }
    group.post("placements/:id/declare-loss") { request, context in try await declareLoss(request, context) }
  }

  /// Accepted, not done: agents act after the delay, and capacity is held until they have said so.
  private func remove(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    try request.allowParameters([])
    let (project, key) = (try request.pathPart("name", context), try request.idempotencyKey())
    let body = try await request.members(["environments", "delaySeconds", "removePersistentVolumes"])
    let outcome = try await store.remove(
      RemovalRequest(
        project: project, environments: try body.texts("environments") ?? [],
        delay: .seconds(try body.wholeNumber("delaySeconds") ?? 0),
        removePersistentVolumes: try body.flag("removePersistentVolumes") ?? false),
      idempotencyKey: key, context: request.storeContext)
    return try Response.json(
      RemovalView(placements: outcome.placements.map { PlacementView($0) }), status: .accepted,
      headers: outcome.isReplay ? [.idempotencyReplayed: "true"] : [:])
  }

  private func declareLoss(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    try request.allowParameters([])
    let (id, key) = (try request.identifier(context), try request.idempotencyKey())
    let body = try await request.members(["reason"])
    let loss = try await store.declareLoss(
      of: id, reason: try body.text("reason"), idempotencyKey: key, context: request.storeContext)
    return try Response.json(
      LossView(
        placement: loss.placement, cluster: loss.cluster, released: loss.released, reason: loss.reason,
        principal: loss.principal, declaredAt: loss.declaredAt),
      headers: loss.isReplay ? [.idempotencyReplayed: "true"] : [:])
  }
}
