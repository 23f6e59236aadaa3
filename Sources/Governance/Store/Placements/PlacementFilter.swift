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

  /// A filter.
  public init(
    project: String? = nil, zone: String? = nil, cluster: String? = nil, namespace: String? = nil,
    phase: PlacementPhase? = nil, includeRemoved: Bool = false
  ) {
    self.project = project
    self.zone = zone
    self.cluster = cluster
    self.namespace = namespace
    self.phase = phase
    self.includeRemoved = includeRemoved
  }
}
