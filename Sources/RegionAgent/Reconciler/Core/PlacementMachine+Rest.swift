internal import Events
internal import Model

/// Changes by hand that are not put back, or not yet.
extension PlacementMachine {
  /// Whether a difference of an object is somebody's doing, where such may be left alone: the revision was in place, in
  /// this life, or the object itself bears it from an earlier one, or was there in an earlier one.
  func isDrift(_ ref: ObjectRef) -> Bool {
    (driftMode != .correct || desired?.mode == .gitops)
      && (wasInPlace(ref) || facts[ref]?.bearsVersion == true || lost.contains(ref))
  }

  /// Notes what was deleted by hand while no life of the agent looked: it is missing beside what bears the very version that an
  /// earlier life acted on. Such a life may also have ended before all was made, which leaves any part of it: at least half must
  /// be there. In another's namespace what may be added is the operator's choice of the day, and tells nothing.
  mutating func noteLosses(at now: Timestamp) {
    lost = []
    guard desired?.mode == .own, desired?.phase != .removed, isRemembered, !isBroughtAbout else { return }
    let inner = objects.map(\.ref).filter { $0.kind != .namespace }
    let missing = inner.filter { facts[$0] == nil }
    guard !missing.isEmpty, missing.count <= inner.count(where: { facts[$0]?.age == .same }) else { return }
    lost = Set(missing)
    for ref in missing { drifts.noteDeletion(of: ref, at: now) }
    status.noteDrift(drifts, at: now)
  }

  private func rest(_ now: Timestamp) -> DriftMode.Rest {
    driftMode.rest(at: now, pause: facts.values.compactMap(\.pauseUntil).max())
  }

  /// What of the differing objects is to be corrected now. What the guard allows no more is not given back to where its operator
  /// has taken it away.
  func resting(_ differing: [ManagedObject], at now: Timestamp) -> [ManagedObject] {
    let open = kept.isBound ? differing.filter { facts[$0.ref]?.isTighter != true } : differing
    return rest(now) == .none ? open : open.filter { !isDrift($0.ref) }
  }

  /// All that differs is left as it is for now, and told.
  mutating func rest(at now: Timestamp) -> [Action] {
    work = .idle
    drifts.rest()
    let (reason, wakes) = restWords(at: now)
    status.noteDrift(drifts, resting: reason, at: now)
    return reportIfChanged(at: now) + wakes
  }

  /// Why changes are left as they are, and when that ends by itself.
  func restWords(at now: Timestamp) -> (reason: String, wakes: [Action]) {
    guard case .until(let end) = rest(now) else { return ("Reported", []) }
    return ("Paused", [.wake(at: end)])
  }
}
