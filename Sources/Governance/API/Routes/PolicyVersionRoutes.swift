import Contract
import Hummingbird
import Identity
import Store

/// The versions of the policy.
struct PolicyVersionRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    api.get("policy/versions", .anyRole) { request, context in
      let (limit, cursor) = try request.page()
      let page = try await store.policyVersions(limit: limit, cursor: cursor)
      return try .json(
        ListView(items: page.items.map { PolicyVersionView($0, isWhole: false, for: context.caller) }, next: page.next))
    }
    api.get("policy/versions/:version", .anyRole) { request, context in
      try request.allowParameters([])
      let text = try context.pathPart("version", request)
      guard let number = Int64(text), number >= 1 else {
        throw request.badParameter("version", found: text, accepted: "1, 2, …")
      }
      return try .json(PolicyVersionView(try await store.policyVersion(number), isWhole: true, for: context.caller))
    }
    api.get("policy/in-force", .anyRole) { request, context in
      try request.allowParameters(["at"])
      guard let entry = try await store.policyVersion(inForceAt: try request.moment("at")) else {
        throw Problem.notFound(
          "aucune politique n’était en vigueur", "no policy was in force", request.language)
      }
      return try .json(PolicyVersionView(entry, isWhole: true, for: context.caller))
    }
  }
}

extension PolicyVersionView {
  /// A version as the API shows it to somebody.
  init(_ entry: PolicyHistoryEntry, isWhole: Bool, for caller: Caller) {
    self.init(
      version: entry.version, name: entry.name, effectiveAt: entry.effectiveAt, inForce: entry.isInForce,
      supersededBy: entry.supersededBy, origin: entry.origin, proposal: entry.proposal, carries: entry.carries,
      principal: BoardAnswers.names(for: caller) ? entry.principal : nil, createdAt: entry.createdAt,
      digest: entry.digest,
      spec: isWhole ? entry.spec : nil)
  }
}
