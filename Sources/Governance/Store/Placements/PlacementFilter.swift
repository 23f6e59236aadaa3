public import Model

/// Which placements are meant; what is nil does not restrict.
public struct PlacementFilter: Sendable, Hashable {
  /// The project's name.
  public var project: String?
  /// The zone's slug.
  public var zone: String?
  /// The cluster's name.
  public var cluster: String?
  /// The namespace's name.
  public var namespace: String?
  /// The phase wanted.
  public var phase: PlacementPhase?
  /// Whether placements whose removal was observed are meant too.
  public var includeRemoved: Bool
  /// What whoever asks may see of all placements; nil for everything.
  public var reach: Reach?

  /// Placements in some zones, and those of some projects wherever they are.
  public struct Reach: Sendable, Hashable {
    /// Zones by slug.
    public var zones: [String]
    /// Projects by name.
    public var projects: [String]

    /// A reach.
    public init(zones: [String], projects: [String]) {
      self.zones = zones
      self.projects = projects
    }
  }

  /// A filter.
  public init(
    project: String? = nil, zone: String? = nil, cluster: String? = nil, namespace: String? = nil,
    phase: PlacementPhase? = nil, includeRemoved: Bool = false, reach: Reach? = nil
  ) {
    self.project = project
    self.zone = zone
    self.cluster = cluster
    self.namespace = namespace
    self.phase = phase
    self.includeRemoved = includeRemoved
    self.reach = reach
  }
}
