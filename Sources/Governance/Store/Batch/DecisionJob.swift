import Model
import Placement

/// A decision that waits to be made and committed. One object, since it is large and goes through many lists.
final class DecisionJob: Sendable {
  /// Given by the queue.
  let ticket: BatchMachine.Ticket
  let request: PlacementRequest
  let purpose: DecisionPurpose
  let key: IdempotencyRecord?
  let context: RequestContext
  let deadline: ContinuousClock.Instant?
  /// Where it was planned to go when many projects were looked at together; empty where it may go anywhere.
  let places: [Pin]
  /// Whether it is to go there or nowhere.
  let isBound: Bool
  /// What the engine is asked about where a move takes place: not the whole project as it is.
  let arrangement: MoveArrangement?
  /// How often it is being made, this time included.
  let attempt: Int
  /// What had moved, each time it was to be made again.
  let moved: [String]

  init(
    ticket: BatchMachine.Ticket = 0, request: PlacementRequest, purpose: DecisionPurpose, key: IdempotencyRecord?,
    context: RequestContext, deadline: ContinuousClock.Instant?, places: [Pin] = [], isBound: Bool = false,
    arrangement: MoveArrangement? = nil, attempt: Int = 1, moved: [String] = []
  ) {
    self.ticket = ticket
    self.request = request
    self.purpose = purpose
    self.key = key
    self.context = context
    self.deadline = deadline
    self.places = places
    self.isBound = isBound
    self.arrangement = arrangement
    self.attempt = attempt
    self.moved = moved
  }

  var project: String { request.project }

  /// What no two decisions have that are committed at the same time.
  var exclusive: [String] {
    ["project \(project)"] + (key.map { ["key \($0.scope)\u{0}\($0.key)"] } ?? [])
  }

  /// This, under a ticket of the queue.
  func with(_ ticket: BatchMachine.Ticket) -> DecisionJob { copy(ticket: ticket) }

  /// This, to go where else it may: where it was planned to go it can not any more.
  var freed: DecisionJob { copy(places: [], attempt: attempt + 1, moved: moved + [Self.plan]) }

  /// Whether it has lost where it was planned to go.
  var isFreed: Bool { moved.contains(Self.plan) }

  /// The name of what has moved when a project can not go any more where it was planned to.
  static let plan = "plan"

  /// This, to be made again because of `what`.
  func again(_ what: String) -> DecisionJob { copy(attempt: attempt + 1, moved: moved + [what]) }

  private func copy(
    ticket: BatchMachine.Ticket? = nil, places: [Pin]? = nil, attempt: Int? = nil, moved: [String]? = nil
  ) -> DecisionJob {
    DecisionJob(
      ticket: ticket ?? self.ticket, request: request, purpose: purpose, key: key, context: context,
      deadline: deadline, places: places ?? self.places, isBound: isBound, arrangement: arrangement,
      attempt: attempt ?? self.attempt, moved: moved ?? self.moved)
  }
}

/// How a decision ended.
enum BatchAnswer: Sendable {
  /// It was made.
  case made(DecisionOutcome)
  /// Nothing was: this was the answer before, to the same key, or to the same wish.
  case stored(StoredAnswer, isReplay: Bool)
}
