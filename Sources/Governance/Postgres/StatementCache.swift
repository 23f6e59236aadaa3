internal import OrderedCollections

/// Which statements one connection has prepared: pure bookkeeping, bounded, least recently used out first.
///
/// A statement is prepared the second time it is seen, so that statements used once cost no name on the server.
struct StatementCache {
  struct Key: Hashable {
    let sql: String
    let types: [PostgresType]
  }

  enum Plan: Equatable {
    /// Parse and forget.
    case once
    /// Prepare under this name, after freeing the others, or with them freed later (``free(name:)``).
    case prepare(name: String, freeing: [String])
    /// Use what was prepared.
    case prepared(name: String)
  }

  private struct Entry {
    let name: String
    var lastUse: UInt64
  }

  let capacity: Int
  private var entries: [Key: Entry] = [:]
  private var seen: OrderedSet<Int> = []
  private var toFree: [String] = []
  private var clock: UInt64 = 0

  init(capacity: Int) {
    self.capacity = capacity
  }

  var count: Int { entries.count }

  mutating func plan(for key: Key) -> Plan {
    clock += 1
    if let index = entries.index(forKey: key) {
      entries.values[index].lastUse = clock
      return .prepared(name: entries.values[index].name)
    }
    guard capacity > 0, seen.remove(key.hashValue) != nil else {
      seen.append(key.hashValue)
      if seen.count > 4 * capacity { seen.removeFirst() }
      return .once
    }
    if entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      entries[oldest.key] = nil
      toFree.append(oldest.value.name)
    }
    let name = "s\(clock)"
    entries[key] = Entry(name: name, lastUse: clock)
    defer { toFree = [] }
    return .prepare(name: name, freeing: toFree)
  }

  /// Forgets a statement that the server did not take.
  mutating func remove(name: String) {
    entries = entries.filter { $0.value.name != name }
  }

  /// Has the server free a statement when the next one is prepared.
  mutating func free(name: String) {
    toFree.append(name)
  }

  /// Forgets all statements, and has those that the server still knows freed.
  mutating func removeAll(areKnownToServer: Bool) {
    // What the server does not know it would fail to free, each time anew.
    toFree = areKnownToServer ? toFree + entries.values.map(\.name) : []
    entries = [:]
  }
}
