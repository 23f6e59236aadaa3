import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Placement
import Store

/// Many projects at once: looked at together, then, where that is asked for, decided on as they were planned.
struct BatchRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    api.post("placements:batch", .change([.governanceAdmin, .console])) { request, context in
      try await place(request, context)
    }
  }

  private func place(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let (key, language) = (try request.idempotencyKey(), request.language)
    let body = try await body(request)
    // A name that comes twice is asked about once; the engine tells the second one apart.
    let names = Set(body.projects).sorted()
    let bases = try await store.basis(of: names)
    let requests = Dictionary(zip(names, bases.requests), uniquingKeysWith: { first, _ in first })
    let question = BatchRequest(
      projects: body.projects.compactMap { requests[$0] }, allOrNothing: body.allOrNothing ?? false,
      mayMove: body.mayMove ?? false,
      nodeBudget: body.nodeBudget ?? BatchBody.standardNodeBudget)
    let answer = try await LongWork.run { bases.engine.place(question, on: bases.state) }
    var view = try view(of: answer, on: bases, question.projects, dryRun: body.dryRun, language)
    let stored = try await earlier(body, key, context)
    if let stored { tell(stored, in: &view, request) }
    // What is there already is only found again: a request that is sent again gets the answers of the first.
    let isThere = view.entries.allSatisfy { $0.places.allSatisfy(\.kept) }
    let mayCommit = isThere || answer.outcome != .undecided || body.acceptUndecided == true
    if !body.dryRun, mayCommit, stored?.isReplay != true {
      try await commit(&view, allOrNothing: body.allOrNothing ?? false, key: key, request, context)
    }
    return try Response.json(view, in: language)
  }

  /// What was answered to an earlier request with the same key, whatever would be planned now: to all or nothing as a whole,
  /// otherwise to each project that was decided on.
  private func earlier(_ body: BatchBody, _ key: String?, _ context: APIContext) async throws -> TogetherOutcome? {
    guard let key, !body.dryRun else { return nil }
    var seen: Set<String> = []
    let wishes = body.projects.filter { seen.insert($0).inserted }.map { PlacementRequest(project: $0) }
    guard body.allOrNothing == true else {
      return try await store.decidedEach(wishes, idempotencyKey: key, context: context.storeContext)
    }
    return try await store.decidedTogether(wishes, idempotencyKey: key, context: context.storeContext)
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
    if !body.dryRun, body.mayMove == true {
      problems.append(
        FieldProblem(
          path: "mayMove", message: "moves are proposed, never carried out: goes with dryRun: true only",
          messageFR: "les déplacements sont proposés, jamais faits : ne vaut qu’avec dryRun: true", value: "true",
          accepted: "false; dryRun: true"))
    }
    guard problems.isEmpty else { throw Problem.invalid(document.located(problems), request.language) }
    return body
  }

  private func view(
    of answer: BatchAnswer, on bases: PlacementBases, _ requests: [DecisionRequest], dryRun: Bool,
    _ language: Language
  ) throws -> BatchView {
    let question = QueryQuestion(subject: .stored(""), at: nil, policy: nil, offer: nil, choices: [:])
    let inquiry = try Inquiry(question, in: bases.basis(at: 0), language: language)
    let entries = answer.entries.map { entry in
      BatchView.Entry(
        entry, places: entry.plan.map { inquiry.places($0, of: requests[entry.position]) } ?? [], language: language)
    }
    return BatchView(basis: inquiry.basis, dryRun: dryRun, answer, entries: entries)
  }

  /// Decides on what was placed. Asked for all or nothing it is one transaction, in which every project goes where it was
  /// planned to, or none does and the first in the way is told. Otherwise each stands by itself, with its own decision or
  /// its own problem: one that has lost its place meanwhile goes elsewhere, and says so. What has its answer already is left
  /// alone.
  private func commit(
    _ view: inout BatchView, allOrNothing: Bool, key: String?, _ request: Request, _ context: APIContext
  ) async throws {
    // In the order of the entries: each was planned after those before it. Where stages have limits of their own another
    // order may leave it no room.
    let placed = view.entries.filter { $0.status == .placed && $0.commit == nil && $0.problem == nil }
    guard !placed.isEmpty else { return }
    let wishes = placed.map { entry in
      PlannedRequest(
        PlacementRequest(project: entry.project),
        places: entry.places.map { Pin(environment: $0.environment, replica: $0.replica, cluster: $0.cluster) },
        position: entry.position)
    }
    let outcome: TogetherOutcome
    do {
      outcome = try await store.decideTogether(
        wishes, allOrNothing: allOrNothing, idempotencyKey: key, context: context.storeContext)
    } catch let refusal as TogetherRefusal {
      // Nothing was decided. The one in the way says why; the others have neither decision nor problem.
      guard let index = view.entries.firstIndex(where: { $0.position == refusal.position }) else { throw refusal }
      view.entries[index].problem = Problem(
        refusal.asStoreError, language: request.language, path: request.uri.path)
      return
    }
    tell(outcome, in: &view, request)
  }

  /// Says of each project what has become of it.
  private func tell(_ outcome: TogetherOutcome, in view: inout BatchView, _ request: Request) {
    for entry in outcome.entries {
      guard
        let index = view.entries.firstIndex(where: { $0.project == entry.project && $0.status != .repeated })
      else { continue }
      switch entry.result {
      case .success(let decided):
        view.entries[index].commit = BatchView.Commit(
          decision: decided.decision.id, placed: decided.decision.placed, asPlanned: decided.isAsPlanned,
          replayed: decided.isReplay || outcome.isReplay)
      case .failure(let error):
        view.entries[index].problem = Problem(error, language: request.language, path: request.uri.path)
      }
    }
    // What has a place and no decision was not committed, though all others have theirs.
    let due = view.entries.filter { $0.status == .placed || $0.commit != nil || $0.problem != nil }
    view.committed = !due.isEmpty && due.allSatisfy { $0.commit?.asPlanned == true }
  }
}
