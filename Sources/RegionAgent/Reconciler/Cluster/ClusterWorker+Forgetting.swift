public import Foundation

/// What is forgotten of placements that were removed long ago (protocol rule 11).
///
/// What the cluster remembers of them stays, for good: a signed `active` of before their removal may be played again, and who
/// has once read the topic has it. That is the placement's identifier with its last version, some 55 bytes.
extension ClusterWorker {
  /// Lets go of placements that the zone's record does not count any more, of each as soon as its removal was seen carried out
  /// and reported, or its state is refused for one that is remembered. A newer state calls that off. What comes back on the cluster of one that was let go is an orphan.
  public func forget(_ placements: [UUID]) {
    for placement in placements where machines[placement] != nil {
      leaving.insert(placement)
      letGo(placement)
    }
  }

  func letGo(_ placement: UUID) {
    guard leaving.contains(placement), let machine = machines[placement]?.machine,
      machine.isDone || machine.obsolete != nil
    else { return }
    leaving.remove(placement)
    machines[placement] = nil
    if machine.refusedState != nil || machine.obsolete != nil { drop(placement) }
    unapplied.note(placement, nil)
    drifts.forget(placement)
    removalMoments[placement] = nil
    applicationBook?.forget(placement)
    if let namespace = machine.namespace {
      tenants[namespace]?.removeAll { $0 == placement }
      if tenants[namespace]?.isEmpty == true { tenants[namespace] = nil }
    }
    forgotten(placement)
  }
}
