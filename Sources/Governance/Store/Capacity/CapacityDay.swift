public import Model

/// What clusters had together on a day.
public struct CapacityDay: Sendable, Hashable {
  /// The day, in Paris.
  public var day: CalendarDay
  /// How many clusters.
  public var clusters: Int64
  /// What their operators declared.
  public var declared = ResourceAmounts()
  /// The most that might be promised.
  public var limit = ResourceAmounts()
  /// What was promised.
  public var committed = ResourceAmounts()
  /// What of it was only reserved.
  public var reserved = ResourceAmounts()
  /// What was in use; nil where nobody had said so, or whoever asks may not know.
  public var used: ResourceAmounts?
  /// What was promised on the clusters of the last day alone; nil where one of them was not there. Days with other
  /// clusters are no measure of what grows.
  public var alike: ResourceAmounts?
}

/// Of which clusters, and how long.
public struct CapacityDayFilter: Sendable, Hashable {
  /// The region's name.
  public var region: String?
  /// The zone's slug.
  public var zone: String?
  /// The cluster's name.
  public var cluster: String?
  /// How many days back, today included.
  public var days: Int

  /// A filter.
  public init(region: String? = nil, zone: String? = nil, cluster: String? = nil, days: Int = 90) {
    self.region = region
    self.zone = zone
    self.cluster = cluster
    self.days = days
  }
}
