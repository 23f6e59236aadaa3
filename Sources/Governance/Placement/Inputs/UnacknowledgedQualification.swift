/// A qualification that a region declares and that counts for nothing yet: nobody but its operator answers for it.
public struct UnacknowledgedQualification: Codable, Sendable, Hashable, Comparable {
  /// The region's name.
  public var region: String
  /// The qualification's name.
  public var name: String

  /// One.
  public init(region: String, name: String) {
    self.region = region
    self.name = name
  }

  /// By region, then by name.
  public static func < (left: Self, right: Self) -> Bool { (left.region, left.name) < (right.region, right.name) }
}
