import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Placement
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
      let (limit, cursor) = try request.page(further: ["subject"])
      let page = try await store.impacts(
        of: request.uri.queryParameters["subject"].map(String.init), limit: limit, cursor: cursor)
      return try Response.json(ListView(items: page.items.map { ImpactView($0) }, next: page.next))
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

  /// Whoever votes sees all of what a proposal would change, whichever operator it is at.
  private static let reading = Access.read([.boardMember, .governanceAdmin, .auditor])

  private func page(_ request: Request, _ context: APIContext) async throws -> Response {
    let (limit, cursor) = try request.page()
    let (id, language) = (try context.identifier(request), request.language)
    let name = try context.pathPart("section", request)
    guard let section = ImpactSection(rawValue: name) else {
      let accepted = ImpactSection.allCases.map(\.rawValue).joined(separator: ", ")
      throw request.badParameter("section", found: name, accepted: accepted)
    }
    let own = try await ownPlaces(id, section, context)
    func answer<Item: Codable & Sendable, View: Codable & Sendable>(
      _ type: Item.Type, isTold: (Item) -> Bool = { _ in true }, _ view: (Item) -> View
    ) async throws -> Response {
      guard let page = try await store.impactPage(of: id, section, as: type, limit: limit, cursor: cursor) else {
        throw Problem.notFound("il n’y a pas encore de résultat", "there is no result yet", language)
      }
      let told = page.items.filter(isTold)
      return try Response.json(
        ImpactItemsView(items: told.map(view), next: page.next, withheld: page.items.count - told.count), in: language)
    }
    switch section {
    case .nonCompliances:
      return try await answer(Impact.NonCompliance.self, isTold: { own?.contains($0.operator) ?? true }) {
        NonComplianceView($0, language)
      }
    case .regionChanges: return try await answer(Impact.RegionChange.self) { $0 }
    case .unplaceable: return try await answer(Impact.Unplaceable.self) { UnplaceableView($0, language) }
    case .capacity: return try await answer(Impact.RegionCapacity.self) { $0 }
    case .migrations:
      let engine = own == nil ? nil : try await store.basis(of: []).engine
      func holder(of cluster: String) -> String {
        engine.flatMap { engine in engine.site(named: cluster).map { engine.place($0).operator } } ?? ""
      }
      return try await answer(Impact.Migration.self, isTold: { own?.contains(holder(of: $0.from)) ?? true }) { $0 }
    }
  }

  /// Of whose placements a part tells; nil for all. By a question that nobody votes on, whoever represents an operator learns no
  /// more of others' placements than by reading placements: else a rule made up for it would list them.
  private func ownPlaces(_ id: UUID, _ section: ImpactSection, _ context: APIContext) async throws -> Set<String>? {
    let caller = context.caller
    let operators = caller.subjects(.boardMember)
    guard section == .nonCompliances || section == .migrations, !operators.contains(Role.everyone),
      !caller.has(RoleKind.governanceAdmin), !caller.has(RoleKind.auditor)
    else { return nil }
    return try await store.impact(id).subject == nil ? operators : nil
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
