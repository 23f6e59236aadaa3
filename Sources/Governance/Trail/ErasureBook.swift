import Events

/// Compares the names that are gone with what the trail says was erased. It holds a few numbers for each stretch of entries
/// without names, however long; of entries that were rewritten 32 bytes each until the trail has told of them, and 16 after.
///
/// Of an entry that was rewritten neither digest nor link can be made again. So it is believed only where a name can
/// have been sealed in clear, and where what tells of it is what the rule would have written at that moment.
struct ErasureBook: Sendable {
  /// Neighbouring entries whose names are gone; those that never had one may stand between.
  private struct Run: Sendable {
    var from: Int64
    var to: Int64
    var latest: Timestamp
    var first: Int64
  }

  /// What is left of a rewritten entry; nil where it can not have been rewritten by the rule.
  private struct Rest: Sendable {
    var id: Int64
    var at: Timestamp
    var remains: [UInt8]?
  }

  /// What the trail vouches for: what was erased one after the other is told as one.
  private(set) var told: [AuditErasure] = []
  /// Whether all entries are as they stand at one moment: then a name that was erased is nowhere any more. An export
  /// that was continued has some as they stood before.
  private let isAtOneMoment: Bool
  /// The present: no erasure is from a later moment.
  private let now: Timestamp
  /// From where on anchors say that no name was sealed in clear: of several the strictest.
  private var pseudonymsFrom = Int64.max
  private var runs: [Run] = []
  private var isRunning = false
  private var awaited: [Int64: Rest] = [:]
  /// Rewritten entries that what tells of them agrees with. An anchor that tells more may come after both.
  private var believed: [(position: Int64, id: Int64)] = []
  /// The first entry that still has its name.
  private var firstNamed: Int64?
  /// Whether names are pseudonyms by now: what comes later was never sealed with a name in clear.
  private var isPseudonymous = false
  /// The latest moment of an entry that is as it was sealed.
  private var latest: Timestamp?
  /// The last erasure: nothing after it is from much earlier.
  private var telling: (position: Int64, id: Int64, at: Timestamp)?

  init(isAtOneMoment: Bool, now: Timestamp) {
    (self.isAtOneMoment, self.now) = (isAtOneMoment, now)
  }

  /// An anchor of this chain says that no name was sealed in clear from this position on.
  mutating func heed(pseudonymsFrom position: Int64) { pseudonymsFrom = min(pseudonymsFrom, position) }

  /// An entry that is as it was sealed: what its moment says of those around it.
  mutating func pass(_ entry: AuditEntry) -> [AuditFinding] {
    latest = max(latest ?? entry.at, entry.at)
    guard let told = telling, told.at.microseconds(since: entry.at) > Self.slack else { return [] }
    telling = nil
    return [AuditFinding(.erasure, at: told.position, id: told.id)]
  }

  /// An entry with a name, beside its pseudonym or in clear.
  mutating func named(at position: Int64, isPseudonym: Bool) {
    isRunning = false
    // One in clear after pseudonyms is by an earlier version, which still ran beside: the rule leaves it alone.
    if isPseudonym || !isPseudonymous { firstNamed = min(firstNamed ?? position, position) }
    isPseudonymous = isPseudonymous || isPseudonym
  }

  /// An entry whose name is gone.
  mutating func unnamed(_ entry: AuditEntry, at position: Int64) {
    if isRunning, let last = runs.indices.last, runs[last].to < position {
      runs[last].to = position
      runs[last].latest = max(runs[last].latest, entry.at)
    } else {
      runs.append(Run(from: position, to: position, latest: entry.at, first: entry.id))
      isRunning = true
    }
    guard entry.principal == AuditPerson.erased else {
      isPseudonymous = true
      return
    }
    // Its own moment is not vouched for any more, but those before it are.
    let isLate = latest.map { $0.microseconds(since: entry.at) > Self.slack } ?? false
    awaited[position] = Rest(
      id: entry.id, at: entry.at, remains: isPseudonymous || isLate ? nil : AuditErasure.remains(of: entry))
  }

  /// An entry that tells of an erasure, after the position `last`: what it says of rewritten entries is compared.
  mutating func tell(_ erasure: AuditErasure, by entry: AuditEntry, after last: Int64) -> [AuditFinding] {
    // There are pseudonyms since names are erased.
    isPseudonymous = true
    let position = entry.seal?.position ?? 0
    guard holds(erasure, by: entry, after: last) else { return [AuditFinding(.erasure, at: position, id: entry.id)] }
    telling = (position, entry.id, entry.at)
    var findings: [AuditFinding] = []
    for rewritten in erasure.rewritten {
      guard let rest = awaited.removeValue(forKey: rewritten.position) else {
        if isAtOneMoment { findings.append(AuditFinding(.entry, at: rewritten.position)) }
        continue
      }
      if rest.remains.map({ HexText.encode($0) }) != rewritten.remains || rest.at >= erasure.before {
        findings.append(AuditFinding(.entry, at: rewritten.position, id: rest.id))
      } else {
        believed.append((rewritten.position, rest.id))
      }
    }
    if let last = told.indices.last, told[last].to &+ 1 == erasure.from, told[last].days == erasure.days {
      told[last].to = erasure.to
      told[last].before = max(told[last].before, erasure.before)
      told[last].names &+= erasure.names
    } else {
      told.append(erasure)
      told[told.count - 1].rewritten = []
    }
    return findings
  }

  /// Whether an erasure is one that the rule can have done, and has not done before.
  private func holds(_ erasure: AuditErasure, by entry: AuditEntry, after last: Int64) -> Bool {
    let places = [erasure.from &- 1] + erasure.rewritten.map(\.position)
    return entry.principal == AuditErasure.principal && entry.name == AuditErasure.name
      && (AuditErasure.shortestDays...AuditErasure.longestDays).contains(erasure.days)
      && entry.at.microseconds(since: erasure.before) >= Int64(erasure.days) * Self.day
      && entry.at.microseconds(since: now) <= Self.slack
      // What comes later can not have been erased yet, and what was erased before is not erased again.
      && erasure.to <= last && erasure.from > told.last?.to ?? 0
      && zip(places, places.dropFirst()).allSatisfy { $0 < $1 } && places.allSatisfy { $0 <= erasure.to }
      // The rule leaves no name behind.
      && !(isAtOneMoment && firstNamed.map { $0 <= erasure.to } ?? false)
  }

  /// Names that are gone although the trail tells of no erasure, and rewritten entries that nothing vouches for.
  func unvouched() -> [AuditFinding] {
    let vouched = told.sorted { $0.from < $1.from }
    var findings = awaited.map { AuditFinding(.entry, at: $0.key, id: $0.value.id) }
    findings += believed.filter { $0.position >= pseudonymsFrom }.map {
      AuditFinding(.entry, at: $0.position, id: $0.id)
    }
    for run in runs {
      var (next, before) = (run.from, Timestamp?.none)
      for erasure in vouched where erasure.from <= next && next <= erasure.to {
        next = erasure.to &+ 1
        before = max(before ?? erasure.before, erasure.before)
        if next > run.to { break }
      }
      if next <= run.to || run.latest >= (before ?? run.latest) {
        let place = next <= run.to ? next : run.from
        findings.append(AuditFinding(.person, at: place, id: place == run.from ? run.first : nil))
      }
    }
    return findings.sorted { ($0.position, $0.kind.rawValue) < ($1.position, $1.kind.rawValue) }
  }

  /// A day, in microseconds.
  private static let day: Int64 = 86_400 * 1_000_000
  /// How far entries may be out of order: a transaction takes no longer, and no two clocks differ by more.
  private static let slack = day
}
