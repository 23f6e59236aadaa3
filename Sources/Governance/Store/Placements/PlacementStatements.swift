import Events
import Foundation
import Model
import Postgres

/// Writes placements, with their reservations and outbox rows.
enum PlacementStatements {
  /// New placements, in one statement. In zones that Régie owns the reservation is confirmed at once, and the outbox tells of
  /// it; one that belongs to a hold waits for the console (protocol rule 5), and nothing is desired of it yet.
  static func insert(_ new: [(record: PlacementRecord, hold: Hold?)]) -> PostgresQuery {
    let records = new.map(\.record)
    let specs = records.map(\.spec)
    let amounts = records.map(\.reserved)
    return """
      WITH fresh AS MATERIALIZED (SELECT * FROM unnest(\(specs.map(\.id)), \(specs.map(\.project)), \(specs.map(\.projectID)),
        \(specs.map(\.organisation)), \(specs.map(\.environment)), \(specs.map(\.environmentID)),
        \(specs.map(\.stage)), \(specs.map { Int32($0.replica) }), \(specs.map(\.zone)), \(specs.map(\.cluster)),
        \(specs.map(\.namespace)), \(records.map(\.sensitivity.rawValue)), \(records.map(\.mode.rawValue)),
        \(specs.map(\.phase.rawValue)), \(specs.map { PostgresJSON(quota: $0.quota) }),
        \(specs.map(\.revision)), \(specs.map(\.epoch)), \(specs.map(\.decision)),
        \(records.map(\.decidedAt.date)), \(records.map(\.createdAt.date)), \(records.map(\.traceparent)),
        \(specs.map(\.chain)),
        \(amounts.map(\.cpu)), \(amounts.map(\.memory)), \(amounts.map(\.gpu)), \(amounts.map(\.storage)),
        \(amounts.map(\.pods)), \(new.map { $0.hold?.id }), \(new.map { $0.hold?.expiresAt.date }))
        AS f (id, project, project_id, organisation, environment, environment_id, stage, replica, zone, cluster, namespace,
          sensitivity, mode, phase, quota, revision, epoch, decision, decided_at, created_at, traceparent, chain,
          cpu, memory, gpu, storage, pods, hold, expires_at)),
      placed AS (
        INSERT INTO placements (id, project, project_id, organisation, environment, environment_id, stage, replica, zone,
          cluster, namespace, sensitivity, mode, phase, quota, revision, epoch, decision, decided_at, created_at,
          traceparent, chain)
        SELECT id, project, project_id, organisation, environment, environment_id, stage, replica, zone, cluster, namespace,
          sensitivity, mode, phase, quota, revision, epoch, decision, decided_at, created_at, traceparent, chain
        FROM fresh),
      reserved AS (
        INSERT INTO reservations (placement, cluster, state, cpu, memory, gpu, storage, pods, confirmed_at, hold,
          expires_at)
        SELECT id, cluster, CASE WHEN hold IS NULL THEN 'confirmed' ELSE 'pending' END, cpu, memory, gpu, storage, pods,
          CASE WHEN hold IS NULL THEN decided_at END, hold, expires_at
        FROM fresh)
      INSERT INTO outbox (placement, epoch, revision, reason)
      SELECT id, epoch, revision, 'decided' FROM fresh WHERE hold IS NULL
      """
  }

  /// The next revisions of placements whose rows are locked; nothing is known of how they are observed.
  static func update(_ records: [PlacementRecord]) -> [PostgresQuery] {
    let specs = records.map(\.spec)
    let amounts = records.map(\.reserved)
    return [
      """
      UPDATE placements p SET organisation = w.organisation, stage = w.stage, phase = w.phase, quota = w.quota,
        revision = w.revision, epoch = w.epoch, decision = w.decision, decided_at = w.decided_at,
        not_before = w.not_before, remove_persistent_volumes = w.remove_persistent_volumes,
        traceparent = w.traceparent, chain = w.chain, chain_decision = w.chain_decision, observed_ready = false
      FROM unnest(\(specs.map(\.id)), \(specs.map(\.organisation)), \(specs.map(\.stage)),
        \(specs.map(\.phase.rawValue)), \(specs.map { PostgresJSON(quota: $0.quota) }),
        \(specs.map(\.revision)), \(specs.map(\.epoch)), \(specs.map(\.decision)),
        \(records.map(\.decidedAt.date)), \(records.map { $0.notBefore?.date }),
        \(records.map(\.removePersistentVolumes)), \(records.map(\.traceparent)), \(specs.map(\.chain)),
        \(records.map(\.chainDecision)))
        AS w (id, organisation, stage, phase, quota, revision, epoch, decision, decided_at, not_before,
          remove_persistent_volumes, traceparent, chain, chain_decision)
      WHERE p.id = w.id
      """,
      """
      UPDATE reservations r SET cpu = w.cpu, memory = w.memory, gpu = w.gpu, storage = w.storage, pods = w.pods
      FROM unnest(\(specs.map(\.id)), \(amounts.map(\.cpu)), \(amounts.map(\.memory)), \(amounts.map(\.gpu)),
        \(amounts.map(\.storage)), \(amounts.map(\.pods))) AS w (id, cpu, memory, gpu, storage, pods)
      WHERE r.placement = w.id
      """,
    ]
  }

  /// Other chains for placements that stay as they are, and whose rows are locked: no revision, since agents do nothing by it.
  static func rechain(_ records: [PlacementRecord]) -> [PostgresQuery] {
    let specs = records.map(\.spec)
    return [
      """
      UPDATE placements p SET chain = w.chain, chain_decision = w.chain_decision
      FROM unnest(\(specs.map(\.id)), \(specs.map(\.chain)), \(records.map(\.chainDecision)))
        AS w (id, chain, chain_decision)
      WHERE p.id = w.id
      """,
      "SELECT announce_projects(\(Set(specs.map(\.project)).sorted()))",
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

  /// The outbox rows that say that placements have a new revision.
  static func announce(_ records: [PlacementRecord], reason: String) -> PostgresQuery {
    """
    INSERT INTO outbox (placement, epoch, revision, reason)
    SELECT o.placement, o.epoch, o.revision, \(reason)::text
    FROM unnest(\(records.map(\.spec.id)), \(records.map(\.spec.epoch)), \(records.map(\.spec.revision)))
      WITH ORDINALITY AS o (placement, epoch, revision, place) ORDER BY o.place
    """
  }
}

extension PostgresJSON {
  /// A quota, as the model's encoder writes it, which takes as long as all else that is written of a placement.
  init(quota: ResourceList) {
    let amounts = CountedResource.allCases.sorted { $0.rawValue < $1.rawValue }.compactMap { resource in
      quota[resource].map { (resource.rawValue, $0.description) }
    }
    var json = JSONBytes(capacity: 96)
    json.raw("{")
    for (index, amount) in amounts.enumerated() {
      if index > 0 { json.raw(",") }
      json.text(amount.0)
      json.raw(":")
      json.text(amount.1)
    }
    json.raw("}")
    self.init(bytes: json.bytes)
  }
}
