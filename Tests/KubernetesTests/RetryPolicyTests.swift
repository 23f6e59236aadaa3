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

  @Test func `calls that were refused together do not come back together`() {
    let error = KubernetesError(kind: .tooManyRequests, call: "", code: 429, retryAfter: .seconds(4), message: "")
    let waits = [0, 0.5, 1].map { policy.delay(after: error, attempt: 1, isRepeatable: true, random: $0) }
    #expect(waits == [.seconds(4), .milliseconds(4_037.5), .milliseconds(4_100)])
  }

  @Test func `only a server that is too busy, and says for how long, is left alone`() {
    let now = ContinuousClock.now
    func left(_ code: Int?, _ after: Duration?) -> Duration? {
      let patience = Patience()
      patience.note(
        KubernetesError(kind: .tooManyRequests, call: "", code: code, retryAfter: after, message: ""), at: now)
      return patience.left(at: now)
    }
    #expect(left(429, .seconds(4)) == .seconds(4) && left(503, .seconds(4)) == .seconds(4))
    #expect(left(500, .seconds(4)) == nil && left(429, nil) == nil && left(nil, .seconds(4)) == nil)
    let patience = Patience()
    for seconds in [9, 3] {
      patience.note(
        KubernetesError(kind: .server, call: "", code: 503, retryAfter: .seconds(seconds), message: ""), at: now)
    }
    #expect(patience.left(at: now) == .seconds(9), "who asks for less later takes nothing back")
    #expect(patience.left(at: now + .seconds(9)) == nil)
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
