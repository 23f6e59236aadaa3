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
  /// From which position on no name was ever sealed in clear, at least 1: no entry from there on may be rewritten for one. Nil
  /// in anchors from before this was told, and where it is not known yet.
  public var pseudonymsFrom: Int64?

  /// An anchor.
  public init(epoch: Int64, position: Int64, link: String, count: Int64, pseudonymsFrom: Int64? = nil) {
    self.epoch = epoch
    self.position = position
    self.link = link
    self.count = count
    self.pseudonymsFrom = pseudonymsFrom
  }
}
