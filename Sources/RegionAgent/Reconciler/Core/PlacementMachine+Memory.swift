internal import Events
internal import Model

/// What outlives the machine: nothing is ordered of a version before it is remembered (protocol rule 17), and nothing
/// of a version that is lower than one remembered.
extension PlacementMachine {
  /// What has to be remembered: the accepted state before it is acted on, and what calls a removal back, refused as it may
  /// be; nil while there is nothing.
  private var wantedMemory: PlacementMemory? {
    var wanted = desired.map { PlacementMemory(version: $0.version, phase: $0.phase, pods: podsInUse) } ?? memory
    guard wanted?.phase == .removed, let later = [refused?.state.version, wanted?.refused].compactMap({ $0 }).max(),
      let version = wanted?.version, later > version
    else { return wanted }
    wanted?.refused = later
    return wanted
  }

  /// Whether the accepted state may be acted on. That something was refused is written down too, but nothing waits for it.
  var isRemembered: Bool {
    guard isRecalled, let desired, let memory else { return false }
    return (memory.version, memory.phase, memory.pods) == (desired.version, desired.phase, podsInUse)
  }

  /// Asks once for what is not remembered yet.
  mutating func remember() -> [Action] {
    guard isRecalled, let wanted = wantedMemory, (memory?.merged(with: wanted) ?? wanted) != memory,
      beingRemembered != wanted
    else { return [] }
    beingRemembered = wanted
    return [.remember(wanted)]
  }

  mutating func takeMemory(_ entry: PlacementMemory?, at now: Timestamp) -> [Action] {
    if !isRecalled { isKnownOfOld = entry != nil }
    isRecalled = true
    if let entry { memory = memory?.merged(with: entry) ?? entry }
    if let asked = beingRemembered, let memory, memory.version >= asked.version { beingRemembered = nil }
    guard let desired, let memory else {
      let looking = remember() + keepAccepted(at: now)
      return advance(at: now) + looking
    }
    if let refusal = outdated(desired) {
      // What is refused beside it came later, and says more.
      if refused == nil {
        refused = RefusedState(state: desired, refusal: refusal, timeline: status.timeline, since: now)
      }
      let hold = holdRemoval()
      self.desired = nil
      objects = []
      expectNothing()
      if case .waiting = work { work = .idle }
      kept = KeptBook()
      let looking = remember() + keepAccepted(at: now)
      return hold + reportIfChanged(at: now) + looking
    }
    if desired.phase.isFreezing, let pods = memory.pods, podsInUse == nil || memory.version == desired.version {
      limit(to: pods)
    }
    return advance(at: now)
  }

  /// Why a state is not acted on: an earlier life, or another agent, has acted on a later one. The bus has lost that one,
  /// or somebody plays old records again.
  func outdated(_ state: DesiredState) -> Refusal? {
    guard let memory else { return nil }
    // What this life has seen itself holds the removal up by itself, and its own refusal is told.
    if let later = memory.refused, later > state.version, version ?? state.version < later {
      return Refusal(
        reason: "Outdated",
        message:
          "version \(state.version) is older than \(later), which was refused and which the bus has lost; "
          + "\(later) or later is accepted")
    }
    if memory.version == state.version, memory.phase != state.phase {
      return Refusal(
        reason: "VersionConflict",
        message: "version \(state.version) was acted on as “\(memory.phase.rawValue)” and can not be "
          + "“\(state.phase.rawValue)” too: a later version is accepted")
    }
    guard memory.version > state.version else { return nil }
    return Refusal(
      reason: "Outdated",
      message:
        "version \(state.version) is older than \(memory.version) (\(memory.phase.rawValue)), which was acted on; "
        + "\(memory.version) or later is accepted")
  }

  /// Whether a later state than of this version was handed over.
  func isLater(than other: StateVersion) -> Bool { version.map { $0 > other } ?? false }

  /// The version of a state that is refused because the placement was removed later, as is remembered; nil where there is none.
  var obsolete: StateVersion? {
    guard desired == nil, let memory, memory.phase == .removed, let version = refused?.state.version,
      version < memory.version
    else { return nil }
    return version
  }

  /// Why what is known is not enough to act on; nil where it is. As long as the other part of the memory can not be read,
  /// nothing is removed, nothing that was there in an earlier life is made again, and nothing that bears a later version is
  /// written to: it may have been removed or tightened while the cluster was kept in another mode. What this part knows
  /// nothing of is made only where the zone's record vouches for the state: the other part may know that it was removed.
  func doubt(about desired: DesiredState) -> String? {
    guard let memoryGap, desired.mode == .own || desired.mode == .adopt else { return nil }
    if desired.phase == .removed || facts.values.contains(where: { $0.age == .later }) { return memoryGap }
    let isThere = objects.contains { facts[$0.ref]?.isOurs == true }
    return !isBroughtAbout && !isThere && (isKnownOfOld || !isVouchedFor) ? memoryGap : nil
  }

  mutating func takeGap(_ gap: String?, at now: Timestamp) -> [Action] {
    memoryGap = gap
    return isRecalled ? advance(at: now) : []
  }

  /// A placement that was frozen stays at what was counted then, through newer revisions and lives of the agent: lost
  /// pods may come back, and nothing grows.
  func podsCarried(into state: DesiredState) -> Int64? {
    guard state.phase.isFreezing else { return nil }
    if let desired { return desired.phase.isFreezing ? podsInUse : nil }
    return memory.flatMap { $0.phase.isFreezing ? $0.pods : nil }
  }

  /// No pod can be added: as many as there are now may be there from now on.
  mutating func countPods(at now: Timestamp) -> [Action] {
    work = .idle
    failures = 0
    guard let pods = quota.countedPods else {
      status.hinder("QuotaPending", "the cluster has not counted the pods in use yet", at: now)
      return reportIfChanged(at: now)
    }
    limit(to: pods)
    return advance(at: now)
  }

  /// No more than so many pods are to be there from now on.
  mutating func limit(to pods: Int64) {
    guard let desired else { return }
    podsInUse = pods
    let before = objects
    objects = DesiredObjects.render(desired, podsInUse: pods, rules: rules)
    for object in objects where !before.contains(object) {
      facts[object.ref]?.isAsWanted = false
      facts[object.ref]?.bearsVersion = false
      holds.expectOther(object.ref)
      // What was in place was the count, not yet the state.
      wasDelivered = false
    }
  }
}

extension PlacementPhase {
  /// Whether nothing may grow in this phase.
  var isFreezing: Bool { self == .frozen || self == .draining }
}
