public import Events
public import Model
public import Policy

/// The capacity of everything on offer, at one moment.
public struct CapacityState: Sendable, Hashable {
  /// The clusters, in the order of names.
  public var clusters: [ClusterCapacity]
  /// Where the ledger and what reservations hold are not the same.
  public var differences: [LedgerDifference]
  /// The policy in force; nil where there is none, and nothing may be promised.
  public var policyVersion: Int64?
  /// The day, in Paris.
  public var day: CalendarDay
  /// The moment, by the database's clock.
  public var asOf: Timestamp
}
