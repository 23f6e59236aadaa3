public import Model

/// A cluster of which the ledger says that something else is promised than what reservations hold together. It is told, and
/// mended by nobody on its own: which of the two is wrong has to be found out first.
public struct LedgerDifference: Codable, Sendable, Hashable {
  /// The cluster.
  public var cluster: String
  /// The resource.
  public var resource: CountedResource
  /// What the ledger says, in the resource's counting unit.
  public var ledger: Int64
  /// What reservations hold together.
  public var held: Int64

  /// A difference.
  public init(cluster: String, resource: CountedResource, ledger: Int64, held: Int64) {
    self.cluster = cluster
    self.resource = resource
    self.ledger = ledger
    self.held = held
  }

  /// Where two books of the same moment differ, by cluster and resource. A cluster that one of them lacks has nothing there.
  public static func between(
    ledger: [String: ResourceAmounts], held: [String: ResourceAmounts]
  ) -> [LedgerDifference] {
    Set(ledger.keys).union(held.keys).sorted().flatMap { cluster in
      let (said, found) = (ledger[cluster] ?? ResourceAmounts(), held[cluster] ?? ResourceAmounts())
      return CountedResource.allCases.filter { said[$0] != found[$0] }.map { resource in
        LedgerDifference(cluster: cluster, resource: resource, ledger: said[resource], held: found[resource])
      }
    }
  }
}
