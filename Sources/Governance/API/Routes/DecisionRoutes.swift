import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Placement
import Store

/// Decisions: asking for one, and why it came out so.
struct DecisionRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    api.post("placements", .change([.governanceAdmin, .console], own: [.projectTeam])) { request, context in
      guard try request.flag("reserve") else { return try await decide(request, context) }
      // Not by how far somebody reaches: who is in the team of every project is still no console.
      guard Self.reserving.contains(where: { context.caller.has($0) }) else {
        throw AuthenticationRefusal.role(Self.reserving.map(\.rawValue))
      }
      return try await ReservationRoutes(store: store).reserve(request, context)
    }
    api.get("decisions", Self.reading) { request, context in
      try request.allowParameters(["project", "limit", "cursor"])
      let query = request.uri.queryParameters
      let page = try await store.decisions(
        project: query["project"].map(String.init), of: context.scope.projectNames,
        limit: try request.number("limit", default: 100, in: 1...1000),
        cursor: query["cursor"].map(String.init))
      return try Response.json(ListView(items: page.items.map { DecisionIdentity($0) }, next: page.next))
    }
    api.get("decisions/:id", Self.reading) { request, context in
      try request.allowParameters([])
      return try Response.json(DecisionIdentity(try await summary(request, context)))
    }
    // It changes nothing, although it is no reading that may be sent again without a thought: it takes long.
    api.post("decisions/{id}:replay", .read([.governanceAdmin, .console, .auditor])) { request, context in
      try request.allowParameters([])
      let language = request.language
      let result = try await store.replay(try context.identifier(request))
      return try Response.json(ReplayView(result, language: language), in: language)
    }
    api.get("decisions/:id/explanation", Self.reading) { request, context in
      try request.allowParameters(["explain", "limit"])
      let explaining = try Explaining(request, context)
      let explained = try await store.explanation(of: try await summary(request, context).id)
      return try await explaining.response(explained, store, context)
    }
    api.get("projects/:name/explanation", Self.reading) { request, context in
      try request.allowParameters(["explain", "limit"])
      let explaining = try Explaining(request, context)
      let project = try context.pathPart("name", request)
      guard context.scope.covers(project: project), let record = try await store.latestDecision(project: project)
      else {
        throw Problem.notFound(
          "aucune décision n’a été prise pour « \(project) »", "no decision was made for “\(project)”",
          request.language)
      }
      let explained = try await LongWork.answer { try record.explained() }
      return try await explaining.response(explained, store, context)
    }
  }

  private static let reserving = [RoleKind.governanceAdmin, .console]

  /// Decisions tell of all clusters that were looked at, so operators do not read those on others' projects.
  static let reading = Access.read([.governanceAdmin, .console, .auditor], own: [.projectTeam])

  /// The decision that the address names, if it is within reach.
  private func summary(_ request: Request, _ context: APIContext) async throws -> DecisionSummary {
    let id = try context.identifier(request)
    let summary = try await store.summary(ofDecision: id)
    guard context.scope.covers(project: summary.project) else { throw StoreError.noDecision(id) }
    return summary
  }

  private func decide(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["explain", "limit", "reserve"])
    let key = try request.idempotencyKey()
    let explaining = try Explaining(request, context)
    let outcome = try await store.decide(
      try await wish(request, context), idempotencyKey: key, context: context.storeContext)
    var headers: HTTPFields = [.location: "/api/v1/decisions/\(outcome.decision.id.uuidString.lowercased())"]
    if outcome.isReplay { headers[.idempotencyReplayed] = "true" }
    return try await LongWork.owed {
      try await explaining.response(
        DecisionView(outcome, explanation: try await explaining.view(outcome.answer)),
        status: outcome.changed ? .created : .ok, headers: headers)
    }
  }

  /// `{"project": "name"}` in JSON, `{"project": {…}}` in the console's words, or a whole Project in JSON or YAML; the first two
  /// with the `choices` that a validation takes, too.
  ///
  /// - Throws: ``Problem`` 404 for a project that is not within reach.
  func wish(_ request: Request, _ context: APIContext) async throws -> PlacementRequest {
    let (text, scope) = (try await request.text(), context.scope)
    let chosen = try chosen(text, request, context)
    var wish = try chosen?.subject.request ?? wish(text, request)
    guard scope.covers(project: wish.project) else { throw StoreError.notFound(.project, wish.project) }
    if let project = wish.inline {
      try await store.refuseReclassification(of: project, saying: wish.unsaid, in: scope)
    }
    if let chosen { try await choose(chosen, for: &wish, request) }
    // Somebody may say that it is more sensitive before this is written.
    wish.keepsStanding = scope != .everything
    return wish
  }

  /// Finds out what the choices stand for. Where that is nothing any more, or the project is not there, a request with a key may
  /// have its answer already: the store looks at that first.
  private func choose(_ chosen: QueryQuestion, for wish: inout PlacementRequest, _ request: Request) async throws {
    let unchosen = wish
    wish.choices = chosen.choices
    do {
      let inquiry = try Inquiry(chosen, in: try await store.basis(unchosen), language: request.language)
      let clusters = inquiry.engine.clusters
      wish.pins = try ChosenPlaces(chosen.choices, inquiry, language: request.language).choices.map {
        Pin(environment: $0.environment.name, replica: $0.replica, cluster: clusters[$0.site])
      }
    } catch let error where error is Problem || error is StoreError {
      // What is not of the choice, as that no policy is in force, is told as what it is.
      let isOfChoice = (error as? StoreError).map { $0.kind == .notFound || $0.kind == .invalid } ?? true
      guard isOfChoice, try request.idempotencyKey() != nil else { throw error }
      wish.misfit = error as? StoreError ?? (error as? Problem)?.errors.map { StoreError.invalid($0) }
    }
  }

  /// The body that names clusters; nil where it names none. A team does not choose: clusters that are none of its business would
  /// answer to their names.
  private func chosen(_ text: String, _ request: Request, _ context: APIContext) throws -> QueryQuestion? {
    guard text.contains("choices"),
      let document = try? request.isJSON ? DocumentText(json: text) : DocumentText(text),
      case .object(let names)? = document.form(), names.contains("choices"), !names.contains("kind")
    else { return nil }
    guard Self.reserving.contains(where: { context.caller.has($0) }) else {
      throw AuthenticationRefusal.role(Self.reserving.map(\.rawValue))
    }
    return try QueryQuestion(text, isJSON: request.isJSON, for: .placement, language: request.language)
  }

  private func wish(_ text: String, _ request: Request) throws -> PlacementRequest {
    do {
      let resource = try request.resource(in: text)
      if case .project(let project) = resource { return PlacementRequest(project: project) }
      throw notAWish([], found: resource.kind.rawValue, request)
    } catch let error as DocumentErrors where error.problems.contains(where: { $0.path == "kind" }) {
      if let project = projectName(text) { return PlacementRequest(project: project) }
      if let project = try consoleProject(text, request) {
        return PlacementRequest(project: project.resource, unsaid: project.unsaid)
      }
      throw notAWish(error.problems.filter { $0.path != "kind" }, found: nil, request)
    }
  }

  private func projectName(_ text: String) -> String? {
    guard let members = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else { return nil }
    return members.count == 1 ? members["project"] : nil
  }

  /// `{"project": {…}}` in the console's own words; nil for anything else.
  private func consoleProject(_ text: String, _ request: Request) throws -> ConsoleProject? {
    let document = try request.isJSON ? DocumentText(json: text) : DocumentText(text)
    guard case .object(let names)? = document.form(of: "project"), !names.contains("kind") else { return nil }
    let wish: ConsoleWish = try document.decode()
    let problems = document.located(wish.project.problems.map { $0.below("project") })
    let errors = problems.filter { $0.severity == .error }
    guard errors.isEmpty else { throw Problem.invalid(errors, request.language) }
    return wish.project
  }

  private func notAWish(_ others: [FieldProblem], found: String?, _ request: Request) -> Problem {
    let problem = FieldProblem(
      path: "kind", message: "neither {\"project\": \"name\"}, nor a console project, nor a Project resource",
      messageFR: "ni {\"project\": \"nom\"}, ni un projet de la console, ni une ressource Project", value: found,
      accepted: "Project")
    return .malformed([problem] + others, request.language)
  }
}

/// The console asks for places in its own words, as it does in queries.
private struct ConsoleWish: Codable, Sendable, Hashable {
  var project: ConsoleProject
}
