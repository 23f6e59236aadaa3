internal import Events

/// Announcements on their way, each sort at most once a minute and revision: a namespace's Events are for people.
struct NoteBook: Sendable {
  /// Microseconds.
  static let interval: Int64 = 60_000_000

  private var waiting: [Announcement] = []
  private var last: [String: Timestamp] = [:]

  /// A newer state: all is news again.
  mutating func begin() { last = [:] }

  mutating func add(_ note: Announcement, at now: Timestamp) {
    if let before = last[note.reason], (0..<Self.interval).contains(now.microseconds(since: before)) { return }
    last[note.reason] = now
    waiting.append(note)
  }

  mutating func take() -> [Announcement] {
    defer { waiting = [] }
    return waiting
  }
}
