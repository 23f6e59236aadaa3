internal import Events
internal import Foundation
internal import Model

extension PlacementMachine {
  /// Does the next thing there is to do: order what differs, or settle what is as wanted, and report what changed.
  mutating func advance(at now: Timestamp) -> [Action] {
    guard let desired else { return reportIfChanged(at: now) }
    if !isRemembered || !isListed {
      let memory = remember()
      return reportIfChanged(at: now) + memory
    }
    if case .applying = work { return reportIfChanged(at: now) }
    if let gap = doubt(about: desired) {
      work = .idle
      status.hinder("MemoryUnavailable", gap, at: now)
      return reportIfChanged(at: now)
    }
    guard mayEnforce(desired, at: now) else { return reportIfChanged(at: now) }
    switch desired.mode {
    case .own: return advanceOwned(desired, at: now)
    case .gitops: return advanceCommitted(desired, at: now)
    case .adopt: return advanceAdopted(desired, at: now)
    case .observe: return advanceObserved(desired, at: now)
    }
  }

  private mutating func advanceOwned(_ desired: DesiredState, at now: Timestamp) -> [Action] {
    if desired.phase == .removed { return advanceRemoval(of: desired, at: now) }
    // Nothing can be made in it; its end arrives as an event, and starts over.
    if let namespace = namespaceFacts, namespace.isTerminating { return waitForEnd(of: namespace, at: now) }
    return advanceObjects(of: desired, at: now)
  }

  /// The namespace is on its way out: told with what holds that up, as far as the cluster says so.
  mutating func waitForEnd(of namespace: Facts, at now: Timestamp) -> [Action] {
    let message = ["the namespace is being deleted", namespace.hindrance].compactMap { $0 }.joined(separator: ": ")
    status.hinder(ApplyFailure.Kind.terminating.rawValue, message, at: now)
    return reportIfChanged(at: now)
  }

  /// What there is to do in a namespace that is there, or may be made.
  mutating func advanceObjects(of desired: DesiredState, at now: Timestamp) -> [Action] {
    let all = differing
    let differing = resting(all, at: now)
    if !all.isEmpty, differing.isEmpty { return rest(at: now) }
    if differing.isEmpty {
      if desired.phase.isFreezing, podsInUse == nil { return countPods(at: now) }
      settle(at: now)
      return reportIfChanged(at: now) + contestWakes(at: now)
    }
    if case .idle = work, isCounted { return countPods(at: now) }
    guard differing.count < all.count else { return correct(differing, at: now) }
    let (reason, wakes) = restWords(at: now)
    return correct(differing, beside: reason, at: now) + wakes
  }

  /// Whether the pods of what is to grow no more are counted, and not yet allowed for: it takes the quota alone, whatever else
  /// is refused.
  var isCounted: Bool { desired?.phase.isFreezing == true && podsInUse == nil && quota.countedPods != nil }

  /// What is not as wanted and can be made so.
  var differing: [ManagedObject] {
    objects.filter { facts[$0.ref].map { !$0.isAsWanted && !$0.isTerminating } ?? true }.filter { !isWithheld($0.ref) }
  }

  /// Orders what differs and need not wait. What is refused has its own waits, and what was brought about and does not hold is
  /// corrected at a pace; the others of the placement do not wait with it, unless it is a namespace that is not there.
  ///
  /// - Parameter resting: why others that differ are left as they are for now; nil where none is.
  mutating func correct(
    _ differing: [ManagedObject], beside resting: String? = nil, at now: Timestamp
  ) -> [Action] {
    guard case .idle = work else { return reportIfChanged(at: now) }
    let wasContested = holds.isContested
    holds.keep(Set(differing.map(\.ref)))
    var free: [ManagedObject] = []
    var dues: [Timestamp] = []
    var shutUntil: Timestamp?
    for object in differing {
      let isPaced = failures == 0 && wasInPlace(object.ref)
      if let until = shutUntil ?? holds.hold(object.ref, isPaced: isPaced, at: now) {
        dues.append(until)
        if object.ref.kind == .namespace, namespaceFacts?.isOurs != true { shutUntil = until }
      } else {
        free.append(object)
      }
    }
    if !dues.isEmpty { noteHolds(isNew: !wasContested, beside: resting, at: now) }
    let actions = reportIfChanged(at: now)
    guard free.isEmpty else { return actions + [.apply(order(free))] }
    return actions + (dues.min().map { [.wake(at: $0)] } ?? [])
  }

