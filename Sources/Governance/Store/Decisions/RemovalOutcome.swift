/// The answer to a ``RemovalRequest``.
public struct RemovalOutcome: Sendable, Hashable {
  /// The placements meant, as they stand: those that were to be removed already included.
  public var placements: [PlacementRecord]
  /// Whether this is the stored answer to an earlier request with the same key.
  public var isReplay = false
}
