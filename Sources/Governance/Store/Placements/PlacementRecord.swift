public import Events
public import Foundation
public import Model

/// A placement with all that is known of it: what is wanted, what was said on the bus, what was seen.
public struct PlacementRecord: Codable, Sendable, Hashable {
  /// What was decided.
  public var spec: PlacementSpec
  /// The sensitivity of the zone.
  public var sensitivity: Sensitivity
  /// What the agent may do on the cluster.
  public var mode: ClusterSpec.Mode
  /// For `removed`: nothing is deleted before this moment.
  public var notBefore: Timestamp?
  /// For `removed`: persistent volumes may go too.
  public var removePersistentVolumes: Bool
  /// When the placement was first decided, by the database's clock.
  public var createdAt: Timestamp
  /// When the current revision was decided, by the database's clock.
  public var decidedAt: Timestamp
  /// When the bus acknowledged the current revision, by the database's clock; nil until then.
  public var publishedAt: Timestamp?
  /// When the removal was observed, or its loss declared, and the capacity released.
  public var removedAt: Timestamp?
  /// What the ledger holds for it.
  public var reserved: ResourceAmounts
  /// The reservation that it began as; nil where it was confirmed at once.
  public var reservation: UUID?
  /// What the agent saw last.
  public var observed: ObservedPlacement?
  /// The trace of the request that made the current revision.
  public var traceparent: String?
  /// True for what a move leaves: the project asks for what takes its place.
  public var isLeaving: Bool?
  /// The decision that chose the chain, where that is a later one than the decision that made the revision; nil where it is the
  /// same, and where that is not known.
  public var chainDecision: UUID?
  /// True where a person has declared its loss, and the capacity was released by that.
  public var isLossDeclared: Bool?

  /// Whether it is only reserved, or was never more: nothing is desired of it before the first revision.
  public var isUnconfirmed: Bool { spec.revision == 0 }

  /// Whether what was seen is of exactly the current revision.
  public var isCurrent: Bool {
    observed.map { $0.state.version == StateVersion(epoch: spec.epoch, revision: spec.revision) } ?? false
  }

  /// Whether the current revision was seen ready.
  public var isReady: Bool { isCurrent && (observed?.state.holds(ConditionType.ready) ?? false) }

  /// Whether it is gone by the word of a person alone: no agent has seen that its removal was carried out.
  public var isLostUnseen: Bool {
    let isSeen = isCurrent && observed?.state.phase == .removed && observed?.state.holds(ConditionType.applied) == true
    return isLossDeclared == true && !isSeen
  }

  /// The state as it is said on the bus.
  public func desiredState() -> DesiredState {
    DesiredState(
      placement: spec.id, zone: spec.zone, cluster: spec.cluster, phase: spec.phase, revision: spec.revision,
      epoch: spec.epoch, decision: spec.decision, decidedAt: decidedAt, sensitivity: sensitivity, mode: mode,
      namespace: spec.namespace,
      project: DesiredState.Project(id: spec.projectID, name: spec.project, organisation: spec.organisation),
      environment: DesiredState.Environment(id: spec.environmentID, name: spec.environment, stage: spec.stage),
      quota: spec.quota, notBefore: notBefore, removePersistentVolumes: removePersistentVolumes ? true : nil)
  }
}

/// What the agent saw last of a placement, and when that was stored.
public struct ObservedPlacement: Codable, Sendable, Hashable {
  /// The agent's report.
  public var state: ObservedState
  /// When it was stored, by the database's clock.
  public var storedAt: Timestamp
}

extension ObservedState {
  /// What the report is about.
  var version: StateVersion { StateVersion(epoch: observedEpoch, revision: observedRevision) }

  /// Whether a condition is true for the revision that the report is about.
  func holds(_ condition: String) -> Bool {
    conditions.contains { $0.type == condition && $0.status == .yes && $0.observedRevision == observedRevision }
  }
}
