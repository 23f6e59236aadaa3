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
      return try Response.json(Self.view(record, context), status: .accepted, headers: headers)
    }
    api.get("policy/impacts", Self.reading) { request, context in
      let (limit, cursor) = try request.page(further: ["subject"])
      let page = try await store.impacts(
        of: request.uri.queryParameters["subject"].map(String.init), limit: limit, cursor: cursor)
      return try Response.json(ListView(items: page.items.map { Self.view($0, context) }, next: page.next))
    }
    api.get("policy/impacts/:id", Self.reading) { request, context in
      try request.allowParameters([])
      return try Response.json(Self.view(try await store.impact(try context.identifier(request)), context))
    }
    api.delete("policy/impacts/:id", .change([.boardMember, .governanceAdmin])) { request, context in
      try request.allowParameters([])
      let caller = context.caller
      let principal = caller.has(RoleKind.governanceAdmin) ? nil : caller.principal
      return try Response.json(
        Self.view(try await store.cancelImpact(try context.identifier(request), by: principal), context))
    }
    api.get("policy/impacts/:id/:section", Self.reading) { request, context in try await page(request, context) }
  }

  /// Whoever votes sees all of what a proposal would change, whichever operator it is at.
  private static let reading = Access.read([.boardMember, .governanceAdmin, .auditor])

  private static func view(_ record: ImpactRecord, _ context: APIContext) -> ImpactView {
    ImpactView(record, isWhole: record.subject != nil || ownOperators(of: context.caller) == nil)
  }

  /// Of whose clusters somebody is told what a question has found that nobody votes on; nil for all. By such a question whoever
  /// represents an operator learns no more of others' placements than by reading placements: else rules made up for it would
  /// show where a project is, by the lines, their number, or whether there are any.
  private static func ownOperators(of caller: Caller) -> Set<String>? {
    let operators = caller.subjects(.boardMember)
    guard !operators.contains(Role.everyone), !caller.has(RoleKind.governanceAdmin), !caller.has(RoleKind.auditor)
    else { return nil }
    return operators
  }

  private func page(_ request: Request, _ context: APIContext) async throws -> Response {
    let (limit, cursor) = try request.page()
    let (id, language) = (try context.identifier(request), request.language)
    let name = try context.pathPart("section", request)
    guard let section = ImpactSection(rawValue: name) else {
      let accepted = ImpactSection.allCases.map(\.rawValue).joined(separator: ", ")
      throw request.badParameter("section", found: name, accepted: accepted)
    }
    if let own = Self.ownOperators(of: context.caller) {
      let record = try await store.impact(id)
      if record.subject == nil {
        guard record.result != nil else { throw Self.noResult(language) }
        return try await ownPage(id, section, of: own, request)
      }
    }
    func answer<Item: Codable & Sendable, View: Codable & Sendable>(
      _ type: Item.Type, _ view: (Item) -> View
    ) async throws -> Response {
      guard let page = try await store.impactPage(of: id, section, as: type, limit: limit, cursor: cursor) else {
        throw Self.noResult(language)
      }
      return try Response.json(ImpactItemsView(items: page.items.map(view), next: page.next), in: language)
    }
    switch section {
    case .nonCompliances: return try await answer(Impact.NonCompliance.self) { NonComplianceView($0, language) }
    case .regionChanges: return try await answer(Impact.RegionChange.self) { $0 }
    case .unplaceable: return try await answer(Impact.Unplaceable.self) { UnplaceableView($0, language) }
    case .capacity: return try await answer(Impact.RegionCapacity.self) { $0 }
    case .migrations: return try await answer(Impact.Migration.self) { $0 }
    }
  }

  /// A page of what is on the clusters of some operators.
  private func ownPage(
    _ id: UUID, _ section: ImpactSection, of own: Set<String>, _ request: Request
  ) async throws -> Response {
    let (limit, cursor) = try request.page()
    let language = request.language
    func answer<Item: Codable & Sendable, View: Codable & Sendable>(
      _ type: Item.Type, _ view: (Item) -> View, isTold: @escaping @Sendable (Item) -> Bool
    ) async throws -> Response {
      let page = try await store.impactPage(
        of: id, section, as: type, limit: limit, cursor: cursor, telling: isTold)
      guard let page else { throw Self.noResult(language) }
      return try Response.json(
        ImpactItemsView(items: page.items.map(view), next: page.next, withheld: true), in: language)
    }
    switch section {
    case .nonCompliances:
      return try await answer(Impact.NonCompliance.self, { NonComplianceView($0, language) }) {
        own.contains($0.operator)
      }
    case .migrations:
      let engine = try await store.basis(of: []).engine
      return try await answer(Impact.Migration.self, { $0 }) { move in
        engine.site(named: move.from).map { own.contains(engine.place($0).operator) } ?? false
      }
    // These do not say where a project is, and so not whose business it is.
    case .unplaceable, .regionChanges:
      return try Response.json(
        ImpactItemsView<Impact.RegionChange>(items: [], next: nil, withheld: true), in: language)
    // Of regions the board may read the same at any time.
    case .capacity: return try await answer(Impact.RegionCapacity.self, { $0 }) { _ in true }
    }
  }

  private static func noResult(_ language: Language) -> Problem {
    Problem.notFound("il n’y a pas encore de résultat", "there is no result yet", language)
  }
}

extension ImpactView {
  /// A question as the API shows it.
  ///
  /// - Parameter isWhole: whether what it has found is told as a whole: how many there are of what, and by which digest.
  init(_ record: ImpactRecord, isWhole: Bool = true) {
    self.init(
      id: record.id, subject: record.subject, requestedAt: record.requestedAt, state: State(record.state),
      failure: record.failure, follows: record.follows,
      progress: Progress(done: record.projectsDone, total: record.projectsTotal),
      result: record.result.map {
        Result(
          digest: isWhole ? $0.digest : nil, summary: isWhole ? $0.summary : nil, asOf: $0.asOf,
          policyVersion: $0.policyVersion, offerVersion: $0.offerVersion, snapshotDigest: $0.snapshotDigest,
          day: $0.day, seconds: $0.seconds, stale: $0.isStale)
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
