public import Events
public import Foundation
public import Model

/// What the machine knows of its placement, before the shell stamps it with incarnation and sequence.
public struct PlacementReport: Sendable, Hashable {
  /// The placement.
  public var placement: UUID
  /// The zone's slug.
  public var zone: String
  /// The cluster's name.
  public var cluster: String
  /// The version acted on, or refused.
  public var version: StateVersion
  /// The phase of that version.
  public var phase: PlacementPhase
  /// Conditions in the order of ``ConditionType``.
  public var conditions: [Condition]
  /// Use as the quota counts it.
  public var used: ResourceList?
  /// What the cluster enforces of Régie's own quota; nil where that is not known.
  public var enforced: ResourceList?
  /// The latest drifts.
  public var drifts: [ObservedState.Drift]
  /// Drifts that fell off the list.
  public var driftsOmitted: Int64
  /// When each stage was reached.
  public var timeline: ObservedState.Timeline

  /// The observation for the bus.
  public func stamped(incarnation: Int64, sequence: Int64, at now: Timestamp) -> ObservedState {
    var timeline = timeline
    timeline.reportedAt = now
    return ObservedState(
      placement: placement, zone: zone, cluster: cluster, incarnation: incarnation, sequence: sequence,
      observedEpoch: version.epoch, observedRevision: version.revision, phase: phase, conditions: conditions,
      used: used, enforced: enforced, drifts: drifts, driftsOmitted: driftsOmitted, timeline: timeline)
  }
}
