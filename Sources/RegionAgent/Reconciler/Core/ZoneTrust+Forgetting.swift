internal import Events
internal import Foundation

/// What is forgotten (protocol rule 11). Anybody who may write to the topic can write a tombstone, and it means no information:
/// the zone's record is signed, and what it no longer counts is what governance has forgotten.
///
/// Only removals are looked at, and what was said before one and is played again. Digests are sums: a bucket that is as the record says without some of its removals proves that
/// these, and no others, are not counted. Nothing is removed by it, nor kept from being removed.
extension ZoneTrust {
  /// Where no tombstone tells which removals are not counted any more, so many of a bucket are tried in every combination; of
  /// more, each by itself and all together.
  private static let mostCombined = 10

  /// What was forgotten since this was last asked.
  mutating func takeForgotten() -> [UUID] {
    defer { forgotten = [] }
    return forgotten
  }

  mutating func note(_ placement: UUID, isRemoval: Bool) {
    buried.remove(placement)
    if isRemoval { removals.insert(placement) } else { removals.remove(placement) }
  }

  /// Forgets what has a tombstone in a bucket that is as the record says without it; false where it is not.
  mutating func forgetBuried(in bucket: Int, by record: ZoneRecord) -> Bool {
    guard !buried.isEmpty else { return false }
    return forget(buried.filter { DigestBook.bucket(of: $0) == bucket }, in: bucket, by: record)
  }

  /// The same for removals of which no tombstone, or not every one, was read: the bus keeps them for a time only.
  mutating func forgetUnseen(in bucket: Int, by record: ZoneRecord) -> Bool {
    let candidates = removals.filter { DigestBook.bucket(of: $0) == bucket }.sorted { $0.uuidString < $1.uuidString }
    guard !candidates.isEmpty else { return false }
    guard candidates.count <= Self.mostCombined else {
      return forget(Set(candidates), in: bucket, by: record)
        || candidates.contains { forget([$0], in: bucket, by: record) }
    }
    let digests = candidates.map { digest(of: $0) }
    var left = book.buckets[bucket]
    var taken: Set<Int> = []
    // In the order of Gray's code each combination is one step from the one before.
    for step in 1..<(1 << candidates.count) {
      let index = step.trailingZeroBitCount
      if taken.remove(index) != nil {
        left += digests[index]
      } else {
        taken.insert(index)
        left -= digests[index]
      }
      if left == record.buckets[bucket] { return forget(Set(taken.map { candidates[$0] }), in: bucket, by: record) }
    }
    return false
  }

  private mutating func forget(_ placements: Set<UUID>, in bucket: Int, by record: ZoneRecord) -> Bool {
    guard !placements.isEmpty else { return false }
    var left = book.buckets[bucket]
    for placement in placements { left -= digest(of: placement) }
    guard left == record.buckets[bucket] else { return false }
    for placement in placements {
      book.remove(placement)
      removals.remove(placement)
      buried.remove(placement)
    }
    forgotten += placements.sorted { $0.uuidString < $1.uuidString }
    return true
  }

  private func digest(of placement: UUID) -> SetDigest {
    book[placement].map { SetDigest(placement: placement, version: $0.version, content: $0.content) } ?? SetDigest()
  }
}
