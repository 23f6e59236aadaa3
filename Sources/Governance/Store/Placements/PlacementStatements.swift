import Events
import Foundation
import Model
import Postgres

/// Writes placements, with their reservations and outbox rows.
enum PlacementStatements {
  /// A new placement. In zones that Régie owns the reservation is confirmed at once; one that belongs to a hold waits
  /// for the console (protocol rule 5).
  static func insert(_ record: PlacementRecord, hold: Hold?) throws -> [PostgresQuery] {
    let (spec, reserved) = (record.spec, record.reserved)
    let confirmedAt = hold == nil ? record.decidedAt.date : nil
    return [
      """
      INSERT INTO placements (id, project, project_id, organisation, environment, environment_id, stage, replica, zone,
        cluster, namespace, sensitivity, mode, phase, quota, revision, epoch, decision, decided_at, created_at,
        traceparent)
      VALUES (\(spec.id), \(spec.project), \(spec.projectID), \(spec.organisation), \(spec.environment),
        \(spec.environmentID), \(spec.stage), \(Int32(spec.replica)), \(spec.zone), \(spec.cluster), \(spec.namespace),
        \(record.sensitivity.rawValue), \(record.mode.rawValue), \(spec.phase.rawValue),
        \(try PostgresJSON(model: spec.quota)), \(spec.revision), \(spec.epoch), \(spec.decision),
        \(record.decidedAt.date), \(record.createdAt.date), \(record.traceparent as String?))
      """,
      """
      INSERT INTO reservations (placement, cluster, state, cpu, memory, gpu, storage, pods, confirmed_at, hold, expires_at)
      VALUES (\(spec.id), \(spec.cluster), \(hold == nil ? "confirmed" : "pending"), \(reserved.cpu),
        \(reserved.memory), \(reserved.gpu), \(reserved.storage), \(reserved.pods), \(confirmedAt as Date?),
        \(hold?.id as UUID?), \(hold?.expiresAt.date as Date?))
      """,
    ]
  }

  /// The next revision of a placement whose row is locked; nothing is known of how it is observed.
  static func update(_ record: PlacementRecord) throws -> [PostgresQuery] {
    let spec = record.spec
    return [
      """
      UPDATE placements SET organisation = \(spec.organisation), stage = \(spec.stage), phase = \(spec.phase.rawValue),
        quota = \(try PostgresJSON(model: spec.quota)), revision = \(spec.revision), epoch = \(spec.epoch),
        decision = \(spec.decision), decided_at = \(record.decidedAt.date),
        not_before = \(record.notBefore?.date as Date?),
        remove_persistent_volumes = \(record.removePersistentVolumes), traceparent = \(record.traceparent as String?),
        observed_ready = false
      WHERE id = \(spec.id)
      """,
      reserved(record.reserved, by: spec.id),
    ]
  }

  /// The first revision of a placement that was only reserved, and whose row is locked.
  static func confirm(_ record: PlacementRecord) -> PostgresQuery {
    let spec = record.spec
    return """
      UPDATE placements SET project_id = \(spec.projectID), environment_id = \(spec.environmentID),
        namespace = \(spec.namespace), revision = \(spec.revision), epoch = \(spec.epoch),
        decided_at = \(record.decidedAt.date), traceparent = \(record.traceparent as String?)
      WHERE id = \(spec.id)
      """
  }

  /// What the ledger holds for a placement.
  static func reserved(_ amounts: ResourceAmounts, by placement: UUID) -> PostgresQuery {
    """
    UPDATE reservations SET cpu = \(amounts.cpu), memory = \(amounts.memory), gpu = \(amounts.gpu),
      storage = \(amounts.storage), pods = \(amounts.pods)
    WHERE placement = \(placement)
    """
  }

  /// The outbox row that says that a placement has a new revision.
  static func announce(_ record: PlacementRecord, reason: String) -> PostgresQuery {
    """
    INSERT INTO outbox (placement, epoch, revision, reason)
    VALUES (\(record.spec.id), \(record.spec.epoch), \(record.spec.revision), \(reason))
    """
  }

  /// A project's placements, without those that are only reserved, removed or to be removed.
  static func live(of project: String) -> PostgresQuery {
    """
    SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables)
    WHERE p.project = \(project) AND p.removed_at IS NULL AND p.phase <> 'removed' AND p.revision >= 1
    ORDER BY p.environment, p.replica, p.id
    """
  }
}
