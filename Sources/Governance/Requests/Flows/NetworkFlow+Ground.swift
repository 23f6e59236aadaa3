import Events
import Model

extension NetworkFlow {
  /// The ends that an operator means when it says that it has opened, rejected or closed: those that it was asked about. Nil of
  /// whoever was asked nothing, and of every other event.
  public func ends(meantBy event: FlowEvent) -> Set<FlowEnd>? {
    switch event {
    case .opened(let name), .rejected(let name, _):
      tasks.first { $0.operator == name }.map { Set($0.ends.map(\.place)) }
    case .closed(let name): Set(leftOpen.filter { $0.operator == name })
    case .withdrawn, .handedOver, .grounded, .clock: nil
    }
  }
}

/// What becomes of a flow when its environment moves or goes, or the system is reached elsewhere or no more.
extension NetworkFlow {
  mutating func stand(on ground: FlowGround, policyDelay: Int?, at moment: Timestamp) -> [FlowAction] {
    guard state.isLive else { return [] }
    switch ground {
    // Where an environment at either end was, somebody else may be next: nothing stays open towards it.
    case .unplaced,
      .noSystem where wish.peer != nil:
      end(.lapsed, nil, at: moment)
      return [.tell(.lapsed)]
    case .noSystem(let near):
      // Where the system is missing by mistake, what was opened is still there when it is back; but where the environment is
      // no more nothing stays open.
      let there = Set(near.map(\.place))
      let left = ends.filter { $0.side == .environment && !there.contains($0.place) }
      ends.removeAll(where: left.contains)
      guard state != .suspended else { return left.isEmpty ? [] : [.tell(.moved)] }
      (state, openedAt) = (.suspended, nil)
      return [.tell(.suspended)]
    case .ends:
      let wasSuspended = state == .suspended
      guard wasSuspended || Set(ground.ends.map(\.place)) != Set(ends.map(\.place)) else { return [] }
      let wasOpen = state == .opened
      let actions = settle(on: ground.ends, policyDelay: policyDelay, at: moment)
      let isOpened = state == .opened && !wasOpen
      return actions + [.tell(wasSuspended ? .resumed : .moved)] + (isOpened ? [.tell(.opened)] : [])
    }
  }

  /// Takes these ends for its own. Who has opened what is there still, and never ceased to be an end, has opened it; who was
  /// asked about these places, or about more, still has the delay that began then, unless no delay ran meanwhile; everybody else
  /// is asked anew, from this moment on.
  mutating func settle(on ground: [FlowEnd], policyDelay: Int?, at moment: Timestamp) -> [FlowAction] {
    let (before, wasSuspended) = (tasks, state == .suspended)
    let standing = openings(among: ground)
    openings = standing.isEmpty ? nil : standing
    (ends, rule) = (ground, FlowRule(ends: ground, policyDelay: policyDelay, isForeign: wish.isForeign))
    guard !rule.isAutomatic else {
      tasks = []
      (state, openedAt) = (.opened, openedAt ?? moment)
      return []
    }
    var asked: [String] = []
    tasks = Set(ground.map(\.operator)).sorted().map { name in
      let own = ground.filter { $0.operator == name }
      let known = before.first { $0.operator == name }
      let acts = own.compactMap { end in standing.first { $0.end == end.place }?.act }
      if acts.count == own.count {
        var task = known ?? FlowTask(operator: name, ends: own, delayDays: rule.delayDays, at: moment)
        task.narrow(to: own)
        task.opened = task.opened ?? acts.max { $0.at < $1.at }
        return task
      }
      if var task = known, task.isWaiting, !wasSuspended, task.covers(own) {
        task.narrow(to: own)
        return task
      }
      asked.append(name)
      return FlowTask(operator: name, ends: own, delayDays: rule.delayDays, at: moment)
    }
    if !openIfComplete(at: moment) { (state, openedAt) = (.pending, nil) }
    return asked.isEmpty ? [] : [.ask(asked)]
  }

  /// What of these places somebody has opened by hand, and has been an end ever since. One that ceased to be one may have been
  /// closed meanwhile, and one that was taken over was opened for another flow.
  private func openings(among ground: [FlowEnd]) -> [Opening] {
    let there = Set(ground.map(\.place)).intersection(ends.map(\.place)).intersection(openEnds)
    return knownOpenings.filter { there.contains($0.end) }
  }

  /// What was opened by hand as it is stored; of an earlier program's flow, what its tasks say.
  private var knownOpenings: [Opening] {
    openings
      ?? tasks.flatMap { task in task.opened.map { act in task.ends.map { Opening(end: $0.place, act: act) } } ?? [] }
  }

  /// Notes that these places are open.
  mutating func hold(_ places: [FlowEnd], openedBy act: Act) {
    openings = knownOpenings.filter { !places.contains($0.end) } + places.map { Opening(end: $0, act: act) }
    openEnds += places.filter { !openEnds.contains($0) }
  }
}
