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
  ///   - requests: 1 to ``togetherLimit``, no project twice, in the order in which the plan has them: each is decided on after
  ///     those before it, in which alone the plan is sure to hold. Of those that stand by themselves one whose project somebody
  ///     holds up is decided on when it is let go, and what has lost a race after those that have not.
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
      do {
        let (decisions, isReplay) = try await decideWhole(requests, key: key, context: context, deadline: deadline)
        let entries = decisions.map { TogetherOutcome.Entry(project: $0.decision.project, result: .success($0)) }
        return TogetherOutcome(entries: entries, isReplay: isReplay)
      } catch var refusal as TogetherRefusal {
        refusal.position = requests[refusal.position].position ?? refusal.position
        throw refusal
      }
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

  /// The stored answers to requests that were decided on with this key before, each by itself, whatever would be planned now;
  /// nothing of those that have none yet.
  public func decidedEach(
    _ requests: [PlacementRequest], idempotencyKey: String, context: RequestContext
  ) async throws -> TogetherOutcome {
    let records = try requests.compactMap { try TogetherKey.ofOne(idempotencyKey, $0, context) }
    guard let scope = records.first?.scope else { return TogetherOutcome(entries: [], isReplay: false) }
    let keys = records.map(\.key)
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT key, request_digest, response FROM idempotency_keys WHERE scope = \(scope) AND key = ANY(\(keys))
        """)
    }
    let found = try Dictionary(
      rows.map { (try $0.decode(String.self, "key"), $0) }, uniquingKeysWith: { first, _ in first })
    var entries: [TogetherOutcome.Entry] = []
    for (request, record) in zip(requests, records) {
      guard let row = found[record.key] else { continue }
      do {
        guard let stored = try record.answer(in: row, as: StoredAnswer.self) else { continue }
        let decision = TogetherDecision(again: stored)
        entries.append(TogetherOutcome.Entry(project: request.project, result: .success(decision)))
      } catch let error as StoreError {
        entries.append(TogetherOutcome.Entry(project: request.project, result: .failure(error)))
      }
    }
    return TogetherOutcome(entries: entries, isReplay: false)
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

  /// Each by itself: they wait in the same queue as all other decisions, one behind the other, and share their transactions.
  private func decideEach(
    _ requests: [PlannedRequest], key: String?, context: RequestContext, deadline: ContinuousClock.Instant?
  ) async throws -> TogetherOutcome {
    let jobs = try requests.map { planned in
      DecisionJob(
        request: planned.request, purpose: .place, key: try TogetherKey.ofOne(key, planned.request, context),
        context: context, deadline: deadline, places: planned.places)
    }
    try Task.checkCancellation()
    // Their places are taken here: tasks of their own would come in any order.
    let seats = queue.enter(jobs)
    return try await withThrowingTaskGroup(of: (Int, TogetherOutcome.Entry).self) { group in
      for (position, (seat, planned)) in zip(seats, requests).enumerated() {
        group.addTask {
          let result: Result<TogetherDecision, any Error>
          do {
            result = .success(try await decideOne(seat, planned: planned.places))
          } catch let error as CancellationError {
            throw error
          } catch {
            result = .failure(error)
          }
          return (position, TogetherOutcome.Entry(project: seat.job.project, result: result))
        }
      }
      var entries: [(Int, TogetherOutcome.Entry)] = []
      for try await entry in group { entries.append(entry) }
      return TogetherOutcome(entries: entries.sorted { $0.0 < $1.0 }.map(\.1), isReplay: false)
    }
  }

  private func decideOne(_ seat: DecisionQueue.Seat, planned: [Pin]) async throws -> TogetherDecision {
    switch try await queue.answer(to: seat, commit: { await commit($0, waits: $1) }) {
    case .made(let outcome):
      let decision = outcome.decision
      return TogetherDecision(
        outcome,
        isAsPlanned: decision.placed && !decision.moved.contains(DecisionJob.plan)
          && outcome.placements.hold(all: planned))
    case .stored(let answer, let isReplay):
      var decision = TogetherDecision(answer)
      decision.isReplay = isReplay
      decision.isAsPlanned = answer.asPlanned ?? (answer.decision.placed && answer.placements.hold(all: planned))
      return decision
    }
  }
}

/// What an `Idempotency-Key` of decisions that are made together stands for.
struct TogetherKey {
  static let action = "decide-together"

  /// Nil without a key.
  var record: IdempotencyRecord?

  /// The key of all together: of what was asked, in that order, whatever the order of the plan.
  init(_ key: String?, _ requests: [PlannedRequest], _ context: RequestContext) throws {
    record = try IdempotencyRecord(
      key, action: "\(Self.action)/all", context: context, request: requests.asAsked)
  }

  /// The record of one that stands by itself, under a key of its own, whatever the length of the caller's; nil without a key.
  static func ofOne(
    _ key: String?, _ request: PlacementRequest, _ context: RequestContext
  ) throws -> IdempotencyRecord? {
    guard let key else { return nil }
    try IdempotencyRecord.check(key)
    let own = Digest.hexadecimal(Digest.sha256(Array("\(key)\u{0}\(request.project)".utf8)))
    return try IdempotencyRecord(own, action: action, context: context, request: request)
  }
}

extension TogetherDecision {
  /// As told once more.
  var replayed: TogetherDecision {
    var again = self
    again.isReplay = true
    return again
  }

  /// A stored answer, told once more. Where nothing says so, what is placed and has nothing to move went where it was planned to.
  fileprivate init(again stored: StoredAnswer) {
    self.init(stored)
    isReplay = true
    isAsPlanned = stored.asPlanned ?? (stored.decision.placed && stored.pendingMoves.isEmpty)
  }
}

extension [PlacementRecord] {
  /// Whether what was planned is so. What would have to move is where it was: to decide does not move anything.
  func hold(all places: [Pin]) -> Bool {
    Set(places).isSubset(
      of: map { Pin(environment: $0.spec.environment, replica: $0.spec.replica, cluster: $0.spec.cluster) })
  }
}
