public import Events
public import Model
public import Policy

/// The capacity of clusters, and of the zones and regions that they are in.
public struct CapacityReportView: Codable, Sendable, Hashable {
  /// A cluster of which the ledger says that something else is promised than what reservations hold together, or quotas
  /// there enforce. Nobody mends it by itself.
  public struct Difference: Codable, Sendable, Hashable {
    /// What the ledger is compared with; absent from a service that compares with reservations only.
    public var kind: LedgerDifference.Kind?
    /// The cluster.
    public var cluster: String
    /// The resource.
    public var resource: CountedResource
    /// What the ledger says, in the resource's counting unit.
    public var ledger: Int64
    /// What reservations hold together, or quotas enforce.
    public var held: Int64
    /// Of quotas, the placements that differ, those that differ most first.
    public var placements: [LedgerDifference.Part]?
    /// How many more differ; absent where none does.
    public var omitted: Int64?
    /// Since when it is known; absent where nobody has written it down yet.
    public var foundAt: Timestamp?

    /// A difference.
    public init(_ difference: LedgerDifference, foundAt: Timestamp?) {
      kind = difference.kind
      cluster = difference.cluster
      resource = difference.resource
      ledger = difference.ledger
      held = difference.held
      (placements, omitted) = (difference.told, difference.omitted > 0 ? difference.omitted : nil)
      self.foundAt = foundAt
    }
  }

  /// The clusters, in the order of names.
  public var items: [ClusterCapacityView]
  /// What each zone has, in the order of slugs.
  public var zones: [CapacityTotalView]
  /// What each region has, in the order of names.
  public var regions: [CapacityTotalView]
  /// What all have.
  public var total: CapacityTotalView
  /// How many clusters are in none of this: what is promised of them is not for whoever asks.
  public var withheld: Int
  /// Where the books do not agree.
  public var differences: [Difference]
  /// The policy in force; absent where there is none, and nothing may be promised.
  public var policyVersion: Int64?
  /// The day whose rules and qualifications count, in Paris.
  public var day: CalendarDay
  /// The moment, by the database's clock.
  public var asOf: Timestamp

  /// A report.
  public init(
    _ report: CapacityReport, differences: [Difference], policyVersion: Int64?, day: CalendarDay, asOf: Timestamp
  ) {
    items = report.clusters.map(ClusterCapacityView.init)
    zones = report.zones.map(CapacityTotalView.init)
    regions = report.regions.map(CapacityTotalView.init)
    total = CapacityTotalView(report.total)
    withheld = report.withheld
    self.differences = differences
    self.policyVersion = policyVersion
    self.day = day
    self.asOf = asOf
  }
}
