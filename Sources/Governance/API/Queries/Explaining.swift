import Contract
import HTTPTypes
import Hummingbird
import Identity
import Model
import Placement
import Store

/// Explanations of decisions as answers tell them. Long ones are written where that holds up nobody.
struct Explaining: Sendable {
  let extent: ExplanationExtent
  let language: Language
  let reader: ExplanationReader

  init(_ request: Request, _ context: APIContext) throws {
    (extent, language) = (try request.extent(), request.language)
    reader = context.scope == .everything ? .everything : .project
  }

  /// A decision, explained as it was made.
  func view(_ explained: DecisionRecord.Explained) async throws -> ExplanationView {
    try await work { ExplanationView(explained, to: reader, language: language, extent: extent) }
  }

  /// The answer to who wants to know why a placement is as it is: by another decision as well, where that has chosen its chain
  /// since.
  func response(
    _ placement: PlacementRecord, _ store: GovernanceStore, _ context: APIContext
  ) async throws -> Response {
    let explained = try await store.explanation(of: placement.spec.decision)
    return try await response(
      explained, rechained: try await rechained(placement, since: explained, store), store, context)
  }

  /// Which decision has chosen the chain of a placement since `explained`; nil where none has.
  private func rechained(
    _ placement: PlacementRecord, since explained: DecisionRecord.Explained, _ store: GovernanceStore
  ) async throws -> ExplanationView.Rechained? {
    guard let chain = placement.spec.chain else { return nil }
    guard let choice = try await store.chainChoice(of: placement) else {
      return chain == explained.plan.chain ? nil : ExplanationView.Rechained(chain: chain)
    }
    return ExplanationView.Rechained(
      chain: chain, decision: choice.decision.id, decidedAt: choice.decision.decidedAt,
      chains: choice.explained.map { ExplanationView.chains(of: $0, language) } ?? [])
  }

  /// The answer to who wants to know why: those who hold what is short are named.
  func response(
    _ explained: DecisionRecord.Explained, rechained: ExplanationView.Rechained? = nil, _ store: GovernanceStore,
    _ context: APIContext
  ) async throws -> Response {
    var view = try await view(explained)
    view.rechained = rechained
    view.tell(await store.holders(of: view.shortages, context), language)
    return try await response(view)
  }

  /// The answer that it is in.
  func response(
    _ value: some Encodable & Sendable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) async throws -> Response {
    try await work { try Response.json(value, in: language, status: status, headers: headers) }
  }

  private func work<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    // For somebody of the project it may have to be looked for anew what stands in the way.
    if reader == .everything, case .page(...ExplanationExtent.standardCount) = extent { return try body() }
    return try await LongWork.answer(body)
  }
}
