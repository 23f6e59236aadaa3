import Contract
import Hummingbird
import Identity
import Model
import Store

/// Placements: what was decided, and what became of it.
struct PlacementRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    api.get("placements", Self.reading) { request, context in try await list(request, context.scope) }
    api.get("placements/:id", Self.reading) { request, context in
      try request.allowParameters([])
      return try Response.json(
        PlacementView(try await store.placement(try context.identifier(request), in: context.scope)))
    }
    api.get("placements/:id/explanation", DecisionRoutes.reading) { request, context in
      try request.allowParameters(["explain", "limit"])
      let explaining = try Explaining(request, context)
      let placement = try await store.placement(try context.identifier(request), in: context.scope)
      return try await explaining.response(placement, store, context)
    }
  }

  /// A placement concerns whose project it is, and who runs the cluster.
  private static let reading = Access.read(
    [.governanceAdmin, .console, .auditor], own: [.projectTeam, .operator, .boardMember])

  private func list(_ request: Request, _ scope: Scope) async throws -> Response {
    try request.allowParameters(["limit", "cursor", "project", "zone", "cluster", "namespace", "phase", "removed"])
    let query = request.uri.queryParameters
    var filter = PlacementFilter()
    filter.project = query["project"].map(String.init)
    filter.zone = query["zone"].map(String.init)
    filter.cluster = query["cluster"].map(String.init)
    filter.namespace = query["namespace"].map(String.init)
    if let text = query["phase"] {
      guard let phase = PlacementPhase(rawValue: String(text)) else {
        let accepted = PlacementPhase.allCases.map(\.rawValue).joined(separator: ", ")
        throw request.badParameter("phase", found: String(text), accepted: accepted)
      }
      filter.phase = phase
    }
    filter.reach = try await store.placementReach(in: scope)
    filter.includeRemoved = try request.flag("removed")
    let page = try await store.placements(
      filter, limit: try request.number("limit", default: 100, in: 1...1000), cursor: query["cursor"].map(String.init))
    return try Response.json(ListView(items: page.items.map { PlacementView($0) }, next: page.next))
  }
}
