public import Events
public import Foundation

/// Whether the topic is whole: what was accepted of it, compared with what the zone's record says there is (protocol rules
/// 10, 12 and 15).
///
/// What is under way is no mismatch: a bucket that was changed beyond the record's offsets waits for the next record. One
/// that differs otherwise twice in a row, some seconds apart, makes the bus suspect; that ends as soon as it matches. Removed
/// placements that the record does not count any more are forgotten, and are no mismatch either.
public struct ZoneTrust: Sendable {
  /// What the machine learns.
  public enum Event: Sendable {
    /// The topic is read from its start: offsets may be others than before.
    case readingBegins
    /// A partition is read from its start, since the place that it was read to is no more (a topic that was made anew, a log
    /// that was cut off): what stands there was not read.
    case partitionBegins(Int32)
    /// All that stood before this offset was read.
    case position(partition: Int32, next: Int64)
    /// A partition was found to end before this offset, for now.
    case end(partition: Int32, next: Int64)
    /// A newer state was accepted, be it refused by what follows.
    case accepted(UUID, StateVersion, ContentDigest, at: RecordPlace?, isRemoval: Bool = false)
    /// A tombstone was read after the state of this placement that was accepted.
    case tombstone(UUID)
    /// The state of this version is of before a removal that the agent remembers: somebody plays it again.
    case obsolete(UUID, StateVersion)
    /// A record of the zone, verified.
    case record(ZoneRecord)
    /// The topic was read to the end it had when reading began.
    case snapshotComplete
    /// Time has passed.
    case tick
  }

  /// How long what differs must have done so, in microseconds.
  static let settling: Int64 = 5_000_000
  /// How long an answer to a plea is waited for, in microseconds.
  static let patience: Int64 = 60_000_000

  /// What was accepted.
  var book = DigestBook()
  /// Those of which the accepted state is a removal, or older than one, and those among them that may well not be counted: a
  /// tombstone was read since, or the state is of before a removal.
  var removals: Set<UUID> = []
  var buried: Set<UUID> = []
  /// What was forgotten and nobody was told of yet.
  var forgotten: [UUID] = []
  private var record: ZoneRecord?
  private var positions: [Int32: Int64] = [:]
  /// By partition, where it was found to end, since the latest record that names more of it.
  private var ends: [Int32: Int64] = [:]
  /// By bucket, where its last change stood in each partition, since it was last as a record says.
  private var changes: [Int: [Int32: Int64]] = [:]
  private var isSnapshotComplete = false
  private var differingSince: Timestamp?
  private var differing: [Int] = []
  private var verdict = ZoneAgreement.Verdict.unread
  private var verdictSince: Timestamp?
  private var askedAt: Timestamp?

  /// A trust that is yet to be earned.
  public init() {}

  /// What heartbeats say, as of `now`.
  public func agreement(at now: Timestamp) -> ZoneAgreement {
    ZoneAgreement(
      verdict: verdict, since: verdictSince ?? now, epoch: record?.epoch, sequence: record?.sequence,
      count: book.count, buckets: verdict == .suspect ? differing : [])
  }

  /// When the zone's record was made, by the centre's clock: the record is signed, with this in it.
  public var recordedAt: Timestamp? { record?.at }

  /// What the centre asks for in the latest record.
  public var reportAgain: ReportRequest? { record?.reportAgain }

  /// The partitions that were not read as far as the latest record names them, and of which it is not known that they end
  /// before: a topic that was made anew does. One that is only being caught up with, or is away, does not.
  public var unreached: [Int32] {
    guard let record else { return [] }
    return record.offsets.indices.map { Int32($0) }.filter { partition in
      let position = positions[partition] ?? 0
      return position < record.offset(of: partition) && ends[partition] != position
    }
  }

  /// Why nothing may be removed; nil where the last comparison found what the record says, and all that the record names
  /// was read: a word that calls a removal back may be what is still to come.
  public var refusal: Refusal? {
    switch verdict {
    case .matching where !unreached.isEmpty:
      Self.refuse("the zone's record names states that were not read yet")
    case .matching where differing.isEmpty: nil
    case .matching: Self.refuse("the topic differs from the zone's record; it is compared again")
    case .unread: Self.refuse("the topic was not compared with the zone's record yet")
    case .missing: Self.refuse("the topic holds no record of the zone; nothing is removed without one")
    case .suspect:
      Self.refuse("the topic does not hold what the zone's record says, in \(differing.count) of 256 buckets")
    }
  }

  /// Why nothing of the placement may be removed. What is under way in its bucket is no mismatch, and may hide one as long as it
  /// is: the record may count a word that calls the removal back, and that the topic has lost.
  public func removalRefusal(of placement: UUID) -> Refusal? {
    if let refusal { return refusal }
    guard let record, !book.differing(from: record.buckets).contains(DigestBook.bucket(of: placement)) else {
      return Self.refuse("the topic has changed since the zone's record; it is compared with the next one")
    }
    return nil
  }

