import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Model
import Store

/// Decisions: asking for one, and why it came out so.
struct DecisionRoutes: Sendable {
  let store: GovernanceStore

  func add(to group: RouterGroup<BasicRequestContext>) {
    group.post("placements") { request, _ in try await decide(request) }
    group.get("decisions/:id") { request, context in
      try request.allowParameters([])
      return try Response.json(DecisionIdentity(try await store.decision(try request.identifier(context)).summary))
    }
    group.get("decisions/:id/explanation") { request, context in
      try request.allowParameters([])
      return try Response.explanation(of: try await store.decision(try request.identifier(context)), request.language)
    }
    group.get("projects/:name/explanation") { request, context in
      try request.allowParameters([])
      let project = try request.pathPart("name", context)
      guard let record = try await store.latestDecision(project: project) else {
        throw Problem.notFound(
          "aucune décision n’a été prise pour « \(project) »", "no decision was made for “\(project)”",
          request.language)
      }
      return try Response.explanation(of: record, request.language)
    }
  }

  private func decide(_ request: Request) async throws -> Response {
    try request.allowParameters([])
    let key = try request.idempotencyKey()
    let outcome = try await store.decide(
      try await wish(request), idempotencyKey: key, context: request.storeContext)
    var headers: HTTPFields = [.location: "/api/v1/decisions/\(outcome.decision.id.uuidString.lowercased())"]
    if outcome.isReplay { headers[.idempotencyReplayed] = "true" }
    return try Response.json(
      DecisionView(outcome, language: request.language), in: request.language,
      status: outcome.changed ? .created : .ok, headers: headers)
  }

  /// `{"project": "name"}` in JSON, or a whole Project in JSON or YAML.
  func wish(_ request: Request) async throws -> PlacementRequest {
    let text = try await request.text()
    do {
      let resource = try request.resource(in: text)
      if case .project(let project) = resource { return PlacementRequest(project: project) }
      throw notAWish([], found: resource.kind.rawValue, request)
    } catch let error as DocumentErrors where error.problems.contains(where: { $0.path == "kind" }) {
      if let project = projectName(text) { return PlacementRequest(project: project) }
      throw notAWish(error.problems.filter { $0.path != "kind" }, found: nil, request)
    }
  }

  private func projectName(_ text: String) -> String? {
    guard let members = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else { return nil }
    return members.count == 1 ? members["project"] : nil
  }

  private func notAWish(_ others: [FieldProblem], found: String?, _ request: Request) -> Problem {
    let problem = FieldProblem(
      path: "kind", message: "neither {\"project\": \"name\"} nor a Project resource",
      messageFR: "ni {\"project\": \"nom\"}, ni une ressource Project", value: found, accepted: "Project")
    return .malformed([problem] + others, request.language)
  }
}
