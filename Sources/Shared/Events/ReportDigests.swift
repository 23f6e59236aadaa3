public import Foundation

/// What an agent has reported in its present life, the latest of each placement, by its own word: a part of its heartbeats
/// (protocol rule 15). The centre compares with what it has read.
public struct ReportDigests: Codable, Sendable, Hashable {
  /// Of how many placements.
  public var count: Int
  /// By partition of the observed topic, the offset after the last report that is covered.
  public var offsets: [Int64]
  /// 256 digests over incarnations and sequences; see ``DigestBook/setReport(_:incarnation:sequence:)``.
  public var buckets: [SetDigest]

  /// Digests.
  public init(count: Int, offsets: [Int64], buckets: [SetDigest]) {
    self.count = count
    self.offsets = offsets
    self.buckets = buckets
  }
}

/// The reports that governance wants once more: a part of a zone's record, for the life of the agent that it names.
public struct ReportRequest: Codable, Sendable, Hashable {
  /// Answered once per identifier.
  public var id: UUID
  /// The life of the agent that is asked.
  public var incarnation: Int64
  /// The buckets that are asked for, of 256, each whole.
  public var buckets: [Int]

  /// A request.
  public init(id: UUID, incarnation: Int64, buckets: [Int]) {
    self.id = id
    self.incarnation = incarnation
    self.buckets = buckets
  }
}

extension DigestBook {
  private static let report = ContentDigest(of: [])

  /// Puts a report in the place of whatever was held of its placement. A life of an agent gives each number once, so that it
  /// stands for the whole report.
  public mutating func setReport(_ placement: UUID, incarnation: Int64, sequence: Int64) {
    set(placement, version: StateVersion(epoch: incarnation, revision: sequence), content: Self.report)
  }
}
