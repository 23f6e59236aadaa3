/// Whether what an agent has accepted is what its zone's record says there is: a part of its heartbeats.
public struct ZoneAgreement: Codable, Sendable, Hashable {
  /// What came of comparing.
  public enum Verdict: String, Codable, Sendable, CaseIterable {
    /// There was nothing to compare yet.
    case unread
    /// It is the same.
    case matching
    /// There are states, and no record of the zone: nothing is removed.
    case missing
    /// It is another, and not for things under way: nothing is removed.
    case suspect

    /// Whether people should look at the bus.
    public var isBusSuspect: Bool { self == .missing || self == .suspect }
  }

  /// What came of comparing.
  public var verdict: Verdict
  /// Since when, by the agent's clock.
  public var since: Timestamp
  /// The record's epoch, where there is one.
  public var epoch: Int64?
  /// The record's sequence, where there is one.
  public var sequence: Int64?
  /// How many placements the agent has accepted a state of, refused ones included.
  public var count: Int
  /// The buckets that differ.
  public var buckets: [Int]

  /// An agreement.
  public init(
    verdict: Verdict, since: Timestamp, epoch: Int64? = nil, sequence: Int64? = nil, count: Int, buckets: [Int] = []
  ) {
    self.verdict = verdict
    self.since = since
    self.epoch = epoch
    self.sequence = sequence
    self.count = count
    self.buckets = buckets
  }
}
