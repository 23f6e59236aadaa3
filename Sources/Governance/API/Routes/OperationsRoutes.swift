import Contract
import Hummingbird
import Store

/// What operators look at: capacity and agents.
struct OperationsRoutes: Sendable {
  let store: GovernanceStore

  func add(to group: RouterGroup<BasicRequestContext>) {
    group.get("capacity") { request, _ in
      try request.allowParameters([])
      let ledgers = try await store.capacity()
      return try Response.json(
        ListView(
          items: ledgers.map { CapacityView(cluster: $0.cluster, limit: $0.limit, committed: $0.committed) }, next: nil)
      )
    }
    group.get("agents") { request, _ in
      try request.allowParameters([])
      let agents = try await store.agents()
      return try Response.json(
        ListView(items: agents.map { AgentView(status: $0.status, heardAt: $0.storedAt) }, next: nil))
    }
    group.get("openapi.json") { request, _ in
      try request.allowParameters([])
      return OpenAPIDocument.response
    }
  }
}