  /// Whether the record says that nothing newer of the placement was published than what was accepted: the topic is what it says,
  /// and no state came to the placement's bucket since.
  public func vouches(for placement: UUID) -> Bool { removalRefusal(of: placement) == nil }

  /// The buckets to ask for again, whole; nil while there is nothing to ask for, or an answer is waited for.
  public mutating func plea(at now: Timestamp) -> [Int]? {
    guard verdict == .suspect else {
      askedAt = nil
      return nil
    }
    if let askedAt, (0..<Self.patience).contains(now.microseconds(since: askedAt)) { return nil }
    askedAt = now
    return differing
  }

  private static func refuse(_ message: String) -> Refusal { Refusal(reason: "BusSuspect", message: message) }

  /// Takes in one event at the moment `now`.
  ///
  /// - Returns: Whether the verdict is another one now.
  public mutating func handle(_ event: Event, at now: Timestamp) -> Bool {
    switch event {
    case .readingBegins:
      (positions, ends, changes) = ([:], [:], [:])
      return false
    case .partitionBegins(let partition):
      positions[partition] = nil
      ends[partition] = nil
      for bucket in changes.keys { changes[bucket]?[partition] = nil }
      return false
    case .position(let partition, let next):
      positions[partition] = next
      return false
    case .end(let partition, let next):
      ends[partition] = next
      return false
    case .accepted(let placement, let version, let content, let place, let isRemoval):
      book.set(placement, version: version, content: content)
      note(placement, isRemoval: isRemoval)
      if let place { changes[DigestBook.bucket(of: placement), default: [:]][place.partition] = place.offset }
      return false
    case .tombstone(let placement):
      if removals.contains(placement) { buried.insert(placement) }
      return false
    case .obsolete(let placement, let version):
      guard book[placement]?.version == version else { return false }
      // Where the record does not count it, it is not under way either, however far the record goes.
      removals.insert(placement)
      buried.insert(placement)
      return false
    case .record(let newer):
      if let record, !newer.isNewer(than: record) { return false }
      // That there was none is another difference: this one counts from when it is seen.
      if record == nil { differingSince = nil }
      record = newer
      // What ended there before may have gone on since: whoever reads the topic looks again.
      ends = ends.filter { partition, end in end >= newer.offset(of: partition) }
      return compare(at: now)
    case .snapshotComplete:
      isSnapshotComplete = true
      return compare(at: now)
    case .tick:
      return compare(at: now)
    }
  }

  private mutating func compare(at now: Timestamp) -> Bool {
    guard isSnapshotComplete else { return false }
    guard let record else {
      guard book.count > 0, isSettled(at: now) else { return false }
      return conclude(.missing, at: now)
    }
    guard unreached.isEmpty else { return false }
    let all = book.differing(from: record.buckets).filter { !forgetBuried(in: $0, by: record) }
    // What a record has covered is under way no more, also where a later one covers less: a new leader of the relay knows
    // where the states stand that are not forgotten, and of no tombstone.
    changes = changes.filter { all.contains($0.key) }
    guard !all.isEmpty else {
      (differingSince, differing) = (nil, [])
      return conclude(.matching, at: now)
    }
    let settled = all.filter { !isUnderWay($0, record) }
    guard !settled.isEmpty else { return false }
    differing = settled
    guard isSettled(at: now) else { return false }
    // Its tombstones may have gone before they were read.
    guard settled.filter({ forgetUnseen(in: $0, by: record) }).isEmpty else {
      (differingSince, differing) = (nil, [])
      return compare(at: now)
    }
    return conclude(.suspect, at: now)
  }

  /// Whether it has differed for long enough; begins to count where it did not before, and where the clock was put back.
  private mutating func isSettled(at now: Timestamp) -> Bool {
    guard let since = differingSince, since <= now else {
      differingSince = now
      return false
    }
    return now.microseconds(since: since) >= Self.settling
  }

  private func isUnderWay(_ bucket: Int, _ record: ZoneRecord) -> Bool {
    changes[bucket, default: [:]].contains { partition, offset in
      offset >= record.offset(of: partition)
    }
  }

  private mutating func conclude(_ next: ZoneAgreement.Verdict, at now: Timestamp) -> Bool {
    guard verdict != next else { return false }
    (verdict, verdictSince) = (next, now)
    return true
  }
}

extension ZoneRecord {
  /// The offset after the last state that it covers in a partition.
  fileprivate func offset(of partition: Int32) -> Int64 {
    offsets.indices.contains(Int(partition)) ? offsets[Int(partition)] : 0
  }
}

/// Where a record stands on its topic.
public struct RecordPlace: Sendable, Hashable {
  /// The partition.
  public var partition: Int32
  /// The offset.
  public var offset: Int64

  /// A place.
  public init(partition: Int32, offset: Int64) {
    self.partition = partition
    self.offset = offset
  }
}