  /// Says what waits by itself, and that the others are as wanted meanwhile.
  private mutating func noteHolds(isNew: Bool, beside resting: String?, at now: Timestamp) {
    let wrong = Set(objects.map(\.ref).filter { facts[$0]?.isAsWanted != true }.map(\.description))
    announceCorrected(allBut: wrong, at: now)
    drifts.correct(allBut: wrong, at: now)
    drifts.isSlowed = holds.isContested
    drifts.isContested = drifts.isSlowed || holds.contestEnd(at: now) != nil
    if let resting {
      status.noteDrift(drifts, resting: resting, at: now)
    } else {
      status.noteDrift(drifts, at: now)
    }
    if holds.isContested, isNew { announce(.contested, at: now) }
    if let failure = holds.failure { status.hinder(failure.kind.rawValue, failure.message, at: now) }
  }

  /// Whether the accepted revision was in place once, so that a difference is someone else's doing.
  var isBroughtAbout: Bool { status.isApplied || wasDelivered }

  /// Whether it was in place once as far as this object goes.
  func wasInPlace(_ ref: ObjectRef) -> Bool { isBroughtAbout || holds.isDelivered(ref) }

  var namespaceFacts: Facts? {
    objects.first { $0.ref.kind == .namespace }.flatMap { facts[$0.ref] }
  }

  private mutating func order(_ differing: [ManagedObject]) -> ApplyOrder {
    attempts += 1
    work = .applying(attempt: attempts)
    // What this order makes is newer than any list so far.
    absences = [:]
    orderedVersion = desired?.version
    return ApplyOrder(
      placement: placement, attempt: attempts, objects: differing, namespaceIsOurs: namespaceFacts?.isOurs ?? false,
      namespaceUID: namespaceUID,
      uids: Dictionary(
        differing.compactMap { object in facts[object.ref].map { (object.ref, $0.uid) } }, uniquingKeysWith: { $1 }),
      clearances: Dictionary(
        differing.compactMap { object in clearance(of: object).map { (object.ref, $0) } }, uniquingKeysWith: { $1 }),
      mayCreateNamespace: desired?.phase != .removed && !kept.isBound, isGuest: desired?.mode == .adopt)
  }

  private func clearance(of object: ManagedObject) -> ObjectTree? {
    facts[object.ref].flatMap { object.clearance(of: $0.passing, uid: $0.uid, resourceVersion: $0.resourceVersion) }
  }

  /// Nothing differs, whatever the last attempt said: one that timed out may have come through.
  mutating func settle(at now: Timestamp) {
    work = .idle
    failures = 0
    holds.keep([])
    if let going = objects.first(where: { facts[$0.ref]?.isTerminating == true }) {
      status.hinder("ObjectTerminating", "\(going.ref) is being deleted; it is made again afterwards", at: now)
      return
    }
    announceSettled(at: now)
    drifts.correct(at: now)
    drifts.isContested = holds.contestEnd(at: now) != nil
    status.settle(isReady: quota.isEnforced, at: now)
    status.noteDrift(drifts, at: now)
  }

  /// When what was fought over is so no more, where nobody changes anything until then.
  private func contestWakes(at now: Timestamp) -> [Action] {
    holds.contestEnd(at: now).map { [.wake(at: $0)] } ?? []
  }

  /// A report when a condition, a drift or the use of the quota is other than last reported.
  mutating func reportIfChanged(at now: Timestamp) -> [Action] {
    guard let report, status.isNews(report) else { return [] }
    if status.isOnlyDetail(report), let due = status.detailDue(at: now) { return [.wake(at: due)] }
    status.reported(report, at: now)
    return [.report(report)]
  }

  /// What is known now: of the refused state where there is one, with the drifts of the accepted one.
  private var report: PlacementReport? {
    guard let state = refused?.state ?? desired else { return nil }
    let accepted = desired?.revision ?? 0
    let conditions =
      refused.map {
        $0.conditions + unenforced(of: $0.state) + status.conditions(revision: accepted, of: [ConditionType.drifted])
      }
      ?? status.conditions(revision: accepted)
    return PlacementReport(
      placement: placement, zone: state.zone, cluster: state.cluster, version: state.version, phase: state.phase,
      conditions: conditions, used: quota.used, enforced: quota.enforced, drifts: drifts.entries,
      driftsOmitted: drifts.omitted, timeline: refused?.timeline ?? status.timeline)
  }
}
