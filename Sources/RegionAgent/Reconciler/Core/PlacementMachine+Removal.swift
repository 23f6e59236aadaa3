internal import Events
internal import Foundation
internal import Model

/// Phase `removed` (protocol rule 18): mark, wait until `notBefore`, delete; then see that it is gone.
///
/// The moment has come when this agent's clock has passed it, and a record of the zone was read that was made after it.
///
/// Each step is begun only on what was *seen*: a namespace that bears our label is marked, one that bears the mark is
/// deleted, and the removal is reported once the namespace was looked for and not found. A newer state, even one that is
/// refused, ends the wait.
extension PlacementMachine {
  /// The longest wait in one piece: the clock may be set meanwhile.
  private static let longestWait: Int64 = 60_000_000

  mutating func advanceRemoval(of desired: DesiredState, at now: Timestamp) -> [Action] {
    guard let namespace = namespaceFacts, namespace.isOurs else { return lookForEnd(of: desired, at: now) }
    if isRemoved {
      isRemoved = false
      status.hinder(OwnerTask.removeNamespace.rawValue, "the namespace is there again", at: now)
    }
    if namespace.isTerminating { return waitForEnd(of: namespace, at: now) }
    let differing = differing
    guard differing.isEmpty else { return correct(differing, at: now) }
    drifts.correct(at: now)
    status.noteDrift(drifts, at: now)
    if let waiting = waitForMoment(of: desired, at: now) { return waiting }
    guard case .idle = work else { return reportIfChanged(at: now) }
    // A volume that came into being after the look would go with the namespace: the quota must keep it out first.
    guard desired.removePersistentVolumes == true || quota.isInForce else {
      status.hinder("QuotaPending", "the cluster does not keep new volumes out yet", at: now)
      return reportIfChanged(at: now)
    }
    announce(.removing, at: now)
    let order = removalOrder(of: desired, uid: namespace.uid)
    return reportIfChanged(at: now) + [.remove(order)]
  }

  /// What there is to do while nothing may be deleted yet; nil once it may.
  mutating func waitForMoment(of desired: DesiredState, at now: Timestamp) -> [Action]? {
    guard refused == nil, let notBefore = desired.notBefore else { return reportIfChanged(at: now) }
    guard certain < notBefore else { return nil }
    work = .idle
    failures = 0
    status.hinder("RemovalWaiting", "nothing is deleted before \(notBefore)", at: now)
    announce(.removalScheduled(notBefore), at: now)
    return reportIfChanged(at: now) + untilMoment(notBefore, at: now)
  }

  /// The wait for this agent's own clock, in pieces. That the centre's has come to the moment is told by an alarm.
  func untilMoment(_ moment: Timestamp, at now: Timestamp) -> [Action] {
    guard now < moment else { return [] }
    let left = min(moment.microseconds(since: now), Self.longestWait)
    return [.wake(at: Timestamp(microseconds: now.microseconds + left))]
  }

  mutating func takeRemoval(_ outcome: RemovalOutcome, of attempt: Int, at now: Timestamp) -> [Action] {
    guard work == .applying(attempt: attempt) else { return [] }
    work = .idle
    switch outcome {
    case .gone:
      failures = 0
      for object in objects { forget(object.ref) }
      isRemoved = desired?.phase == .removed
      return advance(at: now)
    case .going:
      failures = 0
      let isGuest = desired?.mode == .adopt
      for object in objects where isGuest || object.ref.kind == .namespace { facts[object.ref]?.isTerminating = true }
      return advance(at: now)
    case .failed(let failure):
      // What held an earlier state up says nothing of this one.
      guard orderedVersion == desired?.version else { return advance(at: now) }
      if failure.kind == .volumesHeld { announce(.volumesHeld(failure.message), at: now) }
      return wait(after: failure, at: now)
    }
  }

  /// Nothing of ours is in sight. What lost its label would not be either: only a look at the namespace itself tells.
  mutating func lookForEnd(of desired: DesiredState, at now: Timestamp) -> [Action] {
    if isRemoved {
      settleRemoval(at: now)
      if desired.mode == .own { letGo() }
      return reportIfChanged(at: now)
    }
    guard case .idle = work else { return reportIfChanged(at: now) }
    let order = removalOrder(of: desired, uid: nil)
    return reportIfChanged(at: now) + [.remove(order)]
  }

  /// The placement has nothing on the cluster any more, as wanted: what was changed by hand there went with it.
  mutating func settleRemoval(at now: Timestamp) {
    drifts.correct(at: now)
    status.noteDrift(drifts, at: now)
    status.settleRemoval(at: now)
  }

  /// Whether the namespace of what is to be removed has passed to another placement: its owner is not asked to take it away, also
  /// when that other one has left it since and asks for that itself.
  mutating func isSucceeded() -> Bool {
    guard desired?.phase == .removed else { return false }
    if isNamespaceHeld { hadSuccessor = true }
    return hadSuccessor
  }

  /// Of what is removed little is kept: it stays for as long as the topic has it, and there are ever more of them. What was
  /// wanted follows from the state, see ``recall(for:)``.
  private mutating func letGo() {
    objects = []
    facts = [:]
    graves = [:]
    absences = [:]
    drifts = DriftLog()
    holds = HoldBook()
    notes.begin()
  }

  /// Whether the accepted state is a removal that was seen carried out, is remembered and was reported: nothing is lost with
  /// the machine.
  var isDone: Bool {
    guard case .idle = work, refused == nil, isRemembered, let desired, desired.phase == .removed,
      let report = status.lastReport, report.version == desired.version, report.phase == .removed
    else { return false }
    return report.conditions.contains { $0.type == ConditionType.applied && $0.status == .yes }
  }

  /// An object of a removed placement has come back, out of a backup or by somebody's hand: what goes with it is known again.
  mutating func recall(for object: LiveObject) {
    guard isRemoved, objects.isEmpty, let desired, desired.mode == .own,
      object.labels[Labels.placement] == placement.uuidString.lowercased()
    else { return }
    let wanted = DesiredObjects.render(desired, podsInUse: podsInUse, rules: rules)
    if wanted.contains(where: { $0.ref == object.ref }) { objects = wanted }
  }

  private mutating func removalOrder(of desired: DesiredState, uid: String?) -> RemovalOrder {
    attempts += 1
    work = .applying(attempt: attempts)
    orderedVersion = desired.version
    return RemovalOrder(
      placement: placement, attempt: attempts, version: desired.version,
      namespace: ObjectRef(kind: .namespace, namespace: desired.namespace, name: desired.namespace), uid: uid,
      mayTakeVolumes: desired.removePersistentVolumes == true)
  }
}
