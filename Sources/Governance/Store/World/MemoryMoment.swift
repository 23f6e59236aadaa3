public import Events

/// A state of what an instance has in memory, at some moment. As long as the generation stays, so does everything that
/// answers are made of, but for the time: offer, policy, day, ledger, silent zones, projects, and what they hold.
public struct MemoryMoment: Sendable, Hashable {
  /// Counts whatever may have changed, from the start of the program on; it never comes again.
  public var generation: Int
  /// The moment up to which everything committed is in it, by the database's clock; no later than when the oldest of what
  /// was heard since was heard, where it is not in memory yet.
  public var asOf: Timestamp
}

extension GovernanceStore {
  /// What memory is now; nil where answers are not made from it, or not all of them.
  public var memory: MemoryMoment? { world.moment }
}
