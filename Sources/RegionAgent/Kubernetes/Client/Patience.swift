import NIOConcurrencyHelpers

/// Until when a server wants to be left alone (429 or 503 with `Retry-After`). It says so to one call and means all of them;
/// an admission webhook means the one.
final class Patience: Sendable {
  private let notBefore = NIOLockedValueBox<ContinuousClock.Instant?>(nil)

  /// How long it still does; nil where it may be asked.
  func left(at now: ContinuousClock.Instant = .now) -> Duration? {
    notBefore.withLockedValue { moment in moment.flatMap { $0 > now ? $0 - now : nil } }
  }

  /// Takes in what the server has answered.
  func note(_ error: KubernetesError, at now: ContinuousClock.Instant = .now) {
    guard !error.isOfWebhook, error.code == 429 || error.code == 503, let wait = error.retryAfter else { return }
    notBefore.withLockedValue { $0 = max($0 ?? now, now + wait) }
  }
}
