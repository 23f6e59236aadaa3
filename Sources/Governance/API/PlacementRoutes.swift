import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Model
import Placement
import Store

/// Decisions: asking for one, and seeing what became of it.
struct PlacementRoutes: Sendable {
  let store: GovernanceStore

  func add(to group: RouterGroup<BasicRequestContext>) {
    group.post("placements") { request, _ in try await decide(request) }
    group.get("placements") { request, _ in try await list(request) }
    group.get("placements/:id") { request, context in
      try Response.json(view(try await store.placement(try identifier(request, context))))
    }
    group.get("placements/:id/explanation") { request, context in
      let placement = try await store.placement(try identifier(request, context))
      return try await explain(placement.spec.decision, request)
    }
    group.get("decisions/:id") { request, context in
      let record = try await store.decision(try identifier(request, context))
      return try Response.json(identity(record.summary))
    }
    group.get("decisions/:id/explanation") { request, context in
      try await explain(try identifier(request, context), request)
    }
    group.get("projects/:name/explanation") { request, context in
      let project = try context.parameters.require("name")
      guard let record = try await store.latestDecision(project: project) else {
        throw Problem(
          status: 404, code: StoreError.Kind.notFound.rawValue,
          title: request.language.say("Introuvable", "Not found"),
          detail: request.language.say(
            "aucune décision n’a été prise pour « \(project) »", "no decision was made for “\(project)”"))
      }
      return try Response.json(ExplanationView(record.decision, language: request.language))
    }
  }

  private func decide(_ request: Request) async throws -> Response {
    let outcome = try await store.decide(
      try await wish(request), idempotencyKey: try idempotencyKey(request), context: request.storeContext)
    let view = DecisionView(
      decision: identity(outcome.decision), changed: outcome.changed, placements: outcome.placements.map(view),
      pendingMoves: outcome.pendingMoves.map { .init(placement: $0.placement, from: $0.from, to: $0.to) },
      explanation: ExplanationView(outcome.explanation, language: request.language))
    var headers: HTTPFields = [
      .location: "/api/v1/decisions/\(outcome.decision.id.uuidString.lowercased())"
    ]
    if outcome.isReplay { headers[.idempotencyReplayed] = "true" }
    return try .json(view, status: outcome.changed ? .created : .ok, headers: headers)
  }

  /// `{"project": "name"}`, or a whole Project, in JSON or YAML.
  private func wish(_ request: Request) async throws -> PlacementRequest {
    struct Named: Decodable {
      var project: String
    }
    let text = try await request.text()
    if let members = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)),
      let project = members["project"], members.count == 1
    {
      return PlacementRequest(project: project)
    }
    let documents = try ResourceDocument.read(text)
    guard documents.count == 1, let document = documents.first, case .project(let project) = document.resource else {
      throw Problem(
        status: 400, code: "malformed", title: request.language.say("Document refusé", "Document refused"),
        detail: request.language.say(
          "le corps doit être {\"project\": \"nom\"} ou une ressource Project",
          "the body must be {\"project\": \"name\"} or a Project resource"))
    }
    let errors = document.problems.filter { $0.severity == .error }
    if let first = errors.first {
      throw Problem(
        status: 422, code: StoreError.Kind.invalid.rawValue,
        title: request.language.say("Ressource refusée", "Resource refused"),
        detail: request.language.say(first.descriptionFR, first.description), errors: errors)
    }
    return PlacementRequest(project: project)
  }

  private func idempotencyKey(_ request: Request) throws -> String? {
    guard let key = request.headers[.idempotencyKey] else { return nil }
    guard (1...255).contains(key.utf8.count) else {
      throw request.badParameter("Idempotency-Key", found: String(key.prefix(20)), accepted: "1…255 ASCII")
    }
    return key
  }

  private func list(_ request: Request) async throws -> Response {
    try request.allowParameters(["limit", "cursor", "project", "zone", "cluster", "phase", "removed"])
    let query = request.uri.queryParameters
    var filter = PlacementFilter()
    filter.project = query["project"].map(String.init)
    filter.zone = query["zone"].map(String.init)
    filter.cluster = query["cluster"].map(String.init)
    if let text = query["phase"] {
      guard let phase = PlacementPhase(rawValue: String(text)) else {
        let accepted = PlacementPhase.allCases.map(\.rawValue).joined(separator: ", ")
        throw request.badParameter("phase", found: String(text), accepted: accepted)
      }
      filter.phase = phase
    }
    switch query["removed"] {
    case nil, "false": break
    case "true": filter.includeRemoved = true
    case let text?: throw request.badParameter("removed", found: String(text), accepted: "true, false")
    }
    let page = try await store.placements(
      filter, limit: try request.number("limit", default: 100, in: 1...1000), cursor: query["cursor"].map(String.init))
    return try .json(ListView(items: page.items.map(view), next: page.next))
  }

  private func explain(_ decision: UUID, _ request: Request) async throws -> Response {
    let record = try await store.decision(decision)
    return try .json(ExplanationView(record.decision, language: request.language))
  }

  private func identifier(_ request: Request, _ context: BasicRequestContext) throws -> UUID {
    let text = try context.parameters.require("id")
    guard let id = UUID(uuidString: text) else {
      throw request.badParameter("id", found: text, accepted: "UUID")
    }
    return id
  }

  private func identity(_ summary: DecisionSummary) -> DecisionIdentity {
    DecisionIdentity(
      id: summary.id, project: summary.project, placed: summary.placed, engineVersion: summary.engineVersion,
      policyVersion: summary.policyVersion, snapshotDigest: summary.snapshotDigest, attempts: summary.attempts,
      principal: summary.principal, decidedAt: summary.decidedAt)
  }

  private func view(_ record: PlacementRecord) -> PlacementView {
    PlacementView(
      spec: record.spec, createdAt: record.createdAt,
      status: PlacementView.Status(
        ready: record.isReady, current: record.isCurrent, decidedAt: record.decidedAt,
        publishedAt: record.publishedAt, removedAt: record.removedAt, observed: record.observed?.state,
        observedAt: record.observed?.storedAt))
  }
}
