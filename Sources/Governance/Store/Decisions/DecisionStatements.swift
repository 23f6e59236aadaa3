import Events
import Foundation
import Model
import Placement
import Postgres

/// Writes the ledger, but for what decisions add: see ``LedgerDemand``.
enum LedgerStatements {
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
