import Events
import Foundation
import Model
import Policy

/// What a batch of reports changes of the placements it is about: pure.
struct ObservationEffects: Sendable {
  /// A placement with its newest report.
  struct Update: Sendable {
    var placement: UUID
    var state: ObservedState
    var ready: Bool
    /// What the ledger holds for it afterwards; nil where that does not change.
    var reserved: ResourceAmounts?
    var removed: Bool
  }

  /// By placement, in the order of identifiers.
  private(set) var updates: [Update] = []
  /// What the quotas of ``updates`` enforce, beside what the ledger holds afterwards.
  private(set) var holdings: [QuotaHolding] = []
  /// What is given back, by cluster.
  private(set) var released: [String: ResourceAmounts] = [:]
  /// Reports that were not newer than what was known.
  private(set) var stale = 0
  /// Reports of placements that are unknown or of another zone.
  private(set) var foreign = 0

  /// The effects of `reports`, in the order read, on `placements`: those of the topic's zone, and no others.
  init(_ reports: [ObservedState], on placements: [PlacementRecord], zone: String) {
    let known = Dictionary(placements.map { ($0.spec.id, $0) }, uniquingKeysWith: { first, _ in first })
    var newest: [UUID: ObservedState] = [:]
    for report in reports {
      guard report.zone == zone, let placement = known[report.placement], placement.spec.cluster == report.cluster
      else {
        foreign += 1
        continue
      }
      if let latest = newest[report.placement] ?? placement.observed?.state, !report.isNewer(than: latest) {
        stale += 1
        continue
      }
      newest[report.placement] = report
    }
    for (id, report) in newest.sorted(by: { $0.key.uuidString < $1.key.uuidString }) {
      guard let placement = known[id] else { continue }
      add(report, to: placement)
    }
  }

  /// Capacity is given back only for the current revision, seen applied: a removal gives back everything, a lowered
  /// quota what is neither enforced nor in use any more.
  private mutating func add(_ report: ObservedState, to placement: PlacementRecord) {
    var next = placement
    next.observed = ObservedPlacement(state: report, storedAt: placement.decidedAt)
    let settled =
      next.isCurrent && report.phase == placement.spec.phase && report.holds(ConditionType.applied)
      && placement.removedAt == nil
    let removed = settled && placement.spec.phase == .removed
    let held = removed ? ResourceAmounts() : settled ? next.heldAsSeen : placement.reserved
    let gives = held != placement.reserved
    if gives {
      let amounts = placement.reserved.difference(from: held)
      released[placement.spec.cluster] =
        (released[placement.spec.cluster] ?? ResourceAmounts()).combined(with: amounts, +)
    }
    let spec = placement.spec
    holdings.append(
      QuotaHolding(
        placement: spec.id, project: spec.project, environment: spec.environment, replica: spec.replica,
        cluster: spec.cluster, phase: removed || placement.removedAt != nil ? .removed : spec.phase,
        decided: ResourceAmounts(spec.quota), reserved: held, enforced: report.enforced, used: report.used,
        isCurrent: next.isCurrent && report.phase == spec.phase, isSeen: true))
    updates.append(
      Update(
        placement: placement.spec.id, state: report, ready: next.isReady, reserved: gives ? held : nil,
        removed: removed))
  }
}

extension PlacementRecord {
  /// What the ledger holds for it now that its current revision was seen applied. Of what was promised before nothing
  /// goes back that may still be let in, since API servers judge by what a quota enforces and not by what it says, or
  /// that is in use, since a lowered quota evicts nobody. What is limited and of which nobody says how much is in use may all
  /// be.
  fileprivate var heldAsSeen: ResourceAmounts {
    // Where nobody says what is enforced only Ready says that it is what was decided.
    guard let report = observed?.state, report.enforced != nil || isReady else { return reserved }
    let (wanted, used) = (ResourceAmounts(spec.quota), ResourceAmounts(report.used ?? ResourceList()))
    var held = wanted
    for resource in CountedResource.allCases {
      let isUseUnknown = report.enforced?[resource] != nil && report.used?[resource] == nil
      let most: Int64 = isUseUnknown ? .max : max(used[resource], report.limit(of: resource, wanted: spec.quota))
      held[resource] = max(wanted[resource], min(reserved[resource], most))
    }
    return held
  }
}

extension ObservedState {
  /// What the cluster lets in of a resource, as far as is known: without end where a limit that is wanted is not there.
  fileprivate func limit(of resource: CountedResource, wanted: ResourceList) -> Int64 {
    guard let enforced else { return 0 }
    if enforced[resource] == nil, wanted[resource] != nil { return .max }
    return ResourceAmounts(enforced)[resource]
  }

  /// Reports are ordered by the agent's life, then by their number (protocol rule 14).
  fileprivate func isNewer(than other: ObservedState) -> Bool {
    (incarnation, sequence) > (other.incarnation, other.sequence)
  }
}
