internal import Events
internal import Model

/// A newer state is refused, and the one before it stays in force: also in the next life of the agent, when the topic may
/// hold the refused one only.
///
/// Its signed words are kept at the refusal, looked for in the next life, and believed as if they came from the topic. A
/// state that the operator's guard allows no more is enforced as far as it stands on the cluster: nothing new is made of it.
extension PlacementMachine {
  /// Has the accepted state kept, or what an earlier life accepted looked for; each once.
  mutating func keepAccepted(at now: Timestamp) -> [Action] {
    guard let refused else { return [] }
    if let desired {
      guard desired.version < refused.state.version, kept.version != desired.version else { return [] }
      kept.version = desired.version
      return [.keep(desired.version)]
    }
    guard isRecalled, let memory else { return [] }
    guard refused.state.version > memory.version || isTightened(refused, memory) else {
      if refused.state.version == memory.version, refused.state.phase == memory.phase {
        leaveUnenforced("StateRefused", refused.refusal.message, at: now)
      } else {
        leaveUnenforced(
          "StateLost", "version \(memory.version), which was acted on, is not on the bus any more", at: now)
      }
      return []
    }
    guard kept.sought != memory.version else { return [] }
    kept.sought = memory.version
    return [.recall(memory.version)]
  }

  /// Whether the refused state is the one that was acted on, and only the guard is another one since.
  private func isTightened(_ refused: RefusedState, _ memory: PlacementMemory) -> Bool {
    refused.refusal.isOfGuard && refused.state.version == memory.version && refused.state.phase == memory.phase
  }

  mutating func takeKept(_ state: KeptState, at now: Timestamp) -> [Action] {
    guard desired == nil, let refused, isRecalled, let memory else { return [] }
    switch state {
    case .state(let state, let refusal) where isLatest(state, memory, refused) && refusal?.isOfGuard ?? true:
      kept = KeptBook(version: state.version, sought: kept.sought, isBound: refusal != nil)
      enforce(state)
      // What is there was of no interest so far: the shell shows it now, and nothing is made meanwhile.
      isListed = false
      status.begin(at: now, timeline: ObservedState.Timeline(), isTold: true)
      return advance(at: now)
    case .state(let state, let refusal?) where isLatest(state, memory, refused):
      leaveUnenforced("StateRefused", refusal.message, at: now)
    case .state(let state, _):
      let message = "what is kept is of version \(state.version), and \(memory.version) was acted on"
      leaveUnenforced("StateLost", message, at: now)
    case .nothing(let why):
      leaveUnenforced("StateLost", why, at: now)
    }
    return reportIfChanged(at: now)
  }

  /// Whether it is what was accepted last: what was acted on, or accepted after it and not written down any more.
  private func isLatest(_ state: DesiredState, _ memory: PlacementMemory, _ refused: RefusedState) -> Bool {
    guard state.version <= refused.state.version else { return false }
    return state.version > memory.version || state.version == memory.version && state.phase == memory.phase
  }

  /// Whether the accepted state is to be brought about, or is bound to what stands and does stand.
  mutating func mayEnforce(_ desired: DesiredState, at now: Timestamp) -> Bool {
    guard kept.isBound, !kept.hasStood, desired.mode != .observe else { return true }
    // What was begun and never finished would be finished against the guard: all of it must be there, and of this version. In a
    // repository it is the namespace that tells.
    let all = objects.filter { desired.mode != .gitops || $0.ref.kind == .namespace }.filter { !isWithheld($0.ref) }
    let isThere = !all.isEmpty && all.allSatisfy { facts[$0.ref]?.age == .same }
    guard isThere, !facts.values.contains(where: { $0.age == .earlier }) else {
      leaveUnenforced("GuardForbids", "version \(desired.version) does not stand on the cluster", at: now)
      return false
    }
    kept.hasStood = true
    kept.unenforced = nil
    return true
  }

  /// Whether nothing of what was acted on is enforced, for want of the state.
  var isUnenforced: Bool { desired == nil && kept.unenforced != nil && kept.sought != nil }

  private mutating func leaveUnenforced(_ reason: String, _ message: String, at now: Timestamp) {
    guard memory?.phase != .removed else { return }
    kept.unenforced = (reason, message.cut(to: StatusBook.longestMessage), kept.unenforced?.since ?? now)
  }

  /// That nothing is enforced, where something was.
  func unenforced(of state: DesiredState) -> [Condition] {
    guard let told = kept.unenforced else { return [] }
    return [
      Condition(
        type: ConditionType.unenforced, status: .yes, reason: told.reason, message: told.message,
        observedRevision: state.revision, lastTransitionTime: told.since)
    ]
  }
}
