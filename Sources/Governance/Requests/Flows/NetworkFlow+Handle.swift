public import Events
import Model

extension NetworkFlow {
  /// What follows from an event. Where it is refused, nothing has changed.
  ///
  /// - Throws: ``RequestRefusal``.
  public mutating func handle(
    _ event: FlowEvent, by actor: RequestActor, at moment: Timestamp
  ) throws(RequestRefusal) -> [FlowAction] {
    var next = self
    let actions: [FlowAction]
    switch event {
    case .opened(let name):
      try next.mayAct(actor, for: name)
      // Whoever says twice that it is open has said so.
      guard !next.openings.contains(where: { $0.operator == name }) else { return [] }
      next.openings.append(Act(operator: name, principal: actor.principal, at: moment))
      if next.waiting.isEmpty {
        next.end(.opened, nil, at: moment)
        actions = [.tell(.opened)]
      } else {
        actions = [.tell(.endOpened)]
      }
    case .rejected(let name, let reason):
      try next.mayAct(actor, for: name)
      try RequestText.check(reason, at: "reason")
      next.rejection = Act(operator: name, principal: actor.principal, at: moment)
      next.end(.rejected, reason, at: moment)
      actions = [.tell(.rejected)]
    case .withdrawn(let reason):
      try next.mustBePending()
      try actor.mustBeApplicant()
      try RequestText.check(reason, at: "reason")
      next.end(.withdrawn, reason, at: moment)
      actions = [.tell(.withdrawn)]
    case .clock:
      actions = next.passTime(at: moment)
    }
    self = next
    return actions
  }

  private func mustBePending() throws(RequestRefusal) {
    guard state != .pending else { return }
    throw RequestRefusal(
      .wrongState, path: "state", "this can not be done to a flow that is \(state.name.en ?? state.rawValue)",
      fr: "ceci ne se fait pas d’un flux \(state.name.fr)", accepted: State.pending.rawValue)
  }

  private func mayAct(_ actor: RequestActor, for name: String) throws(RequestRefusal) {
    try mustBePending()
    guard actor.operator == name, rule.operators.contains(name) else { throw .notOperator(name) }
  }

  private mutating func end(_ state: State, _ reason: String?, at moment: Timestamp) {
    (self.state, self.reason, endedAt) = (state, reason, moment)
  }

  /// What comes too late is caught up with, all of it at once.
  private mutating func passTime(at moment: Timestamp) -> [FlowAction] {
    var actions: [FlowAction] = []
    let late = waiting
    if remindedAt == nil, let next, next <= moment {
      remindedAt = moment
      actions += [.remind(late), .tell(.reminded)]
    }
    if remindedAt != nil, let next, next <= moment {
      escalatedAt = moment
      actions += [.escalate(late), .tell(.escalated)]
    }
    return actions
  }
}
