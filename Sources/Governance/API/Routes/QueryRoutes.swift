import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Placement
import Store

/// Questions before anything is created: where a project would go, and whether it may go where somebody would have it.
/// Nothing is stored, and nothing held.
struct QueryRoutes: Sendable {
  let store: GovernanceStore
  private let latest = LatestParts()
  private let sentences = Sentences()
  private let memory = AnswerMemory()
  private let teams = TeamViews()

  init(store: GovernanceStore) {
    self.store = store
  }

  func add(to api: APIRoutes) {
    api.post("placements:query", Self.asking) { request, context in try await query(request, context) }
    api.post("placements:validate", Self.asking) { request, context in try await validate(request, context) }
  }

  /// Nothing changes by asking. A team asks for its own project, and is not told whose the room is that it lacks.
  private static let asking = Access.read([.governanceAdmin, .console], own: [.projectTeam]).answeredFromMemory

  private func query(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["explain", "limit", "findings"])
    let (extent, language, tellsFindings) = (try request.extent(), request.language, try request.flag("findings"))
    let body = try await request.bytes()
    let asked = AnswerMemory.Question(
      body: body, isJSON: request.isJSON, parameters: request.uri.query ?? "", language: language,
      principal: context.caller.principal)
    // Answers are kept by who has asked: what somebody may ask can have changed meanwhile.
    if context.scope == .everything, let bytes = memory.answer(to: asked, at: store.memory) {
      return Response.json(bytes: bytes, in: language)
    }
    let question =
      try (asked.isJSON ? QueryQuestion(plain: body) : nil)
      ?? QueryQuestion(try request.text(of: body), isJSON: asked.isJSON, for: .query, language: language)
    try check(question, context.scope)
    let basis = try await store.basis(question.subject.request)
    let inquiry = try await inquiry(question, in: basis, context, language: language, tellsFindings: tellsFindings)
    let isSupposed = !inquiry.basis.supposed.isEmpty || context.scope != .everything
    let answer = QueryAnswer(
      inquiry: inquiry, extent: extent, language: language,
      parts: latest.parts(of: inquiry.engine, isSupposed: isSupposed), sentences: sentences)
    let bytes = try await answer.bytes { await store.holders(of: $0, context) }
    // Where everything is told, those who hold what is short are: who they are may be asked of the database, and so may what
    // agents say by the limits of another policy.
    if extent != .full, context.scope == .everything, !inquiry.isOfMoment { memory.keep(bytes, to: asked, of: basis) }
    return Response.json(bytes: bytes, in: language)
  }

  private func validate(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["findings"])
    let (language, tellsFindings) = (request.language, try request.flag("findings"))
    let question = try QueryQuestion(
      try await request.text(), isJSON: request.isJSON, for: .validation, language: language)
    try check(question, context.scope)
    let inquiry = try await inquiry(
      question, in: try await store.basis(question.subject.request), context, language: language,
      tellsFindings: tellsFindings)
    let choices = try ChosenPlaces(question.choices, inquiry, language: language)
    // It asks the engine many times where something stands in the way.
    var verdict = try await LongWork.answer { choices.verdict(on: inquiry, language: language) }
    // What is supposed has no holders.
    if inquiry.basis.supposed.isEmpty { verdict.tell(await store.holders(of: verdict.shortages, context), language) }
    return try Response.json(verdict, in: language)
  }

  /// - Throws: ``StoreError`` 404 for a project that is not within reach.
  private func check(_ question: QueryQuestion, _ scope: Scope) throws {
    let project = question.subject.request.project
    guard scope.covers(project: project) else { throw StoreError.notFound(.project, project) }
  }

  private func inquiry(
    _ question: QueryQuestion, in present: PlacementBasis, _ context: APIContext, language: Language,
    tellsFindings: Bool
  ) async throws -> Inquiry {
    let (situation, withheld) = try await situation(of: question, in: present, context)
    guard !question.supposed.isEmpty else {
      return try Inquiry(question, in: situation, withheld: withheld, language: language, tellsFindings: false)
    }
    let ground = try await store.ground(under: question.policy, on: question.at, in: situation)
    // What is supposed makes another engine.
    let ask = { @Sendable in
      try Inquiry(
        question, in: situation, under: ground, withheld: withheld, language: language, tellsFindings: tellsFindings)
    }
    // To check a policy takes as long as many questions.
    return try await tellsFindings ? LongWork.run(ask) : LongWork.answer(ask)
  }

  /// What the question is answered on, and how many clusters of it are not: whoever asks for a team can suppose what he likes,
  /// and must not learn by it what is none of the team's business. Its business is what the project is that is stored, and
  /// not what the question says of it.
  private func situation(
    of question: QueryQuestion, in present: PlacementBasis, _ context: APIContext
  ) async throws -> (PlacementBasis, withheld: Int) {
    guard context.scope != .everything else { return (present, 0) }
    let stored: DecisionRequest?
    switch question.subject {
    case .stored: stored = present.request
    case .inline(let project, _):
      do {
        stored = try await store.basis(PlacementRequest(project: project.name)).request
      } catch let error as StoreError where error.kind == .notFound {
        stored = nil
      }
    }
    let (views, reach) = (teams, context.capacityReach)
    return try await LongWork.answer { views.view(of: present, for: stored, reach: reach) }
  }
}

extension QueryQuestion.Subject {
  /// The project as the store takes it.
  var request: PlacementRequest {
    switch self {
    case .stored(let name): PlacementRequest(project: name)
    case .inline(let project, let unsaid): PlacementRequest(project: project, unsaid: unsaid)
    }
  }
}
