internal import Foundation

/// What waits in a queue of placements, and what is being done, as client-go's work queues count it.
struct WorkQueueBook: Sendable {
  /// What gauges show.
  struct Standing: Sendable, Hashable {
    /// Placements that wait.
    var depth = 0
    /// How long those being worked on have been so, added up: it grows without end where a worker hangs.
    var unfinished = Duration.zero
    /// The longest of these.
    var longest = Duration.zero
  }

  private var waiting: [UUID: ContinuousClock.Instant] = [:]
  private var running: [UUID: ContinuousClock.Instant] = [:]

  /// A placement has something to be done; one that waits already waits once.
  ///
  /// - Returns: Whether it was added.
  mutating func add(_ placement: UUID, at now: ContinuousClock.Instant) -> Bool {
    guard waiting[placement] == nil else { return false }
    waiting[placement] = now
    return true
  }

  /// What waited for a placement is not to be done any more.
  mutating func drop(_ placement: UUID) {
    waiting[placement] = nil
  }

  /// Work on a placement begins.
  ///
  /// - Returns: How long it waited; nil where nothing waited.
  mutating func start(_ placement: UUID, at now: ContinuousClock.Instant) -> Duration? {
    guard let since = waiting.removeValue(forKey: placement) else { return nil }
    running[placement] = now
    return now - since
  }

  /// Work on a placement has ended.
  ///
  /// - Returns: How long it took; nil where none had begun.
  mutating func finish(_ placement: UUID, at now: ContinuousClock.Instant) -> Duration? {
    running.removeValue(forKey: placement).map { now - $0 }
  }

  /// What gauges show at the moment `now`.
  func standing(at now: ContinuousClock.Instant) -> Standing {
    let times = running.values.map { now - $0 }
    return Standing(
      depth: waiting.count, unfinished: times.reduce(.zero, +), longest: times.max() ?? .zero)
  }
}
