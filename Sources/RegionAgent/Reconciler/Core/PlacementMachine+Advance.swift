internal import Events
internal import Foundation

extension PlacementMachine {
  /// Does the next thing there is to do: order what differs, or settle what is as wanted, and report what changed.
  mutating func advance(at now: Timestamp) -> [Action] {
    guard isListed, desired != nil, case .idle = work else { return reportIfChanged(at: now) }
    let differing = objects.filter { facts[$0.ref]?.isAsWanted != true }
    if differing.isEmpty {
      settle(at: now)
      return reportIfChanged(at: now)
    }
    if facts.contains(where: { $0.key.kind == .namespace && $0.value.isTerminating }) {
      // Nothing can be created in it; its end arrives as an event, and starts over.
      status.fail(ApplyFailure(kind: .terminating, message: "the namespace is being deleted"), at: now)
      return reportIfChanged(at: now)
    }
    if status.isApplied, let until = pace.hold(at: now) {
      work = .waiting(until: until)
      drifts.isContested = true
      status.noteDrift(drifts, at: now)
      return reportIfChanged(at: now) + [.wake(at: until)]
    }
    return reportIfChanged(at: now) + [.apply(order(differing))]
  }

  private mutating func order(_ differing: [ManagedObject]) -> ApplyOrder {
    attempts += 1
    work = .applying(attempt: attempts)
    let namespace = facts.first { $0.key.kind == .namespace }?.value
    return ApplyOrder(
      placement: placement, attempt: attempts, objects: differing, namespaceIsOurs: namespace?.isOurs ?? false)
  }

  private mutating func settle(at now: Timestamp) {
    drifts.correct(at: now)
    status.settle(isReady: quota.isEnforced, at: now)
    status.noteDrift(drifts, at: now)
  }

  /// A report when a condition, a drift or the use of the quota is other than last reported.
  mutating func reportIfChanged(at now: Timestamp) -> [Action] {
    guard let state = refused?.state ?? desired else { return [] }
    let report = report(on: state)
    guard status.isNews(report) else { return [] }
    if status.isOnlyUsage(report), let due = status.usageDue(at: now) { return [.wake(at: due)] }
    status.reported(report, at: now)
    return [.report(report)]
  }

  func report(on state: DesiredState) -> PlacementReport {
    PlacementReport(
      placement: placement, zone: state.zone, cluster: state.cluster, version: state.version, phase: state.phase,
      conditions: status.conditions(revision: state.revision), used: quota.used, drifts: drifts.entries,
      driftsOmitted: drifts.omitted, timeline: status.timeline)
  }
}
