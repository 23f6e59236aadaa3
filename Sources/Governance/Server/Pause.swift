/// A wait that grows with each failure: 100 ms doubling to 10 s, with jitter.
struct Pause {
  private var failures = 0

  /// Forgets earlier failures.
  mutating func reset() {
    failures = 0
  }

  /// Waits; returns at once when the task is cancelled.
  mutating func wait() async {
    failures += 1
    try? await Task.sleep(for: Self.delay(failures: failures))
  }

  static func delay(failures: Int) -> Duration {
    let ceiling = min(100 << min(max(failures, 1) - 1, 7), 10_000)
    return .milliseconds(Int.random(in: (ceiling / 2)...ceiling))
  }
}
