internal import Events
internal import Foundation
internal import Model

/// Mode `adopt` (protocol rule 19): the namespace and its own quota are another's. Régie adds a quota, bears its marks
/// there, takes no field by force that another applies, and on `removed` takes away only what is its own; the rest is its owner's task, and
/// told.
extension PlacementMachine {
  mutating func advanceAdopted(_ desired: DesiredState, at now: Timestamp) -> [Action] {
    guard let namespace = surroundings.namespace else {
      if desired.phase == .removed { return advanceWithdrawal(of: desired, at: now) }
      return missNamespace(of: desired, at: now)
    }
    status.leaveToOwner(nil, at: now)
    if namespace.isTerminating {
      status.hinder(ApplyFailure.Kind.terminating.rawValue, "the namespace is being deleted", at: now)
      return reportIfChanged(at: now)
    }
    if desired.phase == .removed { return advanceWithdrawal(of: desired, at: now) }
    if let taken = objects.first(where: { facts[$0.ref]?.isAnothers == true && !isWithheld($0.ref) }) {
      work = .idle
      status.hinder(
        ApplyFailure.Kind.objectTaken.rawValue,
        "\(taken.ref) is not this placement's: it bears another's mark, or none; it must be removed first", at: now)
      return reportIfChanged(at: now)
    }
    return advanceObjects(of: desired, at: now)
  }

  /// The namespace's owner has not made it yet, or has removed it. It is never made here; it is seen when it comes.
  mutating func missNamespace(of desired: DesiredState, at now: Timestamp) -> [Action] {
    work = .idle
    failures = 0
    let message = "the namespace \(desired.namespace) is not there; its owner makes it"
    status.hinder(ApplyFailure.Kind.namespaceMissing.rawValue, message, at: now)
    status.leaveToOwner(.makeNamespace, message, at: now)
    return reportIfChanged(at: now)
  }

  /// Whether an object is not added because somebody else has one of its kind there: a default-deny upon rules that
  /// others live by would cut what is in use.
  func isWithheld(_ ref: ObjectRef) -> Bool {
    guard desired?.mode == .adopt, ref.kind == .limitRange || ref.kind == .networkPolicy else { return false }
    return facts[ref]?.isOurs != true && surroundings.has(ref.kind)
  }

  /// Mark, wait until `notBefore`, delete, see that it is gone: as in mode `own`, of each object that is Régie's.
  private mutating func advanceWithdrawal(of desired: DesiredState, at now: Timestamp) -> [Action] {
    let ours = objects.filter { facts[$0.ref]?.isOurs == true }
    guard !ours.isEmpty else { return lookForOurs(of: desired, at: now) }
    isRemoved = false
    guard let standing = ours.first(where: { facts[$0.ref]?.isTerminating == false }) else {
      status.hinder("ObjectTerminating", "\(ours[0].ref) is being deleted", at: now)
      return reportIfChanged(at: now)
    }
    let differing = ours.filter { facts[$0.ref]?.isAsWanted == false && facts[$0.ref]?.isTerminating == false }
    // What another applies of it is in nobody's way: it bears the mark, and goes as a whole.
    guard differing.allSatisfy({ facts[$0.ref]?.bearsVersion == true && holds.isRefused($0.ref) }) else {
      return correct(differing, at: now)
    }
    drifts.correct(allBut: Set(differing.map(\.ref.description)), at: now)
    status.noteDrift(drifts, at: now)
    if let waiting = waitForMoment(of: desired, at: now) { return waiting }
    guard case .idle = work else { return reportIfChanged(at: now) }
    status.hinder("Removing", "\(standing.ref) is being deleted", at: now)
    let order = withdrawal(of: desired, ours)
    return reportIfChanged(at: now) + [.withdraw(order)]
  }

  /// Nothing of ours is in sight. What lost its label would not be either: only a look at the objects themselves tells.
  private mutating func lookForOurs(of desired: DesiredState, at now: Timestamp) -> [Action] {
    guard isRemoved else {
      guard case .idle = work else { return reportIfChanged(at: now) }
      let order = withdrawal(of: desired, [])
      return reportIfChanged(at: now) + [.withdraw(order)]
    }
    settleRemoval(at: now)
    let message = "what Régie kept in \(desired.namespace) is gone; the namespace is its owner's to remove"
    let isGone = isSucceeded() || surroundings.namespace == nil
    status.leaveToOwner(isGone ? nil : .removeNamespace, message, at: now)
    return reportIfChanged(at: now)
  }

  private mutating func withdrawal(of desired: DesiredState, _ ours: [ManagedObject]) -> WithdrawalOrder {
    attempts += 1
    work = .applying(attempt: attempts)
    orderedVersion = desired.version
    let targets = objects.reversed().filter { !isWithheld($0.ref) }.map { object in
      WithdrawalOrder.Target(
        ref: object.ref, uid: ours.contains(object) ? facts[object.ref]?.uid : nil)
    }
    return WithdrawalOrder(
      placement: placement, attempt: attempts, version: desired.version, namespace: desired.namespace,
      targets: targets)
  }
}
