import Contract
import Hummingbird
import Store

/// The audit trail: what was done, and whether the record of it is still as it was sealed.
struct AuditRoutes: Sendable {
  let store: GovernanceStore

  func add(to group: RouterGroup<BasicRequestContext>) {
    group.get("audit/entries") { request, _ in
      try request.allowParameters(["limit", "cursor"])
      let page = try await store.auditEntries(
        limit: try request.number("limit", default: 100, in: 1...1000),
        cursor: request.uri.queryParameters["cursor"].map(String.init))
      return try Response.json(ListView(items: page.items.map { AuditEntryView($0) }, next: page.next))
    }
    group.get("audit/verification") { request, _ in
      try request.allowParameters([])
      let language = request.language
      return try Response.json(
        AuditVerificationView(try await store.verifyAudit(), language: language), in: language)
    }
  }
}
