internal import Events

/// The latest hand-made changes of a placement's objects.
struct DriftLog: Sendable {
  /// How many are kept.
  static let capacity = 16

  private(set) var entries: [ObservedState.Drift] = []
  private(set) var omitted: Int64 = 0
  /// Whether corrections were slowed down since the last one that held.
  var isContested = false

  mutating func note(_ differences: [FieldDifference], of object: LiveObject, at now: Timestamp) {
    let manager = object.lastWriter(otherThan: Labels.fieldManager)
    for difference in differences {
      add(
        ObservedState.Drift(
          object: object.ref.description, path: difference.path, live: difference.live?.description,
          wanted: difference.wanted.description, manager: manager, firstSeen: now))
    }
  }

  mutating func noteDeletion(of ref: ObjectRef, at now: Timestamp) {
    add(
      ObservedState.Drift(
        object: ref.description, path: "", live: nil, wanted: nil, manager: nil, firstSeen: now))
  }

  /// Everything is as wanted again.
  mutating func correct(at now: Timestamp) {
    isContested = false
    for index in entries.indices where entries[index].correctedAt == nil { entries[index].correctedAt = now }
  }

  private mutating func add(_ drift: ObservedState.Drift) {
    let isKnown = entries.contains {
      $0.correctedAt == nil && $0.object == drift.object && $0.path == drift.path && $0.live == drift.live
    }
    guard !isKnown else { return }
    entries.append(drift)
    if entries.count > Self.capacity {
      entries.removeFirst()
      omitted += 1
    }
  }
}

/// Slows corrections down when something else keeps changing what we put back.
struct CorrectionPace: Sendable {
  /// Corrections at full speed within ``window``.
  static let burst = 5
  /// Microseconds.
  static let window: Int64 = 10_000_000

  private var recent: [Timestamp] = []
  private var holds = 0

  /// Counts a correction that is about to be made; a moment to wait for when there were too many.
  mutating func hold(at now: Timestamp) -> Timestamp? {
    recent.removeAll { now.microseconds(since: $0) > Self.window }
    if recent.isEmpty { holds = 0 }
    if recent.count < Self.burst {
      recent.append(now)
      return nil
    }
    holds = min(holds + 1, 6)
    recent.removeAll()
    recent.append(now)
    return Timestamp(microseconds: now.microseconds + (1_000_000 << Int64(holds)))
  }
}
