import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Policy
import Store

/// What a policy would change: asked for, worked out in the background, read in pages.
struct ImpactRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    api.post("policy/impacts", .change([.boardMember, .governanceAdmin])) { request, context in
      try request.allowParameters([])
      let record = try await store.requestImpact(
        of: try request.policy(in: try await request.text()), context: context.storeContext)
      var headers = HTTPFields()
      headers[.location] = "/api/v1/policy/impacts/\(record.id.uuidString.lowercased())"
      return try Response.json(ImpactView(record), status: .accepted, headers: headers)
    }
    api.get("policy/impacts", Self.reading) { request, _ in
      try request.allowParameters(["limit", "subject"])
      let records = try await store.impacts(
        of: request.uri.queryParameters["subject"].map(String.init),
        limit: try request.number("limit", default: 100, in: 1...1000))
      return try Response.json(ListView(items: records.map { ImpactView($0) }, next: nil))
    }
    api.get("policy/impacts/:id", Self.reading) { request, context in
      try request.allowParameters([])
      return try Response.json(ImpactView(try await store.impact(try context.identifier(request))))
    }
    api.delete("policy/impacts/:id", .change([.boardMember, .governanceAdmin])) { request, context in
      try request.allowParameters([])
      let caller = context.caller
      let principal = caller.has(RoleKind.governanceAdmin) ? nil : caller.principal
      return try Response.json(
        ImpactView(try await store.cancelImpact(try context.identifier(request), by: principal)))
    }
    api.get("policy/impacts/:id/:section", Self.reading) { request, context in try await page(request, context) }
  }

  /// Whoever votes sees all of what would change, whichever operator it is at.
  private static let reading = Access.read([.boardMember, .governanceAdmin, .auditor])

  private func page(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["limit", "cursor"])
    let (id, language) = (try context.identifier(request), request.language)
    let name = try context.pathPart("section", request)
    guard let section = ImpactSection(rawValue: name) else {
      let accepted = ImpactSection.allCases.map(\.rawValue).joined(separator: ", ")
      throw request.badParameter("section", found: name, accepted: accepted)
    }
    let page = ImpactPage(
      first: try request.number("cursor", default: 0, in: 0...Int(Int32.max)),
      limit: try request.number("limit", default: 100, in: 1...1000))
    guard let impact = try await store.impactResult(id) else {
      throw Problem.notFound("il n’y a pas encore de résultat", "there is no result yet", language)
    }
    switch section {
    case .nonCompliances:
      return try Response.json(page.of(impact.nonCompliances) { NonComplianceView($0, language) }, in: language)
    case .regionChanges: return try Response.json(page.of(impact.regionChanges) { $0 }, in: language)
    case .unplaceable:
      return try Response.json(page.of(impact.unplaceable) { UnplaceableView($0, language) }, in: language)
    case .capacity: return try Response.json(page.of(impact.capacity) { $0 }, in: language)
    case .migrations: return try Response.json(page.of(impact.migrations) { $0 }, in: language)
    }
  }
}

/// A page of a result that does not change: the cursor is a place in it.
private struct ImpactPage {
  var first: Int
  var limit: Int

  func of<Item, View: Codable & Sendable>(_ items: [Item], _ view: (Item) -> View) -> ListView<View> {
    let rest = items.dropFirst(first)
    return ListView(
      items: rest.prefix(limit).map(view), next: rest.count > limit ? String(first + limit) : nil)
  }
}

extension ImpactView {
  /// A question as the API shows it.
  init(_ record: ImpactRecord) {
    self.init(
      id: record.id, subject: record.subject, requestedAt: record.requestedAt, state: State(record.state),
      failure: record.failure, follows: record.follows,
      progress: Progress(done: record.projectsDone, total: record.projectsTotal),
      result: record.result.map {
        Result(
          digest: $0.digest, summary: $0.summary, asOf: $0.asOf, policyVersion: $0.policyVersion,
          offerVersion: $0.offerVersion, snapshotDigest: $0.snapshotDigest, day: $0.day, seconds: $0.seconds,
          stale: $0.isStale)
      })
  }
}

extension ImpactView.State {
  fileprivate init(_ state: ImpactRecord.State) {
    self =
      switch state {
      case .waiting: .waiting
      case .running: .running
      case .done: .done
      case .failed: .failed
      case .cancelled: .cancelled
      }
  }
}
