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
    var actions: [FlowAction]
    switch event {
    case .opened(let name):
      let place = try next.task(of: name, for: actor)
      // Whoever says twice that it is open has said so.
      guard next.tasks[place].isWaiting else { return [] }
      let act = Act(operator: name, principal: actor.principal, at: moment)
      next.hold(next.tasks[place].ends.map(\.place), openedBy: act)
      next.tasks[place].opened = act
      actions = next.openIfComplete(at: moment) ? [.tell(.opened)] : [.tell(.endOpened)]
    case .rejected(let name, let reason):
      _ = try next.task(of: name, for: actor)
      try RequestText.check(reason, at: "reason")
      next.rejection = Act(operator: name, principal: actor.principal, at: moment)
      next.end(.rejected, reason, at: moment)
      actions = [.tell(.rejected)]
    case .closed(let name):
      let own = next.leftOpen.filter { $0.operator == name }
      guard actor.operator == name, !own.isEmpty else { throw .notTasked(name) }
      next.openEnds.removeAll(where: own.contains)
      actions = [.tell(.closed)]
    case .withdrawn(let reason):
      try next.mustBe([.pending, .opened, .suspended])
      try actor.mustBeApplicant()
      try RequestText.check(reason, at: "reason")
      next.end(.withdrawn, reason, at: moment)
      actions = [.tell(.withdrawn)]
    case .handedOver(let places):
      guard !next.state.isLive, next.openEnds.contains(where: places.contains) else { return [] }
      next.openEnds.removeAll(where: places.contains)
      actions = [.tell(.handedOver)]
    case .grounded(let ground, let policyDelay):
      actions = next.stand(on: ground, policyDelay: policyDelay, at: moment)
    case .clock:
      actions = next.passTime(at: moment)
    }
    let asked = next.settleClosings(at: moment)
    if !asked.isEmpty { actions.append(.askToClose(asked)) }
    self = next
    return actions
  }

  private func mustBe(_ states: [State]) throws(RequestRefusal) {
    guard !states.contains(state) else { return }
    throw RequestRefusal(
      .wrongState, path: "state", "this can not be done to a flow that is \(state.name.en ?? state.rawValue)",
      fr: "ceci ne se fait pas d’un flux \(state.name.fr)",
      accepted: states.map(\.rawValue).joined(separator: ", "))
  }

  private func task(of name: String, for actor: RequestActor) throws(RequestRefusal) -> Int {
    try mustBe([.pending])
    guard actor.operator == name, let place = tasks.firstIndex(where: { $0.operator == name }) else {
      throw .notTasked(name)
    }
    return place
  }

  /// What comes too late is caught up with, all of it at once.
  private mutating func passTime(at moment: Timestamp) -> [FlowAction] {
    remindToClose(at: moment) + (state == .pending ? pressToOpen(at: moment) : [])
  }

  /// Of what is to be closed operators are reminded once. It comes before no board: nobody waits for it, and it is listed as
  /// late.
  private mutating func remindToClose(at moment: Timestamp) -> [FlowAction] {
    guard var tasks = closings else { return [] }
    var reminded: [String] = []
    for place in tasks.indices where tasks[place].remindedAt == nil && tasks[place].reminderAt <= moment {
      tasks[place].remindedAt = moment
      reminded.append(tasks[place].operator)
    }
    closings = tasks
    return reminded.isEmpty ? [] : [.remindToClose(reminded), .tell(.reminded)]
  }

  private mutating func pressToOpen(at moment: Timestamp) -> [FlowAction] {
    var (reminded, escalated): ([String], [String]) = ([], [])
    for place in tasks.indices {
      if tasks[place].remindedAt == nil, let next = tasks[place].next, next <= moment {
        tasks[place].remindedAt = moment
        reminded.append(tasks[place].operator)
      }
      if tasks[place].remindedAt != nil, let next = tasks[place].next, next <= moment {
        tasks[place].escalatedAt = moment
        wasBeforeBoard = true
        escalated.append(tasks[place].operator)
      }
    }
    return (reminded.isEmpty ? [] : [.remind(reminded), .tell(.reminded)])
      + (escalated.isEmpty ? [] : [.escalate(escalated), .tell(.escalated)])
  }

  /// Makes a task for each operator of what it has opened and is wanted no more. Who was asked about the same places, or about
  /// more, keeps the delay that he has: nobody gets rid of one because some of it is wanted again.
  ///
  /// - Returns: who is asked anew.
  private mutating func settleClosings(at moment: Timestamp) -> [String] {
    let left = Dictionary(grouping: leftOpen, by: \.operator)
    var asked: [String] = []
    let tasks = left.sorted { $0.key < $1.key }.map { name, ends in
      if var known = closings?.first(where: { $0.covers(ends) }) {
        known.narrow(to: ends)
        return known
      }
      asked.append(name)
      return FlowTask(operator: name, ends: ends, delayDays: rule.delayDays, at: moment)
    }
    closings = tasks.isEmpty ? nil : tasks
    return asked
  }

  mutating func end(_ state: State, _ reason: String?, at moment: Timestamp) {
    (self.state, self.reason, endedAt, openedAt) = (state, reason, moment, nil)
  }

  /// - Returns: whether all its ends are open now.
  mutating func openIfComplete(at moment: Timestamp) -> Bool {
    guard tasks.allSatisfy({ !$0.isWaiting }) else { return false }
    (state, openedAt) = (.opened, openedAt ?? moment)
    return true
  }
}

extension RequestRefusal {
  /// Whoever opens or rejects speaks for an operator that was asked.
  static func notTasked(_ name: String) -> RequestRefusal {
    RequestRefusal(
      .notOperator, path: "operator", "“\(name)” is no operator that you speak for and that has to act on this flow",
      fr: "« \(name) » n’est pas un opérateur pour lequel vous parlez et qui doit agir sur ce flux",
      accepted: "operator(\(name))")
  }
}
