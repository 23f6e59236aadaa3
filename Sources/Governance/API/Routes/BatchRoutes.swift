import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Model
import Placement
import Store

/// Many projects at once: looked at together, then, where that is asked for, decided on one after the other.
struct BatchRoutes: Sendable {
  let store: GovernanceStore

  func add(to group: RouterGroup<BasicRequestContext>) {
    group.post("placements:batch") { request, _ in try await place(request) }
  }

  private func place(_ request: Request) async throws -> Response {
    try request.allowParameters([])
    let (key, language) = (try request.idempotencyKey(), request.language)
    let body = try await body(request)
    var bases: [PlacementBasis] = []
    for project in body.projects { bases.append(try await store.basis(PlacementRequest(project: project))) }
    guard let ground = bases.first else { return Response(status: .badRequest) }
    let question = BatchRequest(
      projects: bases.map(\.request), allOrNothing: body.allOrNothing ?? false, mayMove: body.mayMove ?? false,
      nodeBudget: body.nodeBudget ?? BatchBody.standardNodeBudget)
    let answer = try await LongWork.run { ground.engine.place(question, on: ground.state) }
    var view = try view(of: answer, on: ground, bases.map(\.request), dryRun: body.dryRun, language)
    // What is there already is only found again: a request that is sent again gets the answers of the first.
    let isThere = view.entries.allSatisfy { $0.places.allSatisfy(\.kept) }
    let mayCommit = isThere || answer.outcome != .undecided || body.acceptUndecided == true
    if !body.dryRun, mayCommit { try await commit(&view, key: key, request.storeContext) }
    return try Response.json(view, in: language)
  }

  private func body(_ request: Request) async throws -> BatchBody {
    let text = try await request.text()
    let document = try request.isJSON ? DocumentText(json: text) : DocumentText(text)
    let body: BatchBody = try document.decode()
    var problems: [FieldProblem] = []
    func check(_ isGood: Bool, _ path: String, _ found: Int, accepted: ClosedRange<Int>) {
      guard !isGood else { return }
      problems.append(
        FieldProblem(
          path: path, message: "out of range", messageFR: "hors limites", value: String(found),
          accepted: "\(accepted.lowerBound) … \(accepted.upperBound)"))
    }
    let counts = 1...BatchBody.projectLimit
    check(counts.contains(body.projects.count), "projects", body.projects.count, accepted: counts)
    if let budget = body.nodeBudget {
      check(BatchBody.nodeBudgets.contains(budget), "nodeBudget", budget, accepted: BatchBody.nodeBudgets)
    }
    guard problems.isEmpty else { throw Problem.invalid(document.located(problems), request.language) }
    return body
  }

  private func view(
    of answer: BatchAnswer, on ground: PlacementBasis, _ requests: [DecisionRequest], dryRun: Bool,
    _ language: Language
  ) throws -> BatchView {
    let question = QueryQuestion(subject: .stored(""), at: nil, policy: nil, offer: nil, choices: [:])
    let inquiry = try Inquiry(question, in: ground, language: language)
    let entries = answer.entries.map { entry in
      BatchView.Entry(
        entry, places: entry.plan.map { inquiry.places($0, of: requests[entry.position]) } ?? [], language: language)
    }
    return BatchView(basis: inquiry.basis, dryRun: dryRun, answer, entries: entries)
  }

  /// Decides in the order of the entries, each under a key of its own that is made of the caller's. What was planned for
  /// an entry rests on those before it, so that this ends at the first that does not go where it was planned to go.
  private func commit(_ view: inout BatchView, key: String?, _ context: Store.RequestContext) async throws {
    for index in view.entries.indices where view.entries[index].status == .placed {
      let project = view.entries[index].project
      let outcome = try await store.decide(
        PlacementRequest(project: project), idempotencyKey: key.map { Self.key($0, of: project) }, context: context)
      let planned = Set(view.entries[index].places.map { Home($0.environment, $0.replica, $0.cluster) })
      let present = Set(outcome.placements.map { Home($0.spec.environment, $0.spec.replica, $0.spec.cluster) })
      let commit = BatchView.Commit(
        decision: outcome.decision.id, placed: outcome.decision.placed, asPlanned: planned == present,
        replayed: outcome.isReplay)
      view.entries[index].commit = commit
      guard commit.asPlanned else { return }
    }
    view.committed = view.entries.contains { $0.status == .placed }
  }

  /// At most 255 bytes, whatever the caller's key is.
  private static func key(_ key: String, of project: String) -> String { "\(key.suffix(200))/\(project)" }

  /// Where a replica is.
  private struct Home: Hashable {
    var environment: String
    var replica: Int
    var cluster: String

    init(_ environment: String, _ replica: Int, _ cluster: String) {
      self.environment = environment
      self.replica = replica
      self.cluster = cluster
    }
  }
}
