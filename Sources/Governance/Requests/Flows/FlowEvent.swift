/// What happens to a flow that was asked for.
public enum FlowEvent: Sendable, Hashable {
  /// An operator has opened its ends.
  case opened(operator: String)
  /// An operator rejects it.
  case rejected(operator: String, reason: String)
  /// An operator has closed what it had opened and is wanted no more.
  case closed(operator: String)
  /// It is asked for no more.
  case withdrawn(reason: String?)
  /// Another flow, which asks for the same, wants what this one, which has ended, has left open.
  case handedOver([FlowEnd])
  /// Offer and placements were looked at.
  case grounded(FlowGround, policyDelay: Int?)
  /// Time has passed.
  case clock
}

/// What follows from an event, to be done in the transaction that stores the flow.
public enum FlowAction: Sendable, Hashable {
  /// Ask these operators to act.
  case ask([String])
  /// Ask these operators to close what they have opened and is wanted no more.
  case askToClose([String])
  /// Remind these operators that the delay is about to end.
  case remind([String])
  /// Remind these operators that the delay for closing is about to end.
  case remindToClose([String])
  /// Put before the board that these operators have let the delay pass.
  case escalate([String])
  /// Tell the audit trail.
  case tell(Deed)

  /// What the audit trail tells.
  public enum Deed: String, Sendable, CaseIterable {
    case endOpened
    case opened
    case rejected
    case closed
    case withdrawn
    /// Another one that asks for the same has taken over what it had left open.
    case handedOver
    case reminded
    case escalated
    /// Its ends are elsewhere.
    case moved
    /// The system is reached from nowhere.
    case suspended
    /// The system is reached again.
    case resumed
    /// The environment is placed nowhere any more.
    case lapsed
  }
}
