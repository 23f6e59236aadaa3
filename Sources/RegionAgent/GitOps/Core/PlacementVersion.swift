/// Epoch first, then revision: what orders the states of one placement.
public struct PlacementVersion: Codable, Sendable, Hashable, Comparable, CustomStringConvertible {
  /// From 1.
  public var epoch: Int64
  /// From 1.
  public var revision: Int64

  /// A version.
  public init(epoch: Int64, revision: Int64) {
    self.epoch = epoch
    self.revision = revision
  }

  /// Epoch first.
  public static func < (left: Self, right: Self) -> Bool {
    (left.epoch, left.revision) < (right.epoch, right.revision)
  }

  /// `epoch.revision`.
  public var description: String { "\(epoch).\(revision)" }
}
