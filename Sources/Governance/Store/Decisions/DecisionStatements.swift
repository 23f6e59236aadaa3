import Events
import Foundation
import Model
import Placement
import Postgres

/// Writes decisions.
enum DecisionStatements {
  /// The decision, and the snapshot it was made on unless that is stored already.
  static func decision(
    _ trial: Trial, id: UUID, head: DecisionBasis.Head, context: RequestContext
  ) throws -> [PostgresQuery] {
    let decision = trial.decision
    let bytes = [UInt8](try decision.canonicalBytes())
    let inputs = [UInt8](try ModelJSON.encoder.encode(trial.inputs))
    return [
      """
      INSERT INTO offer_snapshots (digest, bytes) SELECT \(trial.prepared.digest), \(trial.prepared.bytes)
      WHERE NOT EXISTS (SELECT FROM offer_snapshots WHERE digest = \(trial.prepared.digest)) ON CONFLICT DO NOTHING
      """,
      """
      INSERT INTO decisions (id, project, placed, attempts, engine_version, policy_version, snapshot_digest, inputs,
        decision, epoch, principal, decided_at)
      VALUES (\(id), \(decision.project), \(decision.outcome == .placed), \(Int32(trial.attempt)),
        \(decision.engineVersion), \(decision.policyVersion), \(trial.prepared.digest), \(inputs), \(bytes),
        \(head.epoch), \(context.principal), \(head.now.date))
      """,
    ]
  }

  static func summary(of id: UUID) -> PostgresQuery {
    "SELECT \(DecisionSummary.columns) FROM decisions d WHERE d.id = \(id)"
  }
}

/// Writes the ledger.
enum LedgerStatements {
  /// Adds a promise, if the cluster has room for every part of it: no row is affected otherwise. What is not asked for
  /// is not looked at, so that a cluster promised beyond its memory may still give its processors.
  static func reserve(_ reservation: PlacementPlan.Reservation) -> PostgresQuery {
    let (added, limit) = (reservation.added, reservation.limit)
    return """
      UPDATE capacity_ledger SET version = version + 1, \(add(added))
      WHERE cluster = \(reservation.cluster)
        AND (\(added.cpu) = 0 OR committed_cpu <= \(limit.cpu) - \(added.cpu))
        AND (\(added.memory) = 0 OR committed_memory <= \(limit.memory) - \(added.memory))
        AND (\(added.gpu) = 0 OR committed_gpu <= \(limit.gpu) - \(added.gpu))
        AND (\(added.storage) = 0 OR committed_storage <= \(limit.storage) - \(added.storage))
        AND (\(added.pods) = 0 OR committed_pods <= \(limit.pods) - \(added.pods))
      """
  }

  /// Takes promises back.
  static func release(_ amounts: ResourceAmounts, of cluster: String) -> PostgresQuery {
    """
    UPDATE capacity_ledger SET version = version + 1, \(add(ResourceAmounts().difference(from: amounts)))
    WHERE cluster = \(cluster)
    """
  }

  private static func add(_ amounts: ResourceAmounts) -> PostgresQuery {
    """
    committed_cpu = committed_cpu + \(amounts.cpu), committed_memory = committed_memory + \(amounts.memory),
    committed_gpu = committed_gpu + \(amounts.gpu), committed_storage = committed_storage + \(amounts.storage),
    committed_pods = committed_pods + \(amounts.pods)
    """
  }
}
