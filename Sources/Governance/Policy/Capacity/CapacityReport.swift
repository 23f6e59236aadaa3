import Model

/// The capacity of many clusters, and of the zones and regions that they are in: as much of it as somebody may know.
public struct CapacityReport: Sendable, Hashable {
  /// What some clusters have together.
  public struct Total: Sendable, Hashable {
    /// The zone's slug or the region's name; nil for all.
    public var name: String?
    /// How many clusters it is of.
    public var clusters: Int
    /// The sums.
    public var figures: CapacityFigures
  }

  /// Which clusters are meant; what is nil does not restrict.
  public struct Filter: Sendable, Hashable {
    /// The region's name.
    public var region: String?
    /// The zone's slug.
    public var zone: String?
    /// The cluster's name.
    public var cluster: String?
    /// Those that admit a stage; of the stages, only that one is shown.
    public var stage: String?

    /// A filter.
    public init(region: String? = nil, zone: String? = nil, cluster: String? = nil, stage: String? = nil) {
      self.region = region
      self.zone = zone
      self.cluster = cluster
      self.stage = stage
    }

    func admits(_ capacity: ClusterCapacity) -> Bool {
      (region.map { $0 == capacity.region } ?? true) && (zone.map { $0 == capacity.zone } ?? true)
        && (cluster.map { $0 == capacity.cluster } ?? true)
        && (stage.map { stage in capacity.stages.contains { $0.stage == stage } } ?? true)
    }
  }

  /// The clusters, in the order of names.
  public var clusters: [ClusterCapacity]
  /// What each zone has, in the order of slugs.
  public var zones: [Total]
  /// What each region has, in the order of names.
  public var regions: [Total]
  /// What all have.
  public var total: Total
  /// How many clusters are in none of this, because nobody else is to know what is promised of them.
  public var withheld: Int

  /// A report. Sums hold what an operator keeps to itself only where all of it is within reach.
  public init(_ all: [ClusterCapacity], _ filter: Filter = Filter(), reach: CapacityReach) {
    func isShown(_ capacity: ClusterCapacity) -> Bool {
      capacity.isPublished || reach.includesInternals(of: capacity.operator)
    }
    let meant = all.filter { filter.admits($0) }.sorted { $0.cluster < $1.cluster }
    clusters = meant.filter(isShown).map { capacity in
      var shown = reach.includesInternals(of: capacity.operator) ? capacity : capacity.published
      if let stage = filter.stage { shown.stages.removeAll { $0.stage != stage } }
      return shown
    }
    // How many there are of which nobody else is to know, by place; not which one is called so, or has such a stage.
    let places = Filter(region: filter.region, zone: filter.zone)
    withheld = filter.cluster == nil ? all.count { places.admits($0) && !isShown($0) } : 0
    zones = Self.totals(clusters, by: \.zone, reach)
    regions = Self.totals(clusters, by: \.region, reach)
    total = Self.total(nil, clusters, reach)
  }

  private static func totals(
    _ clusters: [ClusterCapacity], by name: (ClusterCapacity) -> String, _ reach: CapacityReach
  ) -> [Total] {
    Dictionary(grouping: clusters, by: name).sorted { $0.key < $1.key }.map { total($0.key, $0.value, reach) }
  }

  private static func total(_ name: String?, _ clusters: [ClusterCapacity], _ reach: CapacityReach) -> Total {
    let sum = CapacityFigures(sumOf: clusters)
    let isWhole = clusters.allSatisfy { reach.includesInternals(of: $0.operator) }
    return Total(name: name, clusters: clusters.count, figures: isWhole ? sum : sum.published)
  }
}
