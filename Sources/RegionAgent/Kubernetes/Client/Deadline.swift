/// Runs `work`, but no longer than until `instant`; nil when time ran out, and `work` has then been cancelled.
///
/// The HTTP client's own deadline ends with the head of an answer; this one holds for the whole.
func before<Result: Sendable>(
  _ instant: ContinuousClock.Instant, _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result? {
  try await withThrowingTaskGroup(of: Result?.self) { group in
    group.addTask { try await work() }
    group.addTask {
      try await Task.sleep(until: instant, clock: .continuous)
      return nil
    }
    defer { group.cancelAll() }
    return try await group.next() ?? nil
  }
}
