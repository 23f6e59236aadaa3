import Testing

@testable import Kubernetes

/// When calls are tried again.
struct RetryPolicyTests {
  private let policy = RetryPolicy(attempts: 3, backoff: Backoff(base: .milliseconds(100), limit: .seconds(1)))

  private func delay(
    _ kind: KubernetesError.Kind, code: Int? = nil, attempt: Int = 1, isRepeatable: Bool = true, after: Duration? = nil
  ) -> Duration? {
    let error = KubernetesError(kind: kind, call: "GET /x", code: code, retryAfter: after, message: "")
    return policy.delay(after: error, attempt: attempt, isRepeatable: isRepeatable, random: 0)
  }

  @Test func `what was surely not done is retried whatever it was`() {
    #expect(delay(.tooManyRequests, isRepeatable: false) == .milliseconds(50))
  }

  @Test func `what may have been done is retried only where twice is once`() {
    #expect(delay(.connection) != nil && delay(.server, code: 503) != nil)
    #expect(delay(.connection, isRepeatable: false) == nil && delay(.server, code: 503, isRepeatable: false) == nil)
  }

  @Test(arguments: [
    KubernetesError.Kind.notFound, .conflict, .forbidden, .unauthorized, .unprocessable, .tls, .timeout, .decoding,
    .gone,
  ])
  func `what would fail again is not retried`(kind: KubernetesError.Kind) {
    #expect(delay(kind) == nil)
    #expect(delay(.server, code: 500) == nil)
  }

  @Test func `tries end`() {
    #expect(delay(.connection, attempt: 2) != nil)
    #expect(delay(.connection, attempt: 3) == nil)
  }

  @Test func `the server's wish is the least wait`() {
    #expect(delay(.tooManyRequests, after: .seconds(4)) == .seconds(4))
    #expect(delay(.tooManyRequests, after: .zero) == .milliseconds(50))
  }

  @Test func `waits double up to the limit and stay within half to all of it`() {
    let backoff = Backoff(base: .milliseconds(100), limit: .seconds(1))
    #expect(
      (1...6).map { backoff.delay(attempt: $0, random: 0) } == [50, 100, 200, 400, 500, 500].map { .milliseconds($0) })
    #expect(backoff.delay(attempt: 1, random: 1) == .milliseconds(100))
    #expect(backoff.delay(attempt: Int.max, random: 1) == .seconds(1))
    #expect(backoff.delay(attempt: 0, random: 1) == .milliseconds(100))
  }

  @Test func `creating and updating are not repeatable`() {
    #expect(Call.Verb.allCases.filter { !$0.isRepeatable } == [.create, .update])
  }
}
