import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Model
import Placement
import Store

/// Questions before anything is created: where a project would go, and whether it may go where somebody would have it.
/// Nothing is stored, and nothing held.
struct QueryRoutes: Sendable {
  let store: GovernanceStore
  private let latest = LatestParts()
  private let sentences = Sentences()

  init(store: GovernanceStore) {
    self.store = store
  }

  func add(to group: RouterGroup<BasicRequestContext>) {
    group.post("placements:query") { request, context in try await query(request, context.logger) }
    group.post("placements:validate") { request, context in try await validate(request, context.logger) }
  }

  private func query(_ request: Request, _ logger: Logger) async throws -> Response {
    try request.allowParameters(["explain", "limit", "findings"])
    let (extent, language) = (try request.extent(), request.language)
    let inquiry = try await inquiry(request, for: .query).inquiry
    let answer = QueryAnswer(
      inquiry: inquiry, extent: extent, language: language,
      parts: latest.parts(of: inquiry.engine, isSupposed: !inquiry.basis.supposed.isEmpty), sentences: sentences)
    let bytes = try await answer.bytes { await store.holders(of: $0, logger) }
    return Response.json(bytes: bytes, in: language)
  }

  private func validate(_ request: Request, _ logger: Logger) async throws -> Response {
    try request.allowParameters(["findings"])
    let (inquiry, question) = try await inquiry(request, for: .validation)
    let language = request.language
    let choices = try ChosenPlaces(question.choices, inquiry, language: language)
    // It asks the engine many times where something stands in the way.
    var verdict = try await LongWork.answer { choices.verdict(on: inquiry, language: language) }
    // What is supposed has no holders.
    if inquiry.basis.supposed.isEmpty { verdict.tell(await store.holders(of: verdict.shortages, logger), language) }
    return try Response.json(verdict, in: language)
  }

  private func inquiry(
    _ request: Request, for purpose: QueryQuestion.Purpose
  ) async throws -> (inquiry: Inquiry, question: QueryQuestion) {
    let tellsFindings = try request.flag("findings")
    let text = try await request.text()
    let question = try QueryQuestion(text, isJSON: request.isJSON, for: purpose, language: request.language)
    let situation = try await store.basis(question.subject.request)
    let language = request.language
    guard !question.supposed.isEmpty else {
      return (try Inquiry(question, in: situation, language: language, tellsFindings: false), question)
    }
    // What is supposed makes another engine.
    let ask = { @Sendable in
      try Inquiry(question, in: situation, language: language, tellsFindings: tellsFindings)
    }
    // To check a policy takes as long as many questions.
    let inquiry = try await tellsFindings ? LongWork.run(ask) : LongWork.answer(ask)
    return (inquiry, question)
  }
}

extension QueryQuestion.Subject {
  /// The project as the store takes it.
  var request: PlacementRequest {
    switch self {
    case .stored(let name): PlacementRequest(project: name)
    case .inline(let project): PlacementRequest(project: project)
    }
  }
}
