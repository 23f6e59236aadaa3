import Events

/// Compares the names that are gone with what the trail says was erased. It holds a few numbers for each stretch of entries
/// without names, however long; of entries that were rewritten 32 bytes each, until the trail has told of them.
struct ErasureBook: Sendable {
  /// Neighbouring entries whose names are gone; those that never had one may stand between.
  private struct Run: Sendable {
    var from: Int64
    var to: Int64
    var latest: Timestamp
    var first: Int64
  }

  /// What the trail vouches for: what was erased one after the other is told as one.
  private(set) var told: [AuditErasure] = []
  private var runs: [Run] = []
  private var isRunning = false
  /// By position: what is left of rewritten entries, and their ids.
  private var awaited: [Int64: (remains: [UInt8], id: Int64)] = [:]

  /// An entry with a name.
  mutating func named() {
    isRunning = false
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
    if entry.principal == AuditPerson.erased { awaited[position] = (AuditErasure.remains(of: entry), entry.id) }
  }

  /// An entry that tells of an erasure: what it says of rewritten entries is compared.
  mutating func tell(_ erasure: AuditErasure, at position: Int64) -> [AuditFinding] {
    // What comes later can not have been erased yet.
    guard erasure.to < position else { return [] }
    var findings: [AuditFinding] = []
    for rewritten in erasure.rewritten {
      guard let (remains, id) = awaited.removeValue(forKey: rewritten.position) else { continue }
      if HexText.encode(remains) != rewritten.remains {
        findings.append(AuditFinding(.entry, at: rewritten.position, id: id))
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

  /// Names that are gone although the trail tells of no erasure, and rewritten entries that nothing vouches for.
  func unvouched() -> [AuditFinding] {
    let vouched = told.sorted { $0.from < $1.from }
    var findings = awaited.map { AuditFinding(.entry, at: $0.key, id: $0.value.id) }
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
}
