import Events

/// When what was measured becomes a version of the offer: pure. Each version makes all instances prepare the offer anew and
/// decisions under way be made again, and is stored whole. So what may wait, waits for more of it: more capacity for a
/// minute, a little more for an hour. What binds at once takes along whatever waits.
struct FactsPace: Sendable {
  private static let pause: [FactsChange.Weight: Duration] = [.rise: .seconds(60), .step: .seconds(3600)]

  /// The latest heartbeat of each zone in which something waits.
  private var waiting: [String: (status: AgentStatus, weight: FactsChange.Weight)] = [:]
  /// When what waited was last taken.
  private var last: ContinuousClock.Instant?

  /// Hears a zone's heartbeat.
  ///
  /// - Parameter weight: the heaviest of what it changes.
  /// - Returns: the heartbeats that are to become a version now, in the order of their zones; none where there is to be none.
  mutating func hear(
    _ status: AgentStatus, _ weight: FactsChange.Weight, at now: ContinuousClock.Instant
  ) -> [AgentStatus] {
    waiting[status.zone] = weight == .nothing ? nil : (status, weight)
    let isDue = waiting.values.contains { waiting in
      guard let pause = Self.pause[waiting.weight] else { return true }
      return last.map { now - $0 >= pause } ?? true
    }
    guard isDue else { return [] }
    last = now
    defer { waiting = [:] }
    return waiting.sorted { $0.key < $1.key }.map(\.value.status)
  }
}
