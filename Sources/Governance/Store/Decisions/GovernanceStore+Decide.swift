import Events
import Foundation
import Logging
import Model
public import Placement
import Postgres

extension GovernanceStore {
  /// Decides where a project goes, and commits the decision, its reservations, its outbox rows and its audit entry
  /// together or not at all. Asking again for what is placed as wished changes nothing. A project that can not be
  /// placed is a decision too; it is stored with its explanation, and reserves nothing.
  ///
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

  /// Makes a decision until it can be committed.
  func settle(
    _ request: PlacementRequest, for purpose: DecisionPurpose, key: IdempotencyRecord?, context: RequestContext,
    deadline: ContinuousClock.Instant?
  ) async throws -> DecisionOutcome {
    if let inline = request.inline { try Self.checkByItself(.project(inline)) }
    for attempt in 1...Self.optimisticAttempts {
      let basis: DecisionBasis
      switch try await look(request, key: key, deadline: deadline) {
      case .answered(let stored): return stored
      case .open(let found): basis = found
      }
      let prepared = try await prepare(basis.head, deadline: deadline)
      let trial = Trial(basis, prepared, attempt: attempt)
      do {
        return try await pool.withTransaction(deadline: deadline) { connection in
          try await commit(trial, of: request, for: purpose, key: key, context: context, in: connection)
        }
      } catch let stale as StaleBasis {
        logger.debug("decision made again", metadata: ["project": "\(request.project)", "stale": "\(stale.what)"])
      }
    }
    return try await pool.withTransaction(deadline: deadline) { connection in
      try await commit(nil, of: request, for: purpose, key: key, context: context, in: connection)
    }
  }

  /// The engine's answer as things stand, without storing anything: what a console asks before it creates something.
  public func preview(_ request: PlacementRequest) async throws -> Decision {
    if let inline = request.inline { try Self.checkByItself(.project(inline)) }
    let basis: DecisionBasis
    switch try await look(request, key: nil, deadline: nil) {
    case .answered(let stored): return stored.explanation
    case .open(let found): basis = found
    }
    let prepared = try await prepare(basis.head, deadline: nil)
    return prepared.engine.decide(basis.inputs(derogations: prepared.derogations))
  }

  /// How often a decision is made without locking the ledger.
  private static let optimisticAttempts = 3

  /// What there is to a request before its transaction.
  private enum Look {
    /// The same request was answered before.
    case answered(DecisionOutcome)
    /// What a decision would be made on now.
    case open(DecisionBasis)
  }

  /// The stored answer to the same request, or what a decision is made on now. What has expired is released first, so
  /// that nobody is refused for want of it.
  private func look(
    _ request: PlacementRequest, key: IdempotencyRecord?, deadline: ContinuousClock.Instant?
  ) async throws -> Look {
    let first = try await lookOnce(request, key: key, deadline: deadline)
    guard case .open(let basis) = first, basis.head.hasDueReservations else { return first }
    _ = try await expireReservations(deadline: deadline)
    return try await lookOnce(request, key: key, deadline: deadline)
  }

  /// A stored answer holds whatever has become of the project since.
  private func lookOnce(
    _ request: PlacementRequest, key: IdempotencyRecord?, deadline: ContinuousClock.Instant?
  ) async throws -> Look {
    let statements = DecisionBasis.statements(project: request.project, hold: .nothing)
    let answers = try await pool.withConnection(deadline: deadline) { connection in
      try await connection.pipeline((key.map { [$0.select] } ?? []) + statements)
    }
    if let stored = try key?.answer(in: answers[0], as: DecisionOutcome.self) { return .answered(stored.replayed) }
    return .open(
      try DecisionBasis(answers[(key == nil ? 0 : 1)...], project: request.project, inline: request.inline))
  }

  /// The offer and policy of `head`, prepared.
  func prepare(_ head: DecisionBasis.Head, deadline: ContinuousClock.Instant?) async throws -> PreparedOffer {
    let policy = try head.policyInForce
    if let found = prepared.find(offer: head.offerVersion, policy: policy, day: head.day) { return found }
    let loaded = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true, deadline: deadline) {
      try await PreparedOffer.load(policyVersion: policy, day: head.day, in: $0)
    }
    prepared.keep(loaded)
    return loaded
  }
}

/// A decision as made before its transaction, and what it was made on.
struct Trial: Sendable {
  var basis: DecisionBasis
  var prepared: PreparedOffer
  var inputs: DecisionInputs
  var decision: Decision
  var attempt: Int

  /// Runs the engine.
  init(_ basis: DecisionBasis, _ prepared: PreparedOffer, attempt: Int) {
    self.basis = basis
    self.prepared = prepared
    self.inputs = basis.inputs(derogations: prepared.derogations)
    self.decision = prepared.engine.decide(inputs)
    self.attempt = attempt
  }
}

/// Thrown inside a decision's transaction to give it up: what it was made on has changed.
struct StaleBasis: Error {
  var what: String
}

extension DecisionBasis.Head {
  /// The version of the policy in force.
  var policyInForce: Int64 {
    get throws {
      guard let policyVersion else {
        throw StoreError(
          .noPolicy, "no policy is in force, so nothing can be decided",
          fr: "aucune politique n’est en vigueur : rien ne peut être décidé", accepted: "a Policy, applied first")
      }
      return policyVersion
    }
  }
}

extension PlacementRequest {
  /// The project that comes along.
  var inline: Resource<ProjectSpec>? {
    if case .inline(let project) = subject { project } else { nil }
  }
}

extension DecisionOutcome {
  /// This answer, given once more.
  var replayed: DecisionOutcome {
    var again = self
    again.isReplay = true
    return again
  }
}
