internal import Events

/// A newer state that is not acted on, while the accepted one before it, if any, stays enforced.
///
/// Its conditions are its own: that the accepted state is in place must never be read as the refused one's being so.
struct RefusedState: Sendable {
  var state: DesiredState
  var refusal: Refusal
  var timeline: ObservedState.Timeline
  var since: Timestamp

  var conditions: [Condition] {
    func condition(_ type: String, _ status: Condition.Status, _ message: String) -> Condition {
      Condition(
        type: type, status: status, reason: refusal.reason, message: message, observedRevision: state.revision,
        lastTransitionTime: since)
    }
    return [
      condition(ConditionType.applied, .no, ""), condition(ConditionType.ready, .no, ""),
      condition(ConditionType.refused, .yes, refusal.message.cut(to: StatusBook.longestMessage)),
    ]
  }
}
