import Events
import Foundation
import Model
import Placement
import Postgres

/// What a decision is made on, as of one moment. Comparing two of them tells whether the first has gone stale.
struct DecisionBasis: Sendable {
  /// The versions and clocks of the moment.
  struct Head: Sendable, Hashable {
    var offerVersion: Int64
    var policyVersion: Int64?
    var epoch: Int64
    var now: Timestamp
    var day: CalendarDay
    var staleZones: [String]
    /// Whether a reservation has expired whose capacity was not released yet.
    var hasDueReservations: Bool
  }

  var head: Head
  var project: Resource<ProjectSpec>
  var ledger: Ledger
  var held: [PlacementRecord]

  /// Replicas and what they hold in the ledger, lowered quotas that were not observed yet included. Where a replica
  /// lives on, what is to be removed of it elsewhere is no place it could stay at; the ledger knows what that still
  /// holds.
  var existing: [ExistingPlacement] {
    let living = Set(held.filter { $0.spec.phase != .removed }.map(Replica.init))
    return held.filter { record in
      record.spec.phase != .removed || !living.contains(Replica(record))
    }.map { record in
      ExistingPlacement(
        environment: record.spec.environment, replica: record.spec.replica, cluster: record.spec.cluster,
        stage: record.spec.stage, quota: record.reserved)
    }
  }

  /// What may have one home only.
  private struct Replica: Hashable {
    var environment: String
    var number: Int

    init(_ record: PlacementRecord) {
      environment = record.spec.environment
      number = record.spec.replica
    }
  }

  /// The engine's input.
  func inputs(derogations: [Resource<DerogationSpec>]) -> DecisionInputs {
    var project = project
    project.metadata = Metadata(name: project.name, labels: project.metadata.labels)
    let request = DecisionRequest(
      project: project, existing: existing,
      derogations: derogations.filter { $0.spec.project == project.name }, now: head.now.date)
    return DecisionInputs(request: request, ledger: ledger, staleZones: head.staleZones, day: head.day)
  }

  /// Why a decision made on this may not be committed on `present`; nil when it may.
  func staleness(against present: DecisionBasis, ledgerMatters: Bool) -> String? {
    if head.offerVersion != present.head.offerVersion { return "offer" }
    if head.policyVersion != present.head.policyVersion { return "policy" }
    if head.epoch != present.head.epoch { return "epoch" }
    if head.day != present.head.day { return "day" }
    if head.staleZones != present.head.staleZones { return "heartbeats" }
    if !project.sameContent(as: present.project) { return "project" }
    if held.map(\.fingerprint) != present.held.map(\.fingerprint) { return "placements" }
    return ledgerMatters && ledger != present.ledger ? "ledger" : nil
  }
}

extension PlacementRecord {
  fileprivate struct Fingerprint: Hashable {
    var id: UUID
    var revision: Int64
    var phase: PlacementPhase
    var reserved: ResourceAmounts
  }

  /// What may not have changed since the engine looked.
  fileprivate var fingerprint: Fingerprint {
    Fingerprint(id: spec.id, revision: spec.revision, phase: spec.phase, reserved: reserved)
  }
}

extension Resource {
  fileprivate func sameContent(as other: Resource<Spec>) -> Bool {
    spec == other.spec && metadata.labels == other.metadata.labels
  }
}
