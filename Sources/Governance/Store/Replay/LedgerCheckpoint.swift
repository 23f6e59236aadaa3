import Model
import Placement

/// The whole ledger at some moment, and how far from it another one is. Whoever keeps one decision after the other keeps
/// a checkpoint once in a while and the differences to it, which are few: bytes per decision do not grow with the number
/// of clusters.
struct LedgerCheckpoint: Sendable, Hashable {
  /// Sorted by name.
  let clusters: [String]
  let entries: [Ledger.Entry]
  /// What it is stored as, and under.
  let bytes: [UInt8]
  let digest: [UInt8]

  init(_ ledger: [String: Ledger.Entry]) {
    let sorted = ledger.sorted { $0.key < $1.key }
    self.init(clusters: sorted.map(\.key), entries: sorted.map(\.value))
  }

  /// - Parameter clusters: in their order.
  private init(clusters: [String], entries: [Ledger.Entry]) {
    self.clusters = clusters
    self.entries = entries
    var writer = CompactWriter()
    writer.write(UInt64(clusters.count))
    for (cluster, entry) in zip(clusters, entries) {
      writer.write(cluster.utf8)
      Self.write(entry, since: Ledger.Entry(), to: &writer)
    }
    bytes = writer.bytes
    digest = Digest.sha256(writer.bytes)
  }

  /// Reads the bytes of one.
  init(bytes: [UInt8]) throws {
    var reader = CompactReader(bytes)
    var ledger: [String: Ledger.Entry] = [:]
    for _ in 0..<(try reader.number()) {
      let cluster = String(decoding: try reader.run(), as: UTF8.self)
      ledger[cluster] = try Self.read(since: Ledger.Entry(), from: &reader)
    }
    self.init(ledger)
  }

  /// An entry that differs.
  struct Change: Sendable, Hashable {
    /// The cluster, by its place among all of them.
    var number: Int
    var entry: Ledger.Entry
  }

  /// Where a ledger differs from this, in the order of the clusters; nil where it has other clusters.
  func changes(in ledger: [String: Ledger.Entry]) -> [Change]? {
    guard ledger.count == clusters.count else { return nil }
    var changes: [Change] = []
    for (number, cluster) in clusters.enumerated() {
      guard let present = ledger[cluster] else { return nil }
      if present != entries[number] { changes.append(Change(number: number, entry: present)) }
    }
    return changes
  }

  /// The ledger that differs from this one by `changes`, whole.
  func with(_ changes: [Change]) -> LedgerCheckpoint {
    var entries = entries
    for change in changes { entries[change.number] = change.entry }
    return LedgerCheckpoint(clusters: clusters, entries: entries)
  }

  /// Notes among `changes`, which are in the order of the clusters, what a cluster's entry is by now. One that is not among
  /// them is passed by.
  func note(_ entry: Ledger.Entry, of cluster: String, in changes: inout [Change]) {
    guard let number = number(of: cluster) else { return }
    let place = changes.firstPlace { $0.number >= number }
    if place < changes.count, changes[place].number == number {
      changes[place].entry = entry
    } else {
      changes.insert(Change(number: number, entry: entry), at: place)
    }
  }

  /// The bytes that stand for entries that differ, in the order of the clusters.
  func delta(_ changes: [Change]) -> [UInt8] {
    var writer = CompactWriter()
    var last = 0
    for change in changes {
      writer.write(UInt64(change.number - last))
      Self.write(change.entry, since: entries[change.number], to: &writer)
      last = change.number
    }
    return writer.bytes
  }

  /// The ledger that differs from this one by `delta`.
  ///
  /// - Throws: ``CompactReader/Malformed`` for bytes that say nothing about these clusters.
  func ledger(_ delta: [UInt8]) throws -> Ledger {
    var entries = entries
    var reader = CompactReader(delta)
    var number = 0
    while !reader.isAtEnd {
      let (next, isBeyond) = number.addingReportingOverflow(Int(clamping: try reader.number()))
      guard !isBeyond, entries.indices.contains(next) else { throw CompactReader.Malformed() }
      number = next
      entries[number] = try Self.read(since: self.entries[number], from: &reader)
    }
    return Ledger(Dictionary(zip(clusters, entries), uniquingKeysWith: { first, _ in first }))
  }

  private func number(of cluster: String) -> Int? {
    let place = clusters.firstPlace { $0 >= cluster }
    return place < clusters.count && clusters[place] == cluster ? place : nil
  }

  private static func write(_ entry: Ledger.Entry, since base: Ledger.Entry, to writer: inout CompactWriter) {
    writer.write(signed: entry.version &- base.version)
    for resource in CountedResource.allCases {
      writer.write(signed: entry.committed[resource] &- base.committed[resource])
    }
  }

  private static func read(since base: Ledger.Entry, from reader: inout CompactReader) throws -> Ledger.Entry {
    var entry = base
    entry.version = base.version &+ (try reader.signed())
    for resource in CountedResource.allCases {
      entry.committed[resource] = base.committed[resource] &+ (try reader.signed())
    }
    return entry
  }
}

extension Array {
  /// The first place of which `isBeyond` holds, as it does of all places after it; the end where it holds of none.
  fileprivate func firstPlace(where isBeyond: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
