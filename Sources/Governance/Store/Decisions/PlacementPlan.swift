import Events
import Foundation
import Model
import Placement

/// What a decision changes of a project's placements: pure, so that every case can be looked at.
struct PlacementPlan: Sendable, Hashable {
  /// An addition to a cluster's promises, checked against the limit of its stage.
  struct Reservation: Sendable, Hashable {
    var cluster: String
    var added: ResourceAmounts
    var limit: ResourceAmounts
  }

  /// New placements.
  var inserted: [PlacementRecord] = []
  /// Placements with their next revision.
  var updated: [PlacementRecord] = []
  /// Placements that stay as they are, with the chain that delivers to them from now on.
  var rechained: [PlacementRecord] = []
  /// In the order of the cluster's names, and of the decision within one.
  var reservations: [Reservation] = []
  /// Replicas that may not stay where they are.
  var pendingMoves: [DecisionOutcome.PendingMove] = []

  /// Whether there is nothing to write.
  var isEmpty: Bool { inserted.isEmpty && updated.isEmpty && rechained.isEmpty }

  /// All placements with a new revision.
  var changed: [PlacementRecord] { inserted + updated }

  /// What new rows are made of, besides the decision.
  struct Origin: Sendable {
    var decision: UUID
    var epoch: Int64
    var now: Timestamp
    var traceparent: String?
    var projectID: UUID
    /// By environment name.
    var environmentIDs: [String: UUID]
    /// The secondary chain that was chosen.
    var chain: String?
    /// What environments have become that were moved, by their old names.
    var moved: [String: String] = [:]
    /// The offer that was decided on.
    var prepared: PreparedOffer
    /// Whether what is new is published at once, or waits for the console.
    var purpose = DecisionPurpose.place
    /// What is held by reservations that have expired and could not be released.
    var ended: Set<UUID> = []
  }

