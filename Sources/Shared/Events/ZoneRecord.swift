/// What a zone's desired topic holds, by governance's word: the data of the record keyed `zone/<slug>`, signed over the
/// exact bytes as carried (protocol rule 10).
///
/// It never precedes the states it covers, and covers every state that the bus has acknowledged below its offsets.
public struct ZoneRecord: Codable, Sendable, Hashable {
  /// The zone's slug; equals the topic's.
  public var zone: String
  /// The epoch of the database.
  public var epoch: Int64
  /// Grows with every record of the zone.
  public var sequence: Int64
  /// When it was true, by the database's clock.
  public var at: Timestamp
  /// How many placements the topic holds a state of.
  public var count: Int
  /// By partition, the offset after the last state it covers.
  public var offsets: [Int64]
  /// 256 digests over the latest states; see ``DigestBook``.
  public var buckets: [SetDigest]
  /// The reports that governance wants once more; absent where it wants none.
  public var reportAgain: ReportRequest?

  /// A record.
  public init(
    zone: String, epoch: Int64, sequence: Int64, at: Timestamp, count: Int, offsets: [Int64], buckets: [SetDigest],
    reportAgain: ReportRequest? = nil
  ) {
    self.zone = zone
    self.epoch = epoch
    self.sequence = sequence
    self.at = at
    self.count = count
    self.offsets = offsets
    self.buckets = buckets
    self.reportAgain = reportAgain
  }

  /// Whether it replaces `other`: epoch first, then sequence.
  public func isNewer(than other: ZoneRecord) -> Bool {
    (epoch, sequence) > (other.epoch, other.sequence)
  }
}
