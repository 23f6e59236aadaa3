public import Model
import Placement
import Postgres

/// To whom what is promised of a cluster is promised.
public struct CapacityHolders: Sendable, Hashable {
  /// A placement, and what it holds.
  public struct Holder: Sendable, Hashable {
    /// The project's name.
    public var project: String
    /// The environment's name.
    public var environment: String
    /// Which replica, from 0.
    public var replica: Int
    /// How much of the resource, in its counting unit.
    public var amount: Int64
  }

  /// Those that hold most, the largest first; of the same amount by name.
  public var largest: [Holder]
  /// How many others hold some of it.
  public var others: Int
  /// How much they hold together.
  public var othersAmount: Int64

  /// The largest of these.
  init(_ holders: [Holder], limit: Int) {
    let sorted = holders.filter { $0.amount > 0 }.sorted { one, other in
      one.amount == other.amount
        ? (one.project, one.environment, one.replica) < (other.project, other.environment, other.replica)
        : one.amount > other.amount
    }
    largest = Array(sorted.prefix(limit))
    others = sorted.count - largest.count
    othersAmount = sorted.dropFirst(limit).reduce(0) { $0 + $1.amount }
  }
}

extension GovernanceStore {
  /// Who holds most of a resource of a cluster, from memory: nil where that is not kept true now.
  ///
  /// - Parameter limit: how many are named.
  public func knownHolders(
    of cluster: String, resource: CountedResource, limit: Int = 3
  ) throws -> CapacityHolders? {
    try world.holders(of: cluster, resource: resource).map { CapacityHolders($0, limit: limit) }
  }

  /// Who holds most of a resource of a cluster: from memory where that is kept true, else from the database. What is to
  /// be removed holds until its removal was observed.
  ///
  /// - Parameter limit: how many are named.
  public func holders(
    of cluster: String, resource: CountedResource, limit: Int = 3
  ) async throws -> CapacityHolders {
    if let known = try knownHolders(of: cluster, resource: resource, limit: limit) { return known }
    let rows = try await pool.withConnection(deadline: deadlineWhileCutOff) {
      try await $0.query(
        """
        SELECT \(HeldReplica.columns) FROM \(PlacementRecord.tables)
        WHERE p.cluster = \(cluster) AND p.removed_at IS NULL
        """)
    }
    let holders = try rows.map { row in
      let held = try HeldReplica(row: row)
      return CapacityHolders.Holder(
        project: try row.decode("project"), environment: held.environment, replica: held.replica,
        amount: held.reserved[resource])
    }
    return CapacityHolders(holders, limit: limit)
  }
}
