import Events
import Foundation
import Model

extension BusEvidence.Seen {
  /// Whether it says something else under the version that the row has. What it means counts, and not how it is written.
  func isAnother(than record: PlacementRecord) -> Bool {
    state.version == record.version && state != record.desiredState()
  }

  /// Whether an earlier recovery has left it, or a later one, to people.
  func isLeft(_ version: StateVersion?) -> Bool { version.map { $0 >= state.version } ?? false }

  /// Whether it is a decision of a life that the row does not know.
  func isAhead(of record: PlacementRecord) -> Bool { state.version > record.version || isAnother(than: record) }

  /// Whether it is a removal that an agent has seen carried out.
  func isDone(_ zone: BusEvidence) -> Bool {
    guard state.phase == .removed, let observed = zone.observed[state.placement] else { return false }
    return observed.version == state.version && observed.phase == .removed && observed.holds(ConditionType.applied)
  }
}

extension BusEvidence {
  /// The removal of a row, decided in the lost life, that an agent has seen carried out; nil where there is none. It counts where
  /// the bus holds nothing of the placement.
  func removal(of record: PlacementRecord) -> ObservedState? {
    guard record.removedAt == nil, !record.isUnconfirmed, let observed = observed[record.spec.id],
      observed.version > record.version, observed.phase == .removed, observed.holds(ConditionType.applied)
    else { return nil }
    return observed
  }
}

extension PublishedState {
  init(_ seen: BusEvidence.Seen) {
    self.init(
      placement: seen.state.placement, zone: seen.state.zone, version: seen.state.version, content: seen.content,
      partition: seen.partition, offset: seen.offset)
  }
}

extension PlacementRecord {
  /// Epoch and revision of what is decided.
  var version: StateVersion { StateVersion(epoch: spec.epoch, revision: spec.revision) }

  /// The namespace, of its cluster.
  var place: String { "\(spec.cluster)/\(spec.namespace)" }

  /// Whose replicas it is numbered among.
  var replicas: String { "\(spec.project)/\(spec.environment)" }

  /// Becomes what a state says; zone and cluster never change.
  mutating func take(_ state: DesiredState) {
    spec.organisation = state.project.organisation
    spec.projectID = state.project.id
    spec.environmentID = state.environment.id
    spec.stage = state.environment.stage
    spec.namespace = state.namespace
    spec.phase = state.phase
    spec.quota = state.quota
    spec.revision = state.revision
    spec.epoch = state.epoch
    // The bus tells of no chain. Of another decision than the row's none is known; of the same it is the one that the row has.
    if spec.decision != state.decision { (spec.chain, chainDecision) = (nil, nil) }
    spec.decision = state.decision
    decidedAt = state.decidedAt
    notBefore = state.notBefore
    removePersistentVolumes = state.removePersistentVolumes ?? false
    traceparent = nil
  }

  /// What only the bus knows.
  init(adopting state: DesiredState, replica: Int) {
    self.init(
      spec: PlacementSpec(
        id: state.placement, project: state.project.name, projectID: state.project.id,
        organisation: state.project.organisation, environment: state.environment.name,
        environmentID: state.environment.id, stage: state.environment.stage, replica: replica, zone: state.zone,
        cluster: state.cluster, namespace: state.namespace, phase: state.phase, quota: state.quota,
        revision: state.revision, epoch: state.epoch, decision: state.decision),
      sensitivity: state.sensitivity, mode: state.mode, notBefore: state.notBefore,
      removePersistentVolumes: state.removePersistentVolumes ?? false, createdAt: state.decidedAt,
      decidedAt: state.decidedAt, publishedAt: nil, removedAt: nil, reserved: ResourceAmounts(state.quota),
      reservation: nil, observed: nil, traceparent: nil)
  }
}
