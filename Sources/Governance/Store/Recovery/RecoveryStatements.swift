import Events
import Foundation
import Model
import Postgres

/// What a recovery writes beside what every decision does.
enum RecoveryStatements {
  /// Placements that have rows: their names on the cluster, and whether anything is held for them.
  static func settle(_ changes: [RecoveryPlan.Change]) -> [PostgresQuery] {
    let specs = changes.map(\.after.spec)
    let gone = changes.filter { $0.action == .removed }
    let kept = changes.filter { $0.action != .removed }.map(\.after.spec.id)
    return [
      """
      UPDATE placements p SET project_id = w.project_id, environment_id = w.environment_id, namespace = w.namespace,
        removed_at = w.removed_at
      FROM unnest(\(specs.map(\.id)), \(specs.map(\.projectID)), \(specs.map(\.environmentID)),
        \(specs.map(\.namespace)), \(changes.map { $0.after.removedAt?.date }))
        AS w (id, project_id, environment_id, namespace, removed_at)
      WHERE p.id = w.id
      """,
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

  /// What was adopted as it stands on the bus, be it removed; of what is gone nothing is reserved.
  static func complete(_ adopted: [RecoveryPlan.Change]) -> [PostgresQuery] {
    let records = adopted.map(\.after)
    return [
      """
      UPDATE placements p SET removed_at = w.removed_at, not_before = w.not_before,
        remove_persistent_volumes = w.remove_persistent_volumes
      FROM unnest(\(records.map(\.spec.id)), \(records.map { $0.removedAt?.date }), \(records.map { $0.notBefore?.date }),
        \(records.map(\.removePersistentVolumes))) AS w (id, removed_at, not_before, remove_persistent_volumes)
      WHERE p.id = w.id
      """,
      """
      UPDATE reservations SET state = 'released', released_at = clock_timestamp(), released_because = 'observed'
      WHERE placement = ANY(\(adopted.filter { $0.action == .removed }.map(\.after.spec.id)))
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
