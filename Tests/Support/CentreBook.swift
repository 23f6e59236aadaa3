public import Events
public import Foundation
public import Kafka

/// What governance would know a zone's topic to hold, for whoever publishes in its place.
public struct CentreBook: Sendable {
  private var book = DigestBook()
  private var offsets = [Int64](repeating: 0, count: Int(Topics.partitions))
  private var sequence: Int64 = 0
  /// What the next records ask the agent for.
  public var request: ReportRequest?
  /// Whether something was noted since the last record.
  public private(set) var isChanged = true

  /// A book of an empty topic.
  public init() {}

  /// Takes note of a state that the bus has acknowledged.
  public mutating func note(_ state: DesiredState, _ data: [UInt8], _ delivery: KafkaDelivery) {
    isChanged = true
    // Of one that had to be sent twice the broker tells no place: it covers no more than was covered before.
    if delivery.offset >= 0 {
      offsets[Int(delivery.partition)] = max(offsets[Int(delivery.partition)], delivery.offset + 1)
    }
    if let known = book[state.placement], known.version > state.version { return }
    book.set(state.placement, version: state.version, content: ContentDigest(of: data))
  }

  /// Forgets a placement, as if it had never been.
  public mutating func forget(_ placement: UUID) {
    isChanged = true
    book.remove(placement)
  }

  /// The zone's next record, as made at this moment.
  public mutating func next(zone: String, at now: Timestamp = Timestamp(Date())) -> ZoneRecord {
    sequence += 1
    isChanged = false
    return ZoneRecord(
      zone: zone, epoch: 1, sequence: sequence, at: now, count: book.count, offsets: offsets,
      buckets: book.buckets, reportAgain: request)
  }
}
