import Events
import Model
import Reconciler

/// Removals, memory and sudden ends: the other half of the shell.
extension ClusterModel {
  mutating func take(_ order: RemovalOrder) {
    if !isListed { complaints.append("a removal before the list") }
    if flight != nil || departure != nil { complaints.append("two orders at once") }
    if remembered?.version != accepted?.version { complaints.append("a removal of what is not remembered") }
    if accepted?.phase != .removed || accepted?.version != order.version {
      complaints.append("a removal that nobody asked for")
    }
    if order.uid != nil, let notBefore = accepted?.notBefore, now < notBefore {
      complaints.append("a removal before its moment")
    }
    departure = Departure(order: order, lands: now.after(Double.random(in: 0.001...0.5, using: &generator)))
  }

  /// What the shell does with a removal: it looks again, and deletes only what is as it was ordered.
  mutating func depart(calmly: Bool = false) {
    guard let order = departure?.order else { return }
    departure = nil
    let outcome = calmly || !generator.chance(20) ? outcome(of: order) : failure(.unavailable)
    // The call may have come through although no answer came.
    if case .failed(let failed) = outcome, failed.kind == .unavailable, generator.chance(50) {
      _ = self.outcome(of: order)
    }
    feed(.removal(attempt: order.attempt, outcome))
  }

  private mutating func outcome(of order: RemovalOrder) -> RemovalOutcome {
    guard var namespace = objects[Fixtures.namespaceRef] else { return .gone }
    if namespace.isTerminating { return .going }
    guard let uid = order.uid, uid == namespace.uid, namespace.labels[Labels.phase] == "removed",
      namespace.labels[Labels.revision] == String(order.version.revision), machine.version == order.version
    else { return failure(.changed) }
    if holdsVolume, !order.mayTakeVolumes { return failure(.volumesHeld) }
    if highest != order.version { complaints.append("a deletion of what was called back") }
    version += 1
    namespace.resourceVersion = String(version)
    namespace.isTerminating = true
    store(namespace)
    return .going
  }

  private func failure(_ kind: ApplyFailure.Kind) -> RemovalOutcome {
    .failed(ApplyFailure(kind: kind, message: "no"))
  }

  mutating func writeMemory() {
    guard let entry = toRemember else { return }
    toRemember = nil
    let now = remembered?.merged(with: entry) ?? entry
    remembered = now
    feed(.memory(now))
  }

  /// What an earlier life accepted is found, where it was kept.
  mutating func answerSearch() {
    guard isSought else { return }
    isSought = false
    // The bus may hold the very state, which only the guard refuses now, or may have told of it before a newer one.
    let told = heard.first { $0.version == remembered?.version }
    if let told, told.version == published.last?.state.version || kept.map({ $0.version < told.version }) ?? true {
      kept = told
    }
    guard let kept, let remembered, kept.version >= remembered.version else { return feed(.kept(.nothing("not kept"))) }
    let refusal = guardRefusal(of: kept)
    if accepted == nil { (accepted, isBound) = (kept, refusal != nil) }
    feed(.kept(.state(kept, refusal: refusal)))
    if isListed { list() }
  }

  /// The agent is killed, and another begins, maybe under another guard: it knows what the bus has not let go of, then what was written down, and no more.
  mutating func crash() {
    // What was accepted last and not written down hides what was acted on, of which nothing was kept, as nothing was refused.
    mayBeLost = mayBeLost || accepted != nil && accepted?.version != remembered?.version
    if let flight, generator.chance(50) { late.append((flight.order, now)) }
    if let departure, generator.chance(50) { _ = outcome(of: departure.order) }
    if let toRemember, generator.chance(50) { remembered = remembered?.merged(with: toRemember) ?? toRemember }
    (flight, departure, toRemember, lastReport) = (nil, nil, nil, nil)
    alarms = []
    (news, seen) = ([:], [:])
    isListed = false
    isSought = false
    machine = PlacementMachine(placement: Fixtures.placement)
    (accepted, isBound) = (nil, false)
    if generator.chance(40) { ceiling = Quantity(Int64.random(in: 1...7, using: &generator)) }
    beginHistory()
    heard = []
    for (index, entry) in published.enumerated() where index == published.count - 1 || generator.chance(20) {
      let refusal = entry.refusal ?? guardRefusal(of: entry.state)
      if refusal == nil { accepted = entry.state }
      heard.append(entry.state)
      feed(.desired(entry.state, publishedAt: nil, refusal: refusal))
    }
    if let state = accepted, let remembered,
      state.version < remembered.version || state.version == remembered.version && state.phase != remembered.phase
    {
      accepted = nil
    }
    feed(.memory(remembered))
  }
}
