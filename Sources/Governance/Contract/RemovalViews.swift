/// The body of `POST /api/v1/projects/{name}/removal`: what is to leave the clusters. The project itself stays.
public struct RemovalWish: Codable, Sendable, Hashable {
  /// The environments meant, one at least; nil for all that are placed.
  public var environments: [String]?
  /// How long agents wait before they delete, in seconds; nil for not at all.
  public var delaySeconds: Int64?
  /// Whether persistent volumes may go too; nil for no.
  public var removePersistentVolumes: Bool?

  /// A wish.
  public init(environments: [String]? = nil, delaySeconds: Int64? = nil, removePersistentVolumes: Bool? = nil) {
    self.environments = environments
    self.delaySeconds = delaySeconds
    self.removePersistentVolumes = removePersistentVolumes
  }
}

/// The answer to a ``RemovalWish``: it is asked for, and agents have yet to act.
public struct RemovalView: Codable, Sendable, Hashable {
  /// The placements meant, as they stand. Their capacity is held until the removal is observed.
  public var placements: [PlacementView]

  /// A view.
  public init(placements: [PlacementView]) {
    self.placements = placements
  }
}
