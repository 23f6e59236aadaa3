internal import Events
internal import Foundation
internal import Model

/// Mode `observe` (protocol rule 19): others run the cluster. It is decided on and reported, never written to: what
/// stands is held against what was decided, and what differs is its owner's task.
extension PlacementMachine {
  mutating func advanceObserved(_ desired: DesiredState, at now: Timestamp) -> [Action] {
    work = .idle
    failures = 0
    let isAnothers = isSucceeded()
    quota.observe(isAnothers ? [] : surroundings.quotas.sorted { $0.key < $1.key }.map(\.value))
    guard let namespace = surroundings.namespace, !isAnothers else {
      guard desired.phase == .removed else { return missNamespace(of: desired, at: now) }
      settleRemoval(at: now)
      status.leaveToOwner(nil, at: now)
      return reportIfChanged(at: now)
    }
    if desired.phase == .removed {
      return leave(.removeNamespace, "the namespace \(desired.namespace) is there; its owner removes it", at: now)
    }
    if namespace.isTerminating {
      status.hinder(ApplyFailure.Kind.terminating.rawValue, "the namespace is being deleted", at: now)
      return reportIfChanged(at: now)
    }
    var wanted = DesiredObjects.hard(desired.quota).texts
    // Its owner freezes it by a lower number of pods.
    if desired.phase.isFreezing { wanted["pods"] = nil }
    let view = surroundings.limits(for: wanted)
    guard view.differences.isEmpty else { return tell(view.differences, at: now) }
    if desired.phase.isFreezing {
      // As in the other modes what was counted holds until the placement is active again: a lost pod may come back.
      guard let pods = podsInUse ?? surroundings.frozenPods, surroundings.areFrozen(at: pods) else {
        let number = podsInUse.map { "\($0)" } ?? "the number in use"
        return leave(.freeze, "no quota keeps the pods of \(desired.namespace) at \(number)", at: now)
      }
      guard podsInUse != nil else {
        limit(to: pods)
        return advance(at: now)
      }
    }
    drifts.correct(at: now)
    status.settle(as: "Observed", isReady: view.isEnforced, at: now)
    status.leaveToOwner(nil, at: now)
    status.noteDrift(drifts, at: now)
    return reportIfChanged(at: now)
  }

  private mutating func leave(_ task: OwnerTask, _ message: String, at now: Timestamp) -> [Action] {
    status.hinder(ConditionType.awaitingOwner, message, at: now)
    status.leaveToOwner(task, message, at: now)
    return reportIfChanged(at: now)
  }

  /// What was as decided once has drifted; what never was is still to be brought about.
  private mutating func tell(_ differences: [QuotaDifference], at now: Timestamp) -> [Action] {
    let message = differences.map(\.description).joined(separator: ", ")
    guard status.isApplied else { return leave(.setQuota, message, at: now) }
    for difference in differences { drifts.note(difference, at: now) }
    status.leaveToOwner(.setQuota, message, at: now)
    status.noteDrift(drifts, resting: "Reported", at: now)
    return reportIfChanged(at: now)
  }
}
