public import Model

/// Figures for metrics, as of one moment.
public struct StoreCounts: Sendable, Hashable {
  /// Placements of one phase, ready or not.
  public struct Placements: Sendable, Hashable {
    /// The phase.
    public let phase: PlacementPhase
    /// Whether the current revision was seen ready.
    public let ready: Bool
    /// How many.
    public let count: Int64
  }

  /// Placements whose removal was not observed yet.
  public let placements: [Placements]
  /// Outbox rows that the bus has not acknowledged.
  public let unpublished: Int64
  /// How long the oldest of them waits.
  public let oldestUnpublishedAge: Duration?
  /// Public facts that are not on the bus.
  public let unpublishedFacts: Int64
  /// How long the oldest of them waits.
  public let oldestFactAge: Duration?
  /// Audit entries that are not in the chain.
  public let unsealed: Int64
  /// How long the oldest of them waits.
  public let oldestUnsealedAge: Duration?
  /// Zones (their slugs) whose agent says that the topic is not what the zone's record says.
  public let suspectZones: [String]
  /// Placements that clusters hold and nobody has decided, by their agents' latest word.
  public let orphans: Int64
  /// States on the bus that a recovery has left to people.
  public let left: Int64
  /// Zones whose agent was not heard for longer than the policy allows, while the centre listened.
  public let silentZones: Int64
  /// Clusters that their agent does not reach, by its latest word.
  public let unreachableClusters: Int64
  /// How long ago everything was judged under what it is judged by; nil before the first time.
  public let judgedAgo: Duration?
  /// Why nothing is decided or published; nil while all is well.
  public let suspension: Suspension?
}

/// What one cluster may promise, and has promised.
public struct ClusterLedger: Sendable, Hashable {
  /// The cluster's name.
  public let cluster: String
  /// The highest limit among its stages, as of the last change of the offer or the policy.
  public let limit: ResourceAmounts
  /// What is promised.
  public let committed: ResourceAmounts
  /// Counts the changes of the row.
  public let version: Int64

  /// Whether more is promised than there is now: nothing is added until that is over.
  public var isOverPromised: Bool { CountedResource.allCases.contains { committed[$0] > limit[$0] } }
}
