import Events
import Metrics
import Requests
import Telemetry
import TestSupport
import Testing

@testable import Server

/// How much a counter has grown is only seen of one that was there before.
@Suite(.timeLimit(.minutes(3)))
struct CountingTests {
  private static let refusals =
    (EventRejection.Reason.allCases.map(\.rawValue) + ["ledger", "unstorable"]).map { reason in
      "regie_status_refused_total{reason=\"\(reason)\"}"
    }
  private static let attempts = ["delivered", "failed", "dead", "late"].map { outcome in
    "regie_webhooks_attempts_total{outcome=\"\(outcome)\"}"
  }

  @Test func `what refusals and failures are counted by is there before the first`() async throws {
    let registry = PrometheusRegistry()
    try await withMetricsFactory(PrometheusMetricsFactory(registry: registry)) {
      // What the bus acknowledges late would be counted as a failure.
      try await ServerFixture.run(messageTimeout: .seconds(20)) { fixture in
        let webhooks = WebhookService(
          store: fixture.store, database: fixture.database,
          sender: WebhookSender(destinations: NetworkGuard(), authority: nil), logger: KafkaBroker.quiet)
        let failures = ["regie_relay_failed_total", "regie_facts_failures_total", "regie_audit_anchor_failures_total"]
        try await fixture.with(
          try fixture.relay(), try fixture.facts(), try fixture.sealer(), try fixture.status(), webhooks
        ) {
          for series in Self.refusals + Self.attempts + failures {
            let isThere = try await eventually { registry.value(series) == 0 }
            #expect(isThere, "\(series)")
          }
        }
      }
    }
  }
}
