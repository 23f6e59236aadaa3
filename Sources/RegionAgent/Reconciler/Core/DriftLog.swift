internal import Events

/// The latest hand-made changes of a placement's objects.
struct DriftLog: Sendable {
  /// How many are kept.
  static let capacity = 16
  /// Characters kept of a value: what others wrote must not make a report too large for the bus.
  static let longestValue = 256

  private(set) var entries: [ObservedState.Drift] = []
  private(set) var omitted: Int64 = 0
  /// The kinds of what was found since the latest event began, one for each change.
  private(set) var found: [ManagedKind] = []
  /// Whether something is changed again and again, and what was put back has not held for long enough since.
  var isContested = false
  /// Whether corrections are slowed down meanwhile.
  var isSlowed = false

  /// How many are not put back.
  var open: Int { entries.count { $0.correctedAt == nil } }

  /// Another event begins.
  mutating func beginEvent() {
    if !found.isEmpty { found = [] }
  }

  mutating func note(_ differences: [FieldDifference], of object: LiveObject, at now: Timestamp) {
    for difference in differences {
      add(
        ObservedState.Drift(
          object: object.ref.description, path: difference.path,
          live: difference.live?.description.cut(to: Self.longestValue),
          wanted: difference.wanted == .null ? nil : difference.wanted.description.cut(to: Self.longestValue),
          manager: object.writer(of: difference.path, otherThan: Labels.fieldManager), firstSeen: now),
        to: object.ref.kind)
    }
  }

  /// Notes what others' quotas do not limit as decided any more.
  mutating func note(_ difference: QuotaDifference, at now: Timestamp) {
    add(
      ObservedState.Drift(
        object: "\(ManagedKind.resourceQuota.rawValue)/\(difference.quota ?? "")",
        path: "spec.hard.\(difference.resource)",
        live: difference.live, wanted: difference.wanted, manager: difference.writer, firstSeen: now),
      to: .resourceQuota)
  }

  mutating func noteDeletion(of ref: ObjectRef, at now: Timestamp) {
    add(
      ObservedState.Drift(
        object: ref.description, path: "", live: nil, wanted: nil, manager: nil, firstSeen: now), to: ref.kind)
  }

  /// Everything is as wanted again.
  mutating func correct(at now: Timestamp) {
    rest()
    correct(allBut: [], at: now)
  }

  /// Nothing is put back for now, and so nothing is fought over.
  mutating func rest() {
    (isContested, isSlowed) = (false, false)
  }

  /// All is as wanted again but for these objects.
  mutating func correct(allBut wrong: Set<String>, at now: Timestamp) {
    for index in entries.indices where entries[index].correctedAt == nil && !wrong.contains(entries[index].object) {
      entries[index].correctedAt = now
    }
  }

  private mutating func add(_ drift: ObservedState.Drift, to kind: ManagedKind) {
    let isKnown = entries.contains {
      $0.correctedAt == nil && $0.object == drift.object && $0.path == drift.path && $0.live == drift.live
    }
    guard !isKnown else { return }
    entries.append(drift)
    found.append(kind)
    if entries.count > Self.capacity {
      entries.removeFirst()
      omitted += 1
    }
  }
}

extension ObservedState.Drift {
  /// What was changed. An object that a watch by label tells no more of may only have lost that label.
  var subject: String {
    guard path.isEmpty else { return "\(object) \(path)" }
    return live == nil && wanted == nil ? "\(object), deleted or no longer marked" : object
  }
}

extension String {
  /// At most so many characters, with a mark where some were left out.
  func cut(to length: Int) -> String {
    count > length ? prefix(length) + "…" : self
  }
}
