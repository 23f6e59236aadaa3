import Events
import Foundation

/// Whether the centre has read what a zone's agent has reported, by the agent's own word (protocol rule 15).
///
/// What is under way is no difference: a heartbeat is compared once all that it covers was read, and without the buckets in
/// which something later was. A bucket that differs in two heartbeats in a row, some seconds apart, is asked for again, whole.
/// What an answer did not mend, as reports that this version can not read, is asked for ever more seldom.
struct ReportTrust: Sendable {
  enum Event: Sendable {
    /// A report was read, and stored where it is about a placement that is known.
    case report(UUID, incarnation: Int64, sequence: Int64)
    /// All that stood before this offset was read.
    case position(partition: Int32, next: Int64)
    /// A partition ends before this offset, for now.
    case end(partition: Int32, next: Int64)
    case heartbeat(AgentStatus)
  }

  struct Request: Sendable, Hashable {
    var incarnation: Int64
    var buckets: [Int]
  }

  /// How long what differs must have done so.
  static let settling: Duration = .seconds(5)
  /// How long an answer is waited for; for the same bucket twice as long each time.
  static let patience: Duration = .seconds(60)
  /// And no longer than this.
  static let longestPatience: Duration = .seconds(3600)

  private struct Heartbeat: Sendable {
    var sequence: Int64
    var reports: ReportDigests
    var isCompared = false
  }

  /// When a bucket was asked for, and how long it is not asked for again.
  private struct Asked: Sendable {
    var at: ContinuousClock.Instant
    var patience: Duration
  }

  private var incarnation: Int64 = 0
  private var book = DigestBook()
  /// By bucket, the number of the latest report in it.
  private var latest: [Int: Int64] = [:]
  private var positions: [Int32: Int64]
  /// Where partitions were found to end since the heartbeat came: an end of before may have been passed since.
  private var ends: [Int32: Int64] = [:]
  private var heartbeat: Heartbeat?
  /// By bucket, since when it has differed in each heartbeat.
  private var differing: [Int: ContinuousClock.Instant] = [:]
  /// By bucket, until it matches.
  private var asked: [Int: Asked] = [:]
  private var askedAt: ContinuousClock.Instant?

  /// - Parameter positions: by partition, the offset up to which everything was read in an earlier life.
  init(positions: [Int32: Int64] = [:]) {
    self.positions = positions
  }

  /// Takes in an event.
  mutating func handle(_ event: Event) {
    switch event {
    case .report(let placement, let incarnation, let sequence):
      guard begin(incarnation), book[placement].map({ $0.version.revision < sequence }) ?? true else { return }
      book.setReport(placement, incarnation: incarnation, sequence: sequence)
      let bucket = DigestBook.bucket(of: placement)
      latest[bucket] = max(latest[bucket] ?? 0, sequence)
    case .position(let partition, let next): positions[partition] = next
    case .end(let partition, let next): ends[partition] = next
    case .heartbeat(let status):
      guard begin(status.incarnation), let reports = status.reports,
        heartbeat.map({ $0.sequence < status.sequence }) ?? true
      else { return }
      heartbeat = Heartbeat(sequence: status.sequence, reports: reports)
      ends = [:]
    }
  }

  /// Compares with the latest heartbeat, once.
  ///
  /// - Returns: What is to be asked for again; nil where there is nothing, or an answer is waited for.
  mutating func compare(at now: ContinuousClock.Instant) -> Request? {
    guard let heartbeat, !heartbeat.isCompared, unreached.isEmpty else { return nil }
    self.heartbeat?.isCompared = true
    let all = book.differing(from: heartbeat.reports.buckets)
    // One in which something later was read may differ by that alone: it begins anew, and is not taken for mended.
    let found = all.filter { latest[$0] ?? 0 <= heartbeat.sequence }
    let lasting = found.filter { bucket in differing[bucket].map { now - $0 >= Self.settling } ?? false }
    differing = Dictionary(uniqueKeysWithValues: found.map { ($0, differing[$0] ?? now) })
    asked = asked.filter { all.contains($0.key) }
    let due = lasting.filter { bucket in asked[bucket].map { now - $0.at >= $0.patience } ?? true }
    // The centre has one request of a zone at a time.
    guard !due.isEmpty, askedAt.map({ now - $0 >= Self.patience }) ?? true else { return nil }
    askedAt = now
    for bucket in due {
      let patience = asked[bucket].map { min($0.patience * 2, Self.longestPatience) } ?? Self.patience
      asked[bucket] = Asked(at: now, patience: patience)
    }
    return Request(incarnation: incarnation, buckets: due.sorted())
  }

  /// Takes out placements that are forgotten: the agent may have forgotten them too, and what it has reported and still holds of
  /// one comes with the answer.
  ///
  /// - Returns: whether any was known. The next heartbeat is compared as if nothing had been asked for in their buckets.
  mutating func forget(_ placements: some Sequence<UUID>) -> Bool {
    var isAny = false
    for placement in placements where book[placement] != nil {
      isAny = true
      book.remove(placement)
      asked[DigestBook.bucket(of: placement)] = nil
      askedAt = nil
    }
    return isAny
  }

  /// What is known of in these buckets.
  func placements(in buckets: [Int]) -> [UUID] { book.placements(in: buckets) }

  /// Whether a life of the agent is the present one; a later one begins with nothing reported.
  private mutating func begin(_ next: Int64) -> Bool {
    guard next > incarnation else { return next == incarnation }
    (incarnation, book, latest, heartbeat) = (next, DigestBook(), [:], nil)
    (differing, asked, askedAt) = ([:], [:], nil)
    return true
  }

  /// Partitions of which it is not known that all that the heartbeat covers was read, as long as it waits for that. Where a
  /// topic was made anew they end before the offsets that the agent names, and nothing says so unasked: no end is told twice.
  var unreached: [Int32] {
    guard let heartbeat, !heartbeat.isCompared else { return [] }
    return heartbeat.reports.offsets.enumerated().compactMap { index, offset in
      let (partition, position) = (Int32(clamping: index), positions[Int32(clamping: index)] ?? 0)
      return position >= offset || ends[partition].map { position >= $0 } ?? false ? nil : partition
    }
  }
}
