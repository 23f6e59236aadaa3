import Events
import Foundation
import Model
import Postgres

/// What a recovery writes beside what every decision does.
enum RecoveryStatements {
  /// What rows say afterwards, and what is reserved for them; nothing is known of how it is observed. What was forgotten is
  /// known again.
  static func overwrite(_ changes: [RecoveryPlan.Change]) -> [PostgresQuery] {
    let records = changes.map(\.after)
    let specs = records.map(\.spec)
    let amounts = records.map(\.reserved)
    return [
      """
      UPDATE placements p SET project_id = w.project_id, environment_id = w.environment_id,
        organisation = w.organisation, stage = w.stage, replica = w.replica, namespace = w.namespace, phase = w.phase,
        quota = w.quota, revision = w.revision, epoch = w.epoch, decision = w.decision, decided_at = w.decided_at,
        not_before = w.not_before, remove_persistent_volumes = w.volumes, removed_at = w.removed_at,
        traceparent = w.traceparent, chain = w.chain, chain_decision = w.chain_decision, observed_ready = false,
        forgotten_at = NULL, tombstone_at = NULL
      FROM unnest(\(specs.map(\.id)), \(specs.map(\.projectID)), \(specs.map(\.environmentID)),
        \(specs.map(\.organisation)), \(specs.map(\.stage)), \(specs.map { Int32($0.replica) }),
        \(specs.map(\.namespace)), \(specs.map(\.phase.rawValue)), \(specs.map { PostgresJSON(quota: $0.quota) }),
        \(specs.map(\.revision)), \(specs.map(\.epoch)), \(specs.map(\.decision)),
        \(records.map(\.decidedAt.date)), \(records.map { $0.notBefore?.date }),
        \(records.map(\.removePersistentVolumes)), \(records.map { $0.removedAt?.date }), \(records.map(\.traceparent)),
        \(specs.map(\.chain)), \(records.map(\.chainDecision)))
        AS w (id, project_id, environment_id, organisation, stage, replica, namespace, phase, quota, revision, epoch,
          decision, decided_at, not_before, volumes, removed_at, traceparent, chain, chain_decision)
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

  /// Whether anything is held for placements that have rows.
  static func settle(_ changes: [RecoveryPlan.Change]) -> [PostgresQuery] {
    let gone = changes.filter { $0.action == .removed }
    let kept = changes.filter { $0.action != .removed }.map(\.after.spec.id)
    return [
      """
      UPDATE reservations SET state = 'released', released_at = clock_timestamp(), released_because = 'observed',
        expires_at = NULL
      WHERE placement = ANY(\(gone.map(\.after.spec.id)))
      """,
      // What was only reserved was confirmed in the lost life, or there would be no state of it.
      """
      UPDATE holds h SET confirmed_at = coalesce(h.confirmed_at, clock_timestamp()), cancelled_at = NULL
      FROM reservations r WHERE r.hold = h.id AND r.placement = ANY(\(kept)) AND r.state <> 'confirmed'
      """,
      """
      UPDATE reservations SET state = 'confirmed', confirmed_at = coalesce(confirmed_at, clock_timestamp()),
        expires_at = NULL, released_at = NULL, released_because = NULL
      WHERE placement = ANY(\(kept)) AND state <> 'confirmed'
      """,
    ]
  }

  /// Clusters that are not on offer any more can still have promises to keep: nothing may be added to them.
  static func clusters(_ adopted: [RecoveryPlan.Change]) -> [PostgresQuery] {
    [
      """
      INSERT INTO capacity_ledger (cluster, limit_cpu, limit_memory, limit_gpu, limit_storage, limit_pods)
      SELECT c.name, 0, 0, 0, 0, 0 FROM unnest(\(Set(adopted.map(\.after.spec.cluster)).sorted())) AS c (name)
      ON CONFLICT DO NOTHING
      """
    ]
  }

  /// The UUIDs that namespaces on the clusters are named after.
  static func identities(_ adopted: [RecoveryPlan.Change]) -> [PostgresQuery] {
    let specs = adopted.map(\.after.spec)
    return [
      """
      INSERT INTO project_identities (project, project_id, from_console)
      SELECT DISTINCT ON (i.project) i.project, i.id, false
      FROM unnest(\(specs.map(\.project)), \(specs.map(\.projectID))) AS i (project, id) ORDER BY i.project, i.id
      ON CONFLICT DO NOTHING
      """,
      """
      INSERT INTO environment_identities (project, environment, environment_id, from_console)
      SELECT DISTINCT ON (i.project, i.environment) i.project, i.environment, i.id, false
      FROM unnest(\(specs.map(\.project)), \(specs.map(\.environment)), \(specs.map(\.environmentID)))
        AS i (project, environment, id)
      WHERE EXISTS (SELECT FROM project_identities k WHERE k.project = i.project)
      ORDER BY i.project, i.environment, i.id
      ON CONFLICT DO NOTHING
      """,
    ]
  }

  /// What only the bus knows, in one statement with whether it is gone: of two that had one namespace one is.
  static func adopt(_ adopted: [RecoveryPlan.Change]) -> [PostgresQuery] {
    let records = adopted.map(\.after)
    let specs = records.map(\.spec)
    let amounts = records.map(\.reserved)
    return [
      """
      INSERT INTO placements (id, project, project_id, organisation, environment, environment_id, stage, replica, zone,
        cluster, namespace, sensitivity, mode, phase, quota, revision, epoch, decision, decided_at, created_at,
        not_before, remove_persistent_volumes, removed_at)
      SELECT * FROM unnest(\(specs.map(\.id)), \(specs.map(\.project)), \(specs.map(\.projectID)),
        \(specs.map(\.organisation)), \(specs.map(\.environment)), \(specs.map(\.environmentID)),
        \(specs.map(\.stage)), \(specs.map { Int32($0.replica) }), \(specs.map(\.zone)), \(specs.map(\.cluster)),
        \(specs.map(\.namespace)), \(records.map(\.sensitivity.rawValue)), \(records.map(\.mode.rawValue)),
        \(specs.map(\.phase.rawValue)), \(specs.map { PostgresJSON(quota: $0.quota) }),
        \(specs.map(\.revision)), \(specs.map(\.epoch)), \(specs.map(\.decision)),
        \(records.map(\.decidedAt.date)), \(records.map(\.createdAt.date)), \(records.map { $0.notBefore?.date }),
        \(records.map(\.removePersistentVolumes)), \(records.map { $0.removedAt?.date }))
      """,
      """
      INSERT INTO reservations (placement, cluster, state, cpu, memory, gpu, storage, pods, confirmed_at, released_at,
        released_because)
      SELECT * FROM unnest(\(specs.map(\.id)), \(specs.map(\.cluster)),
        \(adopted.map { $0.action == .removed ? "released" : "confirmed" }), \(amounts.map(\.cpu)),
        \(amounts.map(\.memory)), \(amounts.map(\.gpu)), \(amounts.map(\.storage)), \(amounts.map(\.pods)),
        \(records.map(\.decidedAt.date)), \(records.map { $0.removedAt?.date }),
        \(adopted.map { $0.action == .removed ? "observed" : nil }))
      """,
    ]
  }

  /// What is known of the bus from now on although no row stands for it, and what found its place.
  static func leave(_ left: [RecoveryPlan.Left], adopting found: [RecoveryPlan.Change]) -> [PostgresQuery] {
    [
      "DELETE FROM left_states WHERE placement = ANY(\(found.map(\.after.spec.id)))",
      """
      INSERT INTO left_states AS l (placement, zone, epoch, revision, left_at)
      SELECT x.placement, x.zone, x.epoch, x.revision, clock_timestamp()
      FROM unnest(\(left.map(\.placement)), \(left.map(\.zone)), \(left.map(\.version.epoch)),
        \(left.map(\.version.revision))) AS x (placement, zone, epoch, revision)
      ON CONFLICT (placement) DO UPDATE SET epoch = excluded.epoch, revision = excluded.revision
      """,
    ]
  }

  /// Placements that have ended, and which the bus was noted to hold and holds no more: they were forgotten in the lost
  /// life. Of zones whose topic was read and believed.
  static func forget(_ placements: [UUID]) -> [PostgresQuery] {
    [
      """
      UPDATE placements SET forgotten_at = clock_timestamp(), tombstone_at = clock_timestamp()
      WHERE id = ANY(\(placements)) AND removed_at IS NOT NULL AND forgotten_at IS NULL
      """,
      """
      DELETE FROM published_states s USING placements p
      WHERE s.placement = ANY(\(placements)) AND p.id = s.placement AND p.forgotten_at IS NOT NULL
      """,
      // Nor is anything said of them that waited to be.
      """
      DELETE FROM outbox o USING placements p
      WHERE o.placement = ANY(\(placements)) AND o.published_at IS NULL AND p.id = o.placement
        AND p.forgotten_at IS NOT NULL
      """,
    ]
  }

  /// Says of placements that they were brought up to the lost life.
  static func mark(_ changes: [RecoveryPlan.Change]) -> PostgresQuery {
    "UPDATE placements SET recovered_at = clock_timestamp() WHERE id = ANY(\(changes.map(\.after.spec.id)))"
  }

  /// The ledger is the sum of what is reserved.
  static let ledger: PostgresQuery = """
    UPDATE capacity_ledger l SET committed_cpu = s.cpu, committed_memory = s.memory, committed_gpu = s.gpu,
      committed_storage = s.storage, committed_pods = s.pods, version = l.version + 1
    FROM (SELECT c.cluster, coalesce(sum(r.cpu), 0)::bigint AS cpu, coalesce(sum(r.memory), 0)::bigint AS memory,
        coalesce(sum(r.gpu), 0)::bigint AS gpu, coalesce(sum(r.storage), 0)::bigint AS storage,
        coalesce(sum(r.pods), 0)::bigint AS pods
      FROM capacity_ledger c LEFT JOIN reservations r ON r.cluster = c.cluster AND r.state <> 'released'
      GROUP BY c.cluster) AS s
    WHERE s.cluster = l.cluster
    """

  /// The numbers of zones' records go on above those of the lost life.
  static func sequences(_ sequences: [String: Int64]) -> PostgresQuery {
    let known = sequences.filter { $0.value >= 1 }.sorted { $0.key < $1.key }
    return """
      INSERT INTO zone_records AS r (zone, sequence, numbered_at)
      SELECT z.zone, z.sequence, clock_timestamp() FROM unnest(\(known.map(\.key)), \(known.map(\.value)))
        AS z (zone, sequence)
      ON CONFLICT (zone) DO UPDATE SET sequence = greatest(r.sequence, excluded.sequence)
      """
  }
}
