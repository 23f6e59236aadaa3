extension ClusterStore {
  /// One line of a watch.
  struct WatchEvent: Equatable, Sendable {
    enum Kind: String, Sendable {
      case added = "ADDED"
      case modified = "MODIFIED"
      case deleted = "DELETED"
      case bookmark = "BOOKMARK"
      case error = "ERROR"
    }

    var kind: Kind
    var object: JSONValue
  }

  /// Where a watch starts: what it is told first, and the revision after which it goes on.
  ///
  /// Without a revision, or from 0, it is told of everything that exists.
  ///
  /// - Throws: `StatusError` 500 for a revision that is not a number, 410 for one that is forgotten.
  func startWatch(
    _ selection: Selection, from text: String
  ) throws(StatusError) -> (events: [WatchEvent], cursor: UInt64) {
    let version = try Self.revision(text)
    if version > 0 {
      try checkRemembered(version)
      return ([], version)
    }
    let existing = (objects[selection.kind] ?? [:]).sorted { $0.key < $1.key }
      .filter { selection.matches($0.key, $0.value) }
    return (existing.map { WatchEvent(kind: .added, object: $0.value) }, revision)
  }

  /// What a watch has missed, oldest first, and the revision it has then seen.
  ///
  /// - Throws: `StatusError` 410 when the past it needs is forgotten: it was too slow.
  func events(
    after cursor: UInt64, _ selection: Selection
  ) throws(StatusError) -> (events: [WatchEvent], cursor: UInt64) {
    if cursor >= revision { return ([], cursor) }
    try checkRemembered(cursor)
    // Revisions are consecutive, so the place of the first unseen change follows from the newest.
    let unseen = history.suffix(Int(revision - cursor))
    return (unseen.compactMap { Self.event(for: $0, selection) }, revision)
  }

  private func checkRemembered(_ version: UInt64) throws(StatusError) {
    if version < forgotten { throw .expired("too old resource version: \(version) (\(forgotten))") }
  }

  /// An object that starts or stops matching is one that comes or goes.
  private static func event(for change: Change, _ selection: Selection) -> WatchEvent? {
    guard change.kind == selection.kind, selection.includes(change.key) else { return nil }
    let before = change.before.flatMap { selection.matches(change.key, $0) ? $0 : nil }
    let after = change.after.flatMap { selection.matches(change.key, $0) ? $0 : nil }
    switch (before, after) {
    case (nil, nil): return nil
    case (nil, .some(let object)): return WatchEvent(kind: .added, object: object)
    case (.some, .some(let object)): return WatchEvent(kind: .modified, object: object)
    case (.some(let object), nil):
      var last = object
      last[path: ["metadata", "resourceVersion"]] = .string(String(change.revision))
      return WatchEvent(kind: .deleted, object: last)
    }
  }

  /// A bookmark for a watch that began at `start` and has seen everything: the last revision of the kind, whatever the
  /// watch selects of it. As from a real server there is none that is not above the start.
  func bookmark(_ kind: ResourceKind, after start: UInt64) -> WatchEvent? {
    guard let version = latest[kind], version > start else { return nil }
    return WatchEvent(
      kind: .bookmark,
      object: [
        "kind": .string(kind.kind), "apiVersion": .string(kind.apiVersion),
        "metadata": ["resourceVersion": .string(String(version)), "creationTimestamp": .null],
      ])
  }
}
