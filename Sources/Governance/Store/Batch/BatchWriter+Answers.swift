import Events
import Foundation
import Model
import Placement

extension BatchWriter {
  /// What those who asked are told, once it is committed.
  var answers: [(DecisionJob, BatchAnswer)] {
    entries.map { entry in
      let answer = answer(of: entry)
      guard entry.isWritten else { return (entry.job, .stored(answer, isReplay: false)) }
      return (entry.job, .made(DecisionOutcome(answer, .byEngine(entry.trial.explanation, ground.prepared.engine))))
    }
  }

  /// An answer as it is kept for its key.
  func answer(of entry: Entry) -> StoredAnswer {
    var reservation: ReservationRecord?
    if let hold = entry.hold {
      reservation = ReservationRecord(
        id: hold.id, project: entry.job.project, state: .pending, decision: entry.id,
        principal: entry.job.context.principal, createdAt: truth.head.now, expiresAt: hold.expiresAt,
        confirmedAt: nil, cancelledAt: nil, placements: entry.inserted.sorted { $0.precedes($1) })
    }
    let placements = placements(after: entry)
    return StoredAnswer(
      decision: entry.repeats ?? summary(of: entry), reservation: reservation,
      placements: placements, pendingMoves: entry.plan?.pendingMoves ?? [],
      changed: entry.plan?.isEmpty == false, asPlanned: entry.isAsPlanned(with: placements))
  }

  func summary(of entry: Entry) -> DecisionSummary {
    let plan = entry.trial.plan
    return DecisionSummary(
      id: entry.id, number: entry.number, project: entry.job.project, placed: entry.trial.isPlaced,
      attempts: entry.job.attempt, moved: entry.job.moved, engineVersion: plan.engineVersion,
      policyVersion: plan.policyVersion, snapshotDigest: Digest.hexadecimal(ground.prepared.digest),
      epoch: truth.head.epoch, principal: entry.job.context.principal, decidedAt: truth.head.now)
  }

  /// What projects hold after it, where that is all that changes of them. The database's order of names is not ours: where
  /// there are several that it might order otherwise, it is asked.
  var held: [String: [HeldReplica]] {
    var found: [String: [HeldReplica]] = [:]
    for entry in entries where entry.isWritten && entry.put == nil && entry.plan?.isEmpty == false {
      let all = all(after: entry).sorted { $0.precedes($1) }
      let names = Set(all.map(\.spec.environment))
      guard names.count == 1 || names.allSatisfy({ $0.utf8.allSatisfy { (97...122).contains($0) } }) else { continue }
      found[entry.job.project] = all.map(HeldReplica.init)
    }
    return found
  }

  /// The project's placements after it, without those that are only reserved, removed or to be removed.
  private func placements(after entry: Entry) -> [PlacementRecord] {
    all(after: entry).filter { $0.spec.phase != .removed && !$0.isUnconfirmed }.sorted { $0.precedes($1) }
  }

  private func all(after entry: Entry) -> [PlacementRecord] {
    let held = truth.held[entry.job.project, default: []]
    let updated = Dictionary(
      ((entry.plan?.updated ?? []) + (entry.plan?.rechained ?? [])).map { ($0.spec.id, $0) },
      uniquingKeysWith: { first, _ in first })
    return held.map { updated[$0.spec.id] ?? $0 } + entry.inserted
  }
}

extension BatchWriter.Entry {
  /// Whether the project has gone where it was planned to; nil where it might go anywhere.
  fileprivate func isAsPlanned(with placements: [PlacementRecord]) -> Bool? {
    if job.isFreed { return false }
    return job.places.isEmpty ? nil : trial.isPlaced && placements.hold(all: job.places)
  }

  /// New placements, as they are stored.
  var inserted: [PlacementRecord] {
    guard let hold else { return plan?.inserted ?? [] }
    return (plan?.inserted ?? []).map { record in
      var reserved = record
      reserved.reservation = hold.id
      return reserved
    }
  }
}

extension PlacementRecord {
  /// The order of a project's placements: environment, replica, identifier.
  func precedes(_ other: PlacementRecord) -> Bool {
    (spec.environment, spec.replica, spec.id.uuidString)
      < (other.spec.environment, other.spec.replica, other.spec.id.uuidString)
  }
}
