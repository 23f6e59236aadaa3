/// Every code that a ``Problem`` of the API can carry. Codes are never renamed; new ones may come.
public enum ProblemCode: String, Sendable, CaseIterable {
  /// The body is not a document that is understood: 400.
  case malformed
  /// A query parameter or a header is not understood, or two credentials came at once: 400.
  case badParameter = "bad-parameter"
  /// The cursor is not one that this service made: 400.
  case badCursor = "bad-cursor"
  /// Nobody is known by what was sent: neither a token nor a key was: 401.
  case unauthenticated
  /// The token is not accepted: 401.
  case invalidToken = "invalid-token"
  /// The API key is not accepted: 401.
  case invalidKey = "invalid-key"
  /// The caller is known, and may not do this: 403.
  case forbidden
  /// There is no such resource, placement or decision: 404.
  case notFound = "not-found"
  /// Nothing answers at this address: 404.
  case noSuchRoute = "no-such-route"
  /// The address does not take this method; `Allow` says which it takes: 405.
  case methodNotAllowed = "method-not-allowed"
  /// The resource contradicts what is stored: 409.
  case conflict
  /// Others refer to the resource: 409.
  case stillReferenced = "still-referenced"
  /// The policy in force has a board, which decides on the next one by a vote: 409.
  case boardDecides = "board-decides"
  /// The state of the draft or proposal does not allow it: 409.
  case proposalState = "proposal-state"
  /// What the proposal would change is not known yet, and the vote does not say that it does without: 409.
  case impactAwaited = "impact-awaited"
  /// The text is not based on the version that it would replace; `errors` says which parts both have changed: 409.
  case outdatedBase = "outdated-base"
  /// The state of the request for a derogation does not allow it: 409.
  case requestState = "request-state"
  /// A derogation that counts is asked for, decided and notified, and ended by its request; nobody writes it by hand: 409.
  case requestDecides = "request-decides"
  /// The step of a move, or the state of a migration, does not allow it: 409.
  case migrationState = "migration-state"
  /// What a migration's plan was judged on has changed since: 409.
  case planOutdated = "plan-outdated"
  /// No policy is in force, so nothing can be decided: 409.
  case noPolicy = "no-policy"
  /// An environment is held by a reservation that waits for its confirmation: 409.
  case reservationPending = "reservation-pending"
  /// The reservation was confirmed already: 409.
  case reservationConfirmed = "reservation-confirmed"
  /// The reservation has expired or was cancelled: 409.
  case reservationEnded = "reservation-ended"
  /// `If-Match` names another version than the present one: 412.
  case versionMismatch = "version-mismatch"
  /// `If-Match` is wanted, and there is none: 428.
  case preconditionRequired = "precondition-required"
  /// The body is larger than what is read: 413.
  case bodyTooLarge = "body-too-large"
  /// The body is neither JSON nor YAML: 415.
  case unsupportedMediaType = "unsupported-media-type"
  /// The resource is wrong by itself; `errors` says all that is: 422.
  case invalid
  /// The same `Idempotency-Key` came with another request: 422.
  case idempotencyMismatch = "idempotency-mismatch"
  /// The request can not be read as HTTP; the status says more.
  case badRequest = "bad-request"
  /// A fault of the service itself: 500.
  case `internal`
  /// Too much of the same is under way, or what a decision was made on kept changing; ask again: 503.
  case contended
  /// Another instance has taken over; ask again: 503.
  case leaseLost = "lease-lost"
  /// The issuer's keys can not be had, so that no token can be judged: 503.
  case issuerUnavailable = "issuer-unavailable"
  /// The database does not answer; nothing was recorded: 503.
  case databaseUnavailable = "database-unavailable"
  /// The database was restored and is behind the bus: nothing is decided before `regie recover`: 503.
  case databaseRestored = "database-restored"
  /// The bus can not be read, which this needs: 503.
  case busUnavailable = "bus-unavailable"
  /// The connection was lost during the commit, or right after it; ask again with the same `Idempotency-Key`: 503.
  case ambiguousCommit = "ambiguous-commit"
}
