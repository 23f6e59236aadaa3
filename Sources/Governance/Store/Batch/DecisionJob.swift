import Model
import Placement

/// A decision that waits to be made and committed.
struct DecisionJob: Sendable {
  /// Given by the queue.
  var ticket: BatchMachine.Ticket = 0
  var request: PlacementRequest
  var purpose: DecisionPurpose
  var key: IdempotencyRecord?
  var context: RequestContext
  var deadline: ContinuousClock.Instant?
  /// Where it was planned to go when many projects were looked at together; empty where it may go anywhere.
  var places: [Pin] = []
  /// Whether it is to go there or nowhere.
  var isBound = false
  /// What the engine is asked about where a move takes place: not the whole project as it is.
  var arrangement: MoveArrangement?
  /// How often it is being made, this time included.
  var attempt = 1
  /// What had moved, each time it was to be made again.
  var moved: [String] = []

  var project: String { request.project }

  /// What no two decisions have that are committed at the same time.
  var exclusive: [String] {
    ["project \(project)"] + (key.map { ["key \($0.scope)\u{0}\($0.key)"] } ?? [])
  }

  /// This, to go where else it may: where it was planned to go it can not any more.
  var freed: DecisionJob {
    var next = again("plan")
    next.places = []
    return next
  }

  /// This, to be made again because of `what`.
  func again(_ what: String) -> DecisionJob {
    var next = self
    next.attempt += 1
    next.moved.append(what)
    return next
  }
}

/// How a decision ended.
enum BatchAnswer: Sendable {
  /// It was made.
  case made(DecisionOutcome)
  /// Nothing was: this was the answer before, to the same key, or to the same wish.
  case stored(StoredAnswer, isReplay: Bool)
}
