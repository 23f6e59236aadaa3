import Contract
import Events
import Hummingbird
import Identity
import Store

/// What operators look at: agents.
struct OperationsRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    api.get("agents", Self.reading) { request, context in
      try request.allowParameters([])
      let land = try await store.land(in: context.scope)
      let agents = try await store.agents().filter { land?.slugs.contains($0.status.zone) ?? true }
      return try Response.json(
        ListView(items: agents.map { AgentView(status: $0.status, heardAt: $0.storedAt) }, next: nil))
    }
    api.get("openapi.json", .anyone) { request, _ in
      try request.allowParameters([])
      return OpenAPIDocument.response
    }
  }

  /// An operator's own affair.
  private static let reading = Access.read([.governanceAdmin, .console, .auditor], own: [.operator, .boardMember])
}
