import Foundation
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// Decides on many projects that were looked at together, each to go where it was planned to.
  ///
  /// With `allOrNothing` it is one transaction: either every project is placed exactly where it was planned to go, or
  /// nothing at all is written and the answer is the first project that stood in the way. Without it each stands by
  /// itself, with its own answer or its own error: what can not go any more where it was planned to goes where else it
  /// may, and says so.
  ///
  /// - Parameters:
  ///   - requests: 1 to ``togetherLimit``, no project twice, in the order in which the plan has them.
  ///   - idempotencyKey: 1 to 255 bytes. The same key and the same requests, wherever they were planned to go, get the
  ///     stored answer: of all, or, where each stands by itself, of each that was decided on.
  ///   - deadline: for the whole.
  /// - Throws: ``TogetherRefusal`` for the project that kept all from being placed; ``StoreError``: `invalid` for the
  ///   requests, `noPolicy`, `idempotencyMismatch`, `contended`.
  public func decideTogether(
    _ requests: [PlannedRequest], allOrNothing: Bool, idempotencyKey: String? = nil, context: RequestContext,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> TogetherOutcome {
    try Self.check(requests)
    if allOrNothing {
      let key = try TogetherKey(idempotencyKey, requests, context).record
      let (decisions, isReplay) = try await decideWhole(requests, key: key, context: context, deadline: deadline)
      let entries = decisions.map { TogetherOutcome.Entry(project: $0.decision.project, result: .success($0)) }
      return TogetherOutcome(entries: entries, isReplay: isReplay)
    }
    return try await decideEach(requests, key: idempotencyKey, context: context, deadline: deadline)
  }

  /// How many projects may be decided on together.
  public static let togetherLimit = 1000

  /// The stored answer to requests that were placed all together with this key before, so that who asks again need not
  /// plan anything; nil where there is none.
  ///
  /// - Throws: ``StoreError`` of kind `idempotencyMismatch` where the key came with other requests.
  public func decidedTogether(
    _ requests: [PlacementRequest], idempotencyKey: String, context: RequestContext
  ) async throws -> TogetherOutcome? {
    let key = try TogetherKey(idempotencyKey, requests.map { PlannedRequest($0, places: []) }, context).record
    guard let key else { return nil }
    let rows = try await pool.withConnection { try await $0.query(key.select) }
    guard let stored = try key.answer(in: rows, as: [TogetherDecision].self) else { return nil }
    let entries = stored.map {
      TogetherOutcome.Entry(project: $0.decision.project, result: .success($0.replayed))
    }
    return TogetherOutcome(entries: entries, isReplay: true)
  }

  private static func check(_ requests: [PlannedRequest]) throws {
    guard (1...togetherLimit).contains(requests.count) else {
      throw StoreError(
        .invalid, path: "projects", "\(requests.count) projects can not be decided on together",
        fr: "\(requests.count) projets ne peuvent être décidés ensemble", accepted: "1 … \(togetherLimit)")
    }
    var seen: Set<String> = []
    for (position, planned) in requests.enumerated() {
      guard seen.insert(planned.request.project).inserted else {
        throw StoreError(
          .invalid, path: "projects[\(position)]", "“\(planned.request.project)” is there twice",
          fr: "« \(planned.request.project) » y figure deux fois", accepted: "each project once")
      }
      if let inline = planned.request.inline { try checkByItself(.project(inline)) }
    }
  }

  /// Each by itself: they wait in the same line as all other decisions, and share their transactions.
  private func decideEach(
    _ requests: [PlannedRequest], key: String?, context: RequestContext, deadline: ContinuousClock.Instant?
  ) async throws -> TogetherOutcome {
    let jobs = try requests.map { planned in
      let ofOne = try key.map { try TogetherKey.ofOne($0, project: planned.request.project) }
      return DecisionJob(
        request: planned.request, purpose: .place,
        key: try IdempotencyRecord(ofOne, action: TogetherKey.action, context: context, request: planned.request),
        context: context, deadline: deadline, places: planned.places)
    }
    return try await withThrowingTaskGroup(of: (Int, TogetherOutcome.Entry).self) { group in
      for (position, (job, planned)) in zip(jobs, requests).enumerated() {
        group.addTask {
          let result: Result<TogetherDecision, any Error>
          do {
            result = .success(try await decideOne(job, planned: planned.places))
          } catch let error as CancellationError {
            throw error
          } catch {
            result = .failure(error)
          }
          return (position, TogetherOutcome.Entry(project: job.project, result: result))
        }
      }
      var entries: [(Int, TogetherOutcome.Entry)] = []
      for try await entry in group { entries.append(entry) }
      return TogetherOutcome(entries: entries.sorted { $0.0 < $1.0 }.map(\.1), isReplay: false)
    }
  }

  private func decideOne(_ job: DecisionJob, planned: [Pin]) async throws -> TogetherDecision {
    switch try await queue.submit(job, commit: { await commit($0, waits: $1) }) {
    case .made(let outcome):
      return TogetherDecision(
        outcome, isAsPlanned: outcome.decision.placed && outcome.placements.hold(all: planned))
    case .stored(let answer, let isReplay):
      var decision = TogetherDecision(answer)
      decision.isReplay = isReplay
      decision.isAsPlanned = answer.decision.placed && answer.placements.hold(all: planned)
      return decision
    }
  }
}

/// What an `Idempotency-Key` of decisions that are made together stands for.
struct TogetherKey {
  static let action = "decide-together"

  /// Nil without a key.
  var record: IdempotencyRecord?

  /// The key of all together.
  init(_ key: String?, _ requests: [PlannedRequest], _ context: RequestContext) throws {
    record = try IdempotencyRecord(
      key, action: "\(Self.action)/all", context: context, request: requests.map(\.request))
  }

  /// The key of one that stands by itself, whatever the length of the caller's.
  static func ofOne(_ key: String, project: String) throws -> String {
    try IdempotencyRecord.check(key)
    return Digest.hexadecimal(Digest.sha256(Array("\(key)\u{0}\(project)".utf8)))
  }
}

extension TogetherDecision {
  /// As told once more.
  var replayed: TogetherDecision {
    var again = self
    again.isReplay = true
    return again
  }
}

extension [PlacementRecord] {
  /// Whether what was planned is so. What would have to move is where it was: to decide does not move anything.
  fileprivate func hold(all places: [Pin]) -> Bool {
    Set(places).isSubset(
      of: map { Pin(environment: $0.spec.environment, replica: $0.spec.replica, cluster: $0.spec.cluster) })
  }
}
