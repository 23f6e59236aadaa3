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
    group.post("placements") { request, context in
      guard try request.flag("reserve") else { return try await decide(request) }
      return try await ReservationRoutes(store: store).reserve(request, context.logger)
    }
    group.get("decisions") { request, _ in
      try request.allowParameters(["project", "limit", "cursor"])
      let query = request.uri.queryParameters
      let page = try await store.decisions(
        project: query["project"].map(String.init), limit: try request.number("limit", default: 100, in: 1...1000),
        cursor: query["cursor"].map(String.init))
      return try Response.json(ListView(items: page.items.map { DecisionIdentity($0) }, next: page.next))
    }
    group.get("decisions/:id") { request, context in
      try request.allowParameters([])
      return try Response.json(
        DecisionIdentity(try await store.summary(ofDecision: try request.identifier(context))))
    }
    group.post("decisions/{id}:replay") { request, context in
      try request.allowParameters([])
      let language = request.language
      let result = try await store.replay(try request.identifier(context))
      return try Response.json(ReplayView(result, language: language), in: language)
    }
    group.get("decisions/:id/explanation") { request, context in
      try request.allowParameters(["explain", "limit"])
      let explaining = try Explaining(request)
      let explained = try await store.explanation(of: try request.identifier(context))
      return try await explaining.response(explained, store, context.logger)
    }
    group.get("projects/:name/explanation") { request, context in
      try request.allowParameters(["explain", "limit"])
      let explaining = try Explaining(request)
      let project = try request.pathPart("name", context)
      guard let record = try await store.latestDecision(project: project) else {
        throw Problem.notFound(
          "aucune décision n’a été prise pour « \(project) »", "no decision was made for “\(project)”",
          request.language)
      }
      let explained = try await LongWork.answer { try record.explained() }
      return try await explaining.response(explained, store, context.logger)
    }
  }

  private func decide(_ request: Request) async throws -> Response {
    try request.allowParameters(["explain", "limit", "reserve"])
    let (key, explaining) = (try request.idempotencyKey(), try Explaining(request))
    let outcome = try await store.decide(
      try await wish(request), idempotencyKey: key, context: request.storeContext)
    var headers: HTTPFields = [.location: "/api/v1/decisions/\(outcome.decision.id.uuidString.lowercased())"]
    if outcome.isReplay { headers[.idempotencyReplayed] = "true" }
    return try await explaining.response(
      DecisionView(outcome, explanation: try await explaining.view(outcome.answer)),
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
