/// The sensitivity of a zone and of data: *usuel*, or *diffusion restreinte*.
public enum Sensitivity: String, Codable, Sendable, CaseIterable, Comparable {
  case usuel
  case restricted = "DR"

  /// *usuel* is below *DR*.
  public static func < (left: Self, right: Self) -> Bool { left == .usuel && right == .restricted }
}
