/// How far the audit trail's chain got: the data of a record of `regie.events`, signed over the exact bytes as carried.
///
/// Whoever keeps one can later tell whether the trail up to there is still the same; it says nothing of what the trail
/// holds, since readers of any sensitivity see it (protocol rule 6).
public struct AuditAnchor: Codable, Sendable, Hashable {
  /// The epoch of the database.
  public var epoch: Int64
  /// The position of the last sealed entry.
  public var position: Int64
  /// Its link, 64 hexadecimal digits.
  public var link: String
  /// How many entries the chain holds up to there.
  public var count: Int64

  /// An anchor.
  public init(epoch: Int64, position: Int64, link: String, count: Int64) {
    self.epoch = epoch
    self.position = position
    self.link = link
    self.count = count
  }
}
