import Contract
import Hummingbird
import Identity
import Store
import Trail

/// The audit trail: what was done, and whether the record of it is still as it was sealed.
struct AuditRoutes: Sendable {
  let store: GovernanceStore
  /// Each reads the whole trail, and has a connection for as long.
  private let verifications = FewAtOnce(1, mostWaiting: 4, refusal: StoreError.crowded)

  init(store: GovernanceStore) {
    self.store = store
  }

  func add(to api: APIRoutes) {
    api.get("audit/entries", .read([.auditor, .governanceAdmin])) { request, _ in
      try request.allowParameters(["limit", "cursor"])
      let page = try await store.auditEntries(
        limit: try request.number("limit", default: 100, in: 1...1000),
        cursor: request.uri.queryParameters["cursor"].map(String.init))
      return try Response.json(ListView(items: page.items.map { AuditEntryView($0) }, next: page.next))
    }
    api.get("audit/chain", .read([.auditor, .governanceAdmin])) { request, _ in
      try request.allowParameters(["after", "limit"])
      let (entries, head, erasureWaits) = try await store.auditChain(
        after: Int64(try request.number("after", default: 0, in: 0...Int.max)),
        limit: try request.number("limit", default: 100, in: 1...1000))
      return try Response.json(
        AuditChainView(
          items: entries.map { AuditEntryView($0) }, position: head.position, link: head.linkText,
          erasureWaits: erasureWaits ? true : nil))
    }
    api.get("audit/anchors", .read([.auditor, .governanceAdmin])) { request, _ in
      try request.allowParameters(["limit", "cursor"])
      let page = try await store.auditAnchors(
        limit: try request.number("limit", default: 100, in: 1...1000),
        cursor: request.uri.queryParameters["cursor"].map(String.init))
      return try Response.json(ListView(items: page.items, next: page.next))
    }
    api.get("audit/verification", .read([.auditor, .governanceAdmin])) { request, _ in
      try request.allowParameters([])
      let language = request.language
      let found = try await verifications.run { try await store.verifyAudit() }
      return try Response.json(AuditVerificationView(found, language: language), in: language)
    }
  }
}
