import Contract
import Foundation
import HTTPTypes
import Hummingbird
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
    group.post("placements:query") { request, _ in try await query(request) }
    group.post("placements:validate") { request, _ in try await validate(request) }
  }

  private func query(_ request: Request) async throws -> Response {
    try request.allowParameters(["explain", "limit"])
    let (extent, language) = (try request.extent(), request.language)
    let inquiry = try await inquiry(request, for: .query).inquiry
    let writer = QueryWriter(
      inquiry: inquiry, explanation: inquiry.engine.explain(inquiry.request, on: inquiry.state), extent: extent,
      language: language,
      parts: latest.parts(of: inquiry.engine, isSupposed: !inquiry.basis.supposed.isEmpty), sentences: sentences)
    return Response.json(bytes: writer.bytes(), in: language)
  }

  private func validate(_ request: Request) async throws -> Response {
    try request.allowParameters([])
    let (inquiry, question) = try await inquiry(request, for: .validation)
    let language = request.language
    let choices = try ChosenPlaces(question.choices, inquiry, language: language)
    // It asks the engine many times where something stands in the way.
    let verdict = try await LongWork.run { choices.verdict(on: inquiry, language: language) }
    return try Response.json(verdict, in: language)
  }

  private func inquiry(
    _ request: Request, for purpose: QueryQuestion.Purpose
  ) async throws -> (inquiry: Inquiry, question: QueryQuestion) {
    let text = try await request.text()
    let question = try QueryQuestion(text, isJSON: request.isJSON, for: purpose, language: request.language)
    let situation = try await store.basis(question.subject.request)
    let language = request.language
    guard !question.supposed.isEmpty else {
      return (try Inquiry(question, in: situation, language: language), question)
    }
    // What is supposed makes another engine.
    return (try await LongWork.run { try Inquiry(question, in: situation, language: language) }, question)
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
