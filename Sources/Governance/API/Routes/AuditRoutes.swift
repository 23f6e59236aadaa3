import Contract
import Hummingbird
import Identity
import Store

/// The audit trail: what was done, and whether the record of it is still as it was sealed.
struct AuditRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    api.get("audit/entries", .read([.auditor, .governanceAdmin])) { request, _ in
      try request.allowParameters(["limit", "cursor"])
      let page = try await store.auditEntries(
        limit: try request.number("limit", default: 100, in: 1...1000),
        cursor: request.uri.queryParameters["cursor"].map(String.init))
      return try Response.json(ListView(items: page.items.map { AuditEntryView($0) }, next: page.next))
    }
    api.get("audit/verification", .read([.auditor, .governanceAdmin])) { request, _ in
      try request.allowParameters([])
      let language = request.language
      return try Response.json(
        AuditVerificationView(try await store.verifyAudit(), language: language), in: language)
    }
  }
}
