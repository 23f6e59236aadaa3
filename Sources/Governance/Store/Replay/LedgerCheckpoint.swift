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
    clusters = sorted.map(\.key)
    entries = sorted.map(\.value)
    var writer = CompactWriter()
    writer.write(UInt64(sorted.count))
    for (cluster, entry) in sorted {
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

  /// Where a ledger differs from this; nil where it has other clusters.
  func changes(in ledger: [String: Ledger.Entry]) -> [String: Ledger.Entry]? {
    guard ledger.count == clusters.count else { return nil }
    var changes: [String: Ledger.Entry] = [:]
    for (cluster, entry) in zip(clusters, entries) {
      guard let present = ledger[cluster] else { return nil }
      if present != entry { changes[cluster] = present }
    }
    return changes
  }

  /// The bytes that stand for entries that differ.
  func delta(_ changes: [String: Ledger.Entry]) -> [UInt8] {
    var writer = CompactWriter()
    var last = 0
    let numbered = changes.compactMap { cluster, entry in number(of: cluster).map { ($0, entry) } }
    for (number, entry) in numbered.sorted(by: { $0.0 < $1.0 }) {
      writer.write(UInt64(number - last))
      Self.write(entry, since: entries[number], to: &writer)
      last = number
    }
    return writer.bytes
  }

  /// The ledger that differs from this one by `delta`.
  func ledger(_ delta: [UInt8]) throws -> Ledger {
    var entries = entries
    var reader = CompactReader(delta)
    var number = 0
    while !reader.isAtEnd {
      number += Int(clamping: try reader.number())
      guard entries.indices.contains(number) else { throw CompactReader.Malformed() }
      entries[number] = try Self.read(since: self.entries[number], from: &reader)
    }
    return Ledger(Dictionary(zip(clusters, entries), uniquingKeysWith: { first, _ in first }))
  }

  private func number(of cluster: String) -> Int? {
    var (low, high) = (0, clusters.count)
    while low < high {
      let middle = (low + high) / 2
      if clusters[middle] < cluster { low = middle + 1 } else { high = middle }
    }
    return low < clusters.count && clusters[low] == cluster ? low : nil
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
