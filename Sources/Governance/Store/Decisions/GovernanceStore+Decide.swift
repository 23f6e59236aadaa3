import Events
import Foundation
import Logging
public import Model
import Placement
import Postgres

extension GovernanceStore {
  /// Decides where a project goes, and commits the decision, its reservations, its outbox rows and its audit entry
  /// together or not at all. Asking again for what is placed as wished changes nothing. A project that can not be
  /// placed is a decision too; it is stored with its explanation, and reserves nothing.
  ///
  /// Decisions that come at the same time are made one after the other and committed together; each has its own answer.
  /// The engine runs before the transaction. What it was run on is compared inside; where it has changed, the decision
  /// is made again, and the last time with the ledger's rows locked, so that it is sure to come through.
  ///
  /// - Parameters:
  ///   - idempotencyKey: 1 to 255 bytes; the same key and request get the same stored answer.
  ///   - deadline: for the whole, waiting for a connection included.
  /// - Throws: ``StoreError``: `notFound`, `noPolicy`, `invalid` and `conflict` for the project, `reservationPending`
  ///   where one of its environments waits for a confirmation, `idempotencyMismatch`.
  public func decide(
    _ request: PlacementRequest, idempotencyKey: String? = nil, context: RequestContext,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> DecisionOutcome {
    let key = try IdempotencyRecord(idempotencyKey, action: "decide", context: context, request: request)
    return try await settle(request, for: .place, key: key, context: context, deadline: deadline)
  }

  /// Makes a decision together with those that are made at the same time, and tells what became of it.
  func settle(
    _ request: PlacementRequest, for purpose: DecisionPurpose, key: IdempotencyRecord?, context: RequestContext,
    deadline: ContinuousClock.Instant?
  ) async throws -> DecisionOutcome {
    if let inline = request.inline { try Self.checkByItself(.project(inline)) }
    let job = DecisionJob(request: request, purpose: purpose, key: key, context: context, deadline: deadline)
    switch try await queue.submit(job, commit: { await commit($0, waits: $1) }) {
    case .made(let outcome): return outcome
    case .stored(let answer, let isReplay):
      // The project may be written, though the decision is an earlier one; or all of it was committed when its key came first.
      let explained = try await LongWork.owed { try await explanation(ofCommitted: answer.decision.id) }
      var outcome = DecisionOutcome(answer, explained)
      outcome.isReplay = isReplay
      return outcome
    }
  }

  /// The offer and policy of `head`, prepared.
  func prepare(_ head: DecisionBasis.Head, deadline: ContinuousClock.Instant?) async throws -> PreparedOffer {
    let policy = try head.policyInForce
    let asked = ContinuousClock.now
    repeat {
      if let found = prepared.find(PreparedOffer.Key(head, policy: policy)) { return found }
      if let found = prepared.find(policy: policy, day: head.day, readSince: asked) { return found }
    } while try await !prepared.takeTurn(deadline: deadline)
    defer { prepared.endTurn() }
    let readAt = ContinuousClock.now
    let parts = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true, deadline: deadline) {
      try await PreparedOffer.Parts.read(policyVersion: policy, day: head.day, knowing: offerRows, in: $0)
    }
    let ready = try await parts.prepared()
    prepared.keep(ready, readAt: readAt)
    return ready
  }

  /// The offer and policy as they are, prepared, for a transaction that holds the offer's lock: they do not change any more,
  /// but that a day may end, or a policy begin.
  func prepareHere(in connection: PostgresConnection) async throws -> PreparedOffer {
    let readAt = ContinuousClock.now
    let head = try DecisionBasis.Head(row: try await connection.query(DecisionBasis.Head.select).only)
    let policy = try head.policyInForce
    if let found = prepared.find(PreparedOffer.Key(head, policy: policy)) { return found }
    let parts = try await PreparedOffer.Parts.read(
      policyVersion: policy, day: head.day, knowing: offerRows, in: connection)
    let ready = try await parts.prepared()
    prepared.keep(ready, readAt: readAt)
    return ready
  }
}

extension PlacementRequest {
  /// The project that comes along.
  public var inline: Resource<ProjectSpec>? {
    if case .inline(let project) = subject { project } else { nil }
  }

  /// The project that is meant: the stored one, or the one that comes along with what it leaves unsaid as it is stored.
  ///
  /// - Throws: ``StoreError``: `notFound`; `invalid` where the two do not go together.
  func project(over stored: Resource<ProjectSpec>?) throws(StoreError) -> Resource<ProjectSpec> {
    guard let inline else {
      guard let stored else { throw StoreError.notFound(.project, project) }
      return stored
    }
    guard !unsaid.isEmpty, let stored else { return inline }
    let whole = inline.saying(allBut: unsaid, over: stored)
    // What was taken by the forms of its day is no fault of what is said now.
    let problems = whole.problems.filter { $0.severity == .error && !stored.problems.contains($0) }
    guard problems.isEmpty else { throw StoreError.invalid(problems) }
    return whole
  }
}
