import Contract
import Model
import NIOCore
import Placement
import Store

/// The answer to a query: made at once where that takes no time, else on threads where it holds up nobody. It is the same
/// either way.
struct QueryAnswer: Sendable {
  /// So many nodes are searched at once, and so many verdicts written: together some milliseconds.
  static let (quickNodes, quickVerdicts) = (2000, 2000)

  let inquiry: Inquiry
  let extent: ExplanationExtent
  let language: Language
  let parts: AnswerParts
  let sentences: Sentences

  /// The whole answer, as JSON. Where everything was asked for, and nothing supposed, those who hold what is short are
  /// named: a page does without, as it is asked for on every keystroke.
  func bytes(
    _ holders: (_ shortages: [Shortage]) async -> [Shortage: HoldersView]
  ) async throws -> ByteBuffer {
    if let writer = quick() { return writer.bytes() }
    guard extent == .full, inquiry.basis.supposed.isEmpty else {
      return try await LongWork.answer { slow().bytes() }
    }
    let writer = try await LongWork.answer { slow() }
    let told = await holders(writer.shortages)
    return try await LongWork.answer { writer.bytes(telling: told) }
  }

  /// Nil where the answer is long, or it takes longer to say where the project goes, or that it can not be placed.
  func quick() -> QueryWriter? {
    let environments = inquiry.request.project.spec.environments.count
    let shown = min(inquiry.engine.clusters.count, extent.limit(environments: environments))
    guard extent != .full, environments * shown <= Self.quickVerdicts else { return nil }
    return inquiry.engine.explain(inquiry.request, on: inquiry.state, within: Self.quickNodes).map(writer)
  }

  func slow() -> QueryWriter { writer(inquiry.engine.explain(inquiry.request, on: inquiry.state)) }

  private func writer(_ explanation: Explanation) -> QueryWriter {
    QueryWriter(
      inquiry: inquiry, explanation: explanation, extent: extent, language: language, parts: parts,
      sentences: sentences)
  }
}
