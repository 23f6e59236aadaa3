import Contract
import Hummingbird
import Model
import Store

/// Placements: what was decided, and what became of it.
struct PlacementRoutes: Sendable {
  let store: GovernanceStore

  func add(to group: RouterGroup<BasicRequestContext>) {
    group.get("placements") { request, _ in try await list(request) }
    group.get("placements/:id") { request, context in
      try request.allowParameters([])
      return try Response.json(PlacementView(try await store.placement(try request.identifier(context))))
    }
    group.get("placements/:id/explanation") { request, context in
      try request.allowParameters(["explain", "limit"])
      let explaining = try Explaining(request)
      let placement = try await store.placement(try request.identifier(context))
      let explained = try await store.explanation(of: placement.spec.decision)
      return try await explaining.response(explained, store, context.logger)
    }
  }

  private func list(_ request: Request) async throws -> Response {
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
    filter.includeRemoved = try request.flag("removed")
    let page = try await store.placements(
      filter, limit: try request.number("limit", default: 100, in: 1...1000), cursor: query["cursor"].map(String.init))
    return try Response.json(ListView(items: page.items.map { PlacementView($0) }, next: page.next))
  }
}
