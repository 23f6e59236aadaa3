public import Model

/// Why the store refuses. Faults of the database itself are `PostgresError`.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of refusal; the raw value is the stable code of the HTTP contract.
  public enum Kind: String, Sendable, CaseIterable {
    /// There is no such thing.
    case notFound = "not-found"
    /// The present version is not the one that the write was meant for.
    case versionMismatch = "version-mismatch"
    /// The document is wrong by itself; `problems` says all that is.
    case invalid
    /// The document contradicts what is stored.
    case conflict
    /// Others refer to it.
    case stillReferenced = "still-referenced"
    /// The same `Idempotency-Key` came with another request.
    case idempotencyMismatch = "idempotency-mismatch"
    /// An environment is reserved, and waits for its confirmation.
    case reservationPending = "reservation-pending"
    /// The reservation was confirmed already, and is what it is.
    case reservationConfirmed = "reservation-confirmed"
    /// The reservation has expired or was cancelled.
    case reservationEnded = "reservation-ended"
    /// A board decides on the policy, by a vote.
    case boardDecides = "board-decides"
    /// The state of the draft or proposal does not allow it.
    case proposalState = "proposal-state"
    /// What the proposal would change is not known yet.
    case impactAwaited = "impact-awaited"
    /// The text is not based on the version that it would replace.
    case outdatedBase = "outdated-base"
    /// The state of the request for a derogation does not allow it.
    case requestState = "request-state"
    /// A request decides on this, and nobody writes it by hand.
    case requestDecides = "request-decides"
    /// The step or the state of a move or a migration does not allow it.
    case migrationState = "migration-state"
    /// What a plan was judged on has changed since.
    case planOutdated = "plan-outdated"
    /// Who asks may not do this.
    case forbidden
    /// No policy is in force, so nothing can be decided.
    case noPolicy = "no-policy"
    /// Too much of the same is under way, or what a decision was made on kept changing; asking again is right.
    case contended
    /// A later relay has taken over.
    case leaseLost = "lease-lost"
    /// The cursor or page size is not one that this service made.
    case badCursor = "bad-cursor"
  }

  /// The kind of refusal.
  public let kind: Kind
  /// The field at fault (`spec.zone`), where there is one.
  public let path: String?
  /// What is wrong, in English.
  public let message: String
  /// What is wrong, in French.
  public let messageFR: String
  /// What would be accepted.
  public let accepted: String?
  /// Everything wrong, for ``Kind/invalid``.
  public let problems: [FieldProblem]

  /// A refusal.
  public init(
    _ kind: Kind, path: String? = nil, _ message: String, fr messageFR: String, accepted: String? = nil,
    problems: [FieldProblem] = []
  ) {
    self.kind = kind
    self.path = path
    self.message = message
    self.messageFR = messageFR
    self.accepted = accepted
    self.problems = problems
  }

  /// One English line.
  public var description: String {
    let place = path.map { "\($0): " } ?? ""
    let more = accepted.map { "; accepted: \($0)" } ?? ""
    return "\(place)\(message)\(more)"
  }
}

extension StoreError {
  /// There is no such resource, or none that may be known of.
  public static func notFound(_ kind: ResourceKind, _ name: String) -> StoreError {
    StoreError(
      .notFound, "there is no \(kind.rawValue) “\(name)”", fr: "il n’existe pas de \(kind.rawValue) « \(name) »")
  }

  /// The document is wrong by itself, as these say.
  public static func invalid(_ problems: [FieldProblem]) -> StoreError {
    let first = problems.first
    return StoreError(
      .invalid, path: first?.path, first?.message ?? "the document is not valid",
      fr: first?.messageFR ?? "le document n’est pas valable", accepted: first?.accepted, problems: problems)
  }

  /// A text that would turn the terminals of those who read it.
  static func unrulyText(_ path: String) -> StoreError {
    StoreError(
      .invalid, path: path, PlainText.refusal.en, fr: PlainText.refusal.fr, accepted: PlainText.accepted)
  }

  static func leaseLost(term: Int64) -> StoreError {
    StoreError(
      .leaseLost, "the relay's term \(term) is over: a later one has begun",
      fr: "le mandat \(term) du relais est terminé : un autre a commencé")
  }
}

/// `Model.Kind`, where `StoreError.Kind` would hide it.
public typealias ResourceKind = Model.Kind
