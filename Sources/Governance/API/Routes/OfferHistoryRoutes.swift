import Contract
import Events
import Hummingbird
import Identity
import Model
import Placement
import Policy
import Store

/// What was on offer before: versions of one thing, and the difference between two moments.
struct OfferHistoryRoutes: Sendable {
  /// The kinds of which every version is kept. Policies have versions of their own, and requests keep derogations'.
  static let kinds: [Kind] = [.operator, .chain, .region, .zone, .cluster]

  let store: GovernanceStore

  /// A version shows everything, and who wrote it: an operator's are for itself, the board and whoever administers or audits.
  private static let reading = Access.read([.governanceAdmin, .boardMember, .auditor], own: [.operator])

  func add(to api: APIRoutes) {
    for kind in Self.kinds {
      api.get("\(kind.plural)/:name/history", Self.reading) { request, context in
        let (limit, cursor) = try request.page()
        let page = try await store.history(
          of: kind, try context.pathPart("name", request), within: context.scope, limit: limit, cursor: cursor)
        return try .json(ListView(items: page.items.map(ResourceVersionView.init), next: page.next))
      }
    }
    // Everybody may know of the difference what the public documents of the two moments say.
    api.get("offer/diff", .anyRole) { request, context in try await difference(request, context) }
  }

  private func difference(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["from", "to"])
    guard let from = try request.moment("from") else {
      throw request.badParameter("from", found: "", accepted: "RFC 3339, 2026-11-01T00:00:00Z")
    }
    let to = try request.moment("to")
    if let to, to < from {
      throw request.badParameter("to", found: to.description, accepted: "≥ from (\(from))")
    }
    let (moments, reach, language) = (
      try await store.offerMoments(from: from, to: to), context.capacityReach, request.language
    )
    let view = try await LongWork.answer {
      OfferDifferenceView(
        OfferDifference(from: moments.before.state, to: moments.after.state, reach: reach),
        policy: Self.policy(moments, language), from: moments.before.at, to: moments.after.at,
        wholeSince: moments.wholeSince, withInternals: reach == .everything, language: language)
    }
    return try .json(view, in: language)
  }

  private static func policy(_ moments: OfferMoments, _ language: Language) -> DifferenceView {
    let (from, to) = (moments.before.policyVersion, moments.after.policyVersion)
    guard let before = moments.before.policy, let after = moments.after.policy else {
      return .untold(from: from, to: to)
    }
    return DifferenceView(PolicyDifference(from: before, to: after), from: from, to: to, language: language)
  }
}

extension ResourceVersionView {
  /// A stored version as the API shows it.
  init(_ version: ResourceVersion) {
    let change: Change =
      switch version.change {
      case .known: .known
      case .created: .created
      case .changed: .changed
      case .judged: .judged
      case .deleted: .deleted
      }
    self.init(
      number: version.number, change: change, operator: version.operator, principal: version.principal, at: version.at,
      resource: version.resource)
  }
}