  /// The changes that bring `held` to what `decided` says.
  ///
  /// - Throws: ``StoreError`` of kind `reservationPending` where they touch what waits for its confirmation, `conflict`
  ///   where a reservation would change what is placed already.
  init(
    _ decided: [Assignment], project: Resource<ProjectSpec>, held: [PlacementRecord], origin: Origin,
    mint: () -> UUID
  ) throws {
    let environments = Dictionary(
      project.spec.environments.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let order = decided.sorted {
      ($0.cluster, $0.environment, $0.replica) < ($1.cluster, $1.environment, $1.replica)
    }
    for assignment in order {
      let replicas = held.filter {
        $0.spec.environment == assignment.environment && $0.spec.replica == assignment.replica
      }
      guard let environment = environments[assignment.environment] else { continue }
      if let next = origin.moved[environment.name], !held.contains(where: { $0.stands(in: environment.name) }) {
        // What a move leaves is the move's, as long as it is there; and afterwards it is elsewhere.
        guard held.contains(where: { $0.isLeft(of: environment.name) }) else {
          throw StoreError.wasMoved(environment.name, to: next)
        }
        continue
      }
      if let waiting = replicas.first(where: \.isUnconfirmed) {
        try leave(waiting, to: environment, assignment: assignment, project: project, origin: origin)
        continue
      }
      let elsewhere = replicas.filter { $0.spec.phase != .removed && $0.spec.cluster != assignment.cluster }
      pendingMoves += elsewhere.map { replica in
        DecisionOutcome.PendingMove(
          placement: replica.spec.id, from: replica.spec.cluster, to: assignment.cluster)
      }
      // What is to be removed here is not called back beside a home elsewhere: the replica would have two, for good.
      let here = replicas.first { $0.spec.cluster == assignment.cluster }
      if let here, here.spec.phase != .removed || elsewhere.isEmpty {
        try update(here, to: environment, assignment: assignment, project: project, origin: origin)
      } else if elsewhere.isEmpty {
        try insert(environment, assignment: assignment, project: project, origin: origin, id: mint())
      }
    }
  }

  /// What waits for its confirmation is not decided on again. A further reservation may pass it by, if it would stay as
  /// it is, and has not ended: what can not be released now is not for the one who asks either.
  private func leave(
    _ waiting: PlacementRecord, to environment: ProjectSpec.Environment, assignment: Assignment,
    project: Resource<ProjectSpec>, origin: Origin
  ) throws {
    let stays =
      waiting.spec.cluster == assignment.cluster && waiting.wanted(environment, of: project).spec == waiting.spec
    guard stays, origin.purpose != .place, !origin.ended.contains(waiting.spec.id) else {
      throw StoreError.reservationPending(waiting)
    }
  }

  /// The next revision of a replica that stays, if anything of it changes; a removal that was not observed yet is
  /// called back. What a migration has frozen or drained is the migration's, but
  /// for the chain that delivers to it.
  private mutating func update(
    _ present: PlacementRecord, to environment: ProjectSpec.Environment, assignment: Assignment,
    project: Resource<ProjectSpec>, origin: Origin
  ) throws {
    guard present.spec.phase == .active || present.spec.phase == .removed else { return rechain(present, origin) }
    var next = present.wanted(environment, of: project)
    guard next.spec != present.spec else { return rechain(present, origin) }
    guard origin.purpose == .place else { throw StoreError.notReservable(present) }
    (next.spec.chain, next.chainDecision) = (origin.chain, nil)
    next.reserved = present.reserved.maximum(assignment.quota)
    next.stamp(origin)
    updated.append(next)
    reserve(next.reserved.difference(from: present.reserved), assignment)
  }

  /// What stays as it is may have another chain from now on. A reservation decides on nothing but what is new.
  private mutating func rechain(_ present: PlacementRecord, _ origin: Origin) {
    guard origin.purpose == .place, let chain = origin.chain, chain != present.spec.chain else { return }
    var next = present
    (next.spec.chain, next.chainDecision) = (chain, origin.decision)
    rechained.append(next)
  }

  private mutating func insert(
    _ environment: ProjectSpec.Environment, assignment: Assignment, project: Resource<ProjectSpec>, origin: Origin,
    id: UUID
  ) throws {
    guard let environmentID = origin.environmentIDs[environment.name],
      let cluster = origin.prepared.cluster(named: assignment.cluster),
      let zone = origin.prepared.zones[assignment.zoneName]
    else {
      throw StoreError(
        .contended, "the decision names a place that the offer does not hold: \(assignment.cluster)",
        fr: "la décision nomme un lieu absent de l’offre : \(assignment.cluster)")
    }
    let spec = PlacementSpec(
      id: id, project: project.name, projectID: origin.projectID, organisation: project.spec.organisation,
      environment: environment.name, environmentID: environmentID, stage: environment.stage,
      replica: assignment.replica, zone: assignment.zone, cluster: assignment.cluster,
      namespace: NamespaceName.make(environment: environmentID, project: origin.projectID), phase: .active,
      quota: environment.quota, revision: 0, epoch: origin.epoch, decision: origin.decision,
      chain: origin.chain)
    var record = PlacementRecord(
      spec: spec, sensitivity: zone.spec.sensitivity, mode: cluster.spec.mode, notBefore: nil,
      removePersistentVolumes: false,
      createdAt: origin.now, decidedAt: origin.now, publishedAt: nil, removedAt: nil, reserved: assignment.quota,
      reservation: nil, observed: nil, traceparent: origin.traceparent)
    if origin.purpose == .place { record.stamp(origin) }
    inserted.append(record)
    reserve(assignment.quota, assignment)
  }

  private mutating func reserve(_ added: ResourceAmounts, _ assignment: Assignment) {
    guard added != ResourceAmounts() else { return }
    reservations.append(Reservation(cluster: assignment.cluster, added: added, limit: assignment.limit))
  }
}

extension PlacementRecord {
  /// Whether it is a replica of an environment that is there to stay.
  fileprivate func stands(in environment: String) -> Bool {
    spec.environment == environment && isLeaving != true && spec.phase != .removed
  }

  /// Whether it is what a move leaves, and is not to go yet.
  fileprivate func isLeft(of environment: String) -> Bool {
    spec.environment == environment && isLeaving == true && spec.phase != .removed
  }

  /// This, as the project wants it now.
  fileprivate func wanted(_ environment: ProjectSpec.Environment, of project: Resource<ProjectSpec>) -> PlacementRecord
  {
    var next = self
    next.spec.phase = .active
    next.spec.quota = environment.quota
    next.spec.stage = environment.stage
    next.spec.organisation = project.spec.organisation
    return next
  }

  /// Turns this into the next revision, decided as `origin` says.
  fileprivate mutating func stamp(_ origin: PlacementPlan.Origin) {
    spec.revision += 1
    spec.epoch = origin.epoch
    spec.decision = origin.decision
    decidedAt = origin.now
    publishedAt = nil
    notBefore = nil
    removePersistentVolumes = false
    traceparent = origin.traceparent
  }
}
