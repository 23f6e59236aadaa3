/// Growing pauses between attempts, spread so that many clients do not come back at once.
struct Backoff {
  private var milliseconds = 50

  /// Sleeps between half and the whole of the next pause, but not past `deadline`.
  mutating func sleep(until deadline: ContinuousClock.Instant) async throws {
    let pause = Duration.milliseconds(Int.random(in: milliseconds / 2...milliseconds))
    milliseconds = min(milliseconds * 2, 1000)
    try await Task.sleep(until: min(.now + pause, deadline), clock: .continuous)
  }
}
