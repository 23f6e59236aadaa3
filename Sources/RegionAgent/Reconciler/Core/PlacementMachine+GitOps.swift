internal import Events
internal import Foundation
internal import Model

/// Mode `gitops` (protocol rule 19): the desired state becomes commits, and nothing is written to the cluster. What Argo CD
/// has made of them is seen on the cluster itself; what is changed by hand there is told, and Argo CD puts it back.
extension PlacementMachine {
  mutating func advanceCommitted(_ desired: DesiredState, at now: Timestamp) -> [Action] {
    let actions = hand(desired) + (desired.phase == .removed ? look(desired, at: now) : [])
    noteCommit(at: now)
    noteApplication(of: desired, at: now)
    if desired.phase == .removed { return actions + advanceDeparture(of: desired, at: now) }
    return actions + advanceSynchronisation(of: desired, at: now)
  }

  mutating func takeStanding(_ standing: CommitStanding, of attempt: Int, at now: Timestamp) -> [Action] {
    guard repository.handed?.attempt == attempt, repository.standing != standing else { return [] }
    repository.standing = standing
    return advance(at: now)
  }

  mutating func takeVolumes(_ sighting: VolumeSighting, of attempt: Int, at now: Timestamp) -> [Action] {
    guard repository.looking == attempt else { return [] }
    repository.looking = nil
    repository.lookedAt = now
    repository.volumes = sighting
    return advance(at: now)
  }

  /// Hands over what the repository is to show, once.
  private mutating func hand(_ desired: DesiredState) -> [Action] {
    // The folder is the operator's to lower or empty, and what the guard allows no more is not given back to it.
    guard !kept.isBound || desired.phase == .removed else { return [] }
    let mayRemove = desired.removePersistentVolumes == true || repository.volumes == .none
    repository.mayFinish = mayRemove && mayFinish(desired)
    var state = desired
    // A newer state that is refused ends the wait of a removal: without a moment nothing more is touched.
    if refused != nil { state.notBefore = nil }
    var order = CommitOrder(
      attempt: repository.handed?.attempt ?? attempts, state: state, objects: objects, podsInUse: podsInUse,
      mayRemoveNamespace: desired.phase == .removed && mayRemove,
      mayFinish: desired.phase == .removed && repository.mayFinish)
    guard repository.handed != order else { return [] }
    attempts += 1
    order.attempt = attempts
    repository.handed = order
    repository.standing = .pending
    return [.commit(order)]
  }

  /// What is newer must be remembered before it is handed over, and that may take its time: a removal that was handed over
  /// goes no further meanwhile.
  mutating func holdRemoval() -> [Action] {
    guard var order = repository.handed, order.state.phase == .removed else { return [] }
    attempts += 1
    order.attempt = attempts
    order.state.notBefore = nil
    order.mayRemoveNamespace = false
    order.mayFinish = false
    repository.handed = nil
    return [.commit(order)]
  }

  /// Whether nothing that nobody gave up can go with the namespace: its quota keeps new volumes out, and there was none when
  /// the namespace was about to go.
  private func mayFinish(_ desired: DesiredState) -> Bool {
    if desired.removePersistentVolumes == true { return true }
    guard namespaceFacts == nil || quota.isInForce else { return false }
    if repository.mayFinish { return true }
    guard let moment = repository.releaseMoment, let lookedAt = repository.lookedAt else { return false }
    return lookedAt >= moment
  }

  /// A namespace that leaves the repository takes its volumes along, so they are looked for first, again until it has left,
  /// and last of all when it is about to.
  private mutating func look(_ desired: DesiredState, at now: Timestamp) -> [Action] {
    guard let notBefore = desired.notBefore, repository.standing != .removed else { return [] }
    guard certain >= notBefore else { return untilMoment(notBefore, at: now) }
    guard desired.removePersistentVolumes != true, repository.looking == nil else { return [] }
    if let due = repository.lookDue(at: now) { return [.wake(at: due)] }
    attempts += 1
    repository.looking = attempts
    return [.look(VolumeLook(placement: placement, attempt: attempts, namespace: desired.namespace))]
  }

  private mutating func noteCommit(at now: Timestamp) {
    switch repository.standing {
    case .written(let commit): status.noteCommit(.yes, "Committed", commit, at: now)
    case .removed: status.noteCommit(.yes, "Removed", "", at: now)
    case .pending:
      let fault = repository.fault
      status.noteCommit(.no, fault?.reason ?? "Committing", fault?.message ?? "", at: now)
    case .waiting: status.noteCommit(.no, "RemovalWaiting", "", at: now)
    case .emptied(let moment):
      status.noteCommit(.no, "Emptied", "the namespace goes at \(moment), or when volumes are kept out of it", at: now)
    case .held:
      let message = "all of it stays until the namespace is seen to hold no volume that nobody gave up"
      status.noteCommit(.no, "NamespaceHeld", message, at: now)
    case .failed(let reason, let message): status.noteCommit(.no, reason, message, at: now)
    }
  }

  private mutating func advanceSynchronisation(of desired: DesiredState, at now: Timestamp) -> [Action] {
    work = .idle
    if let namespace = namespaceFacts, namespace.isTerminating { return waitForEnd(of: namespace, at: now) }
    if isCounted { return countPods(at: now) }
    let differing = differing
    guard !differing.isEmpty else {
      if desired.phase.isFreezing, podsInUse == nil { return countPods(at: now) }
      settle(at: now)
      return reportIfChanged(at: now)
    }
    if differing.contains(where: { isDrift($0.ref) }) {
      status.noteDrift(drifts, resting: "Reported", at: now)
    } else if case .written(let commit) = repository.standing {
      let missing = differing.map(\.ref.description).joined(separator: ", ")
      status.hinder("AwaitingSync", "the cluster does not show commit \(commit) yet: \(missing)", at: now)
    } else {
      hinderByCommit(at: now)
    }
    return reportIfChanged(at: now)
  }

  /// The repository's two commits take everything away; the end is looked for on the cluster.
  private mutating func advanceDeparture(of desired: DesiredState, at now: Timestamp) -> [Action] {
    guard repository.standing == .removed else {
      isRemoved = false
      if case .held = repository.standing, case .held(let failure) = repository.volumes {
        status.hinder(failure.kind.rawValue, failure.message, at: now)
      } else {
        hinderByCommit(at: now)
      }
      return reportIfChanged(at: now)
    }
    // One that bears another placement's mark has passed to it, and is not this one's owner's to remove.
    if let namespace = namespaceFacts, !namespace.isAnothers {
      isRemoved = false
      let message = "the namespace \(desired.namespace) has left the repository, and the cluster still has it"
      status.hinder("AwaitingSync", message, at: now)
      status.leaveToOwner(.removeNamespace, message, at: now)
      return reportIfChanged(at: now)
    }
    status.leaveToOwner(nil, at: now)
    return lookForEnd(of: desired, at: now)
  }

  private mutating func hinderByCommit(at now: Timestamp) {
    guard let told = status.commit else { return }
    status.hinder(told.reason, told.message, at: now)
  }
}
