/// How many of a size fit, and where.
public struct FitAnswer: Codable, Sendable, Hashable {
  /// How many replicas a cluster has room for by itself.
  public struct Place: Codable, Sendable, Hashable {
    /// The cluster.
    public var cluster: String
    /// The zone's slug.
    public var zone: String
    /// The region's name.
    public var region: String
    /// Who runs the region.
    public var `operator`: String
    /// How many.
    public var count: Int64
  }

  /// The size.
  public var size: EnvironmentSize
  /// How many projects find a place, one after the other.
  public var count: Int64
  /// Whether more do: they are counted no further than ``most``.
  public var isMore: Bool
  /// The clusters that take one, in the order of names.
  public var places: [Place]

  /// How far projects of several replicas are counted: each is placed by itself.
  public static let most: Int64 = 500
}
