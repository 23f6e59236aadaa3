import Events
import Metrics
import Store
import Telemetry
import Testing

@testable import Server

/// What is counted in the database, as Prometheus sees it.
@Suite(.timeLimit(.minutes(3)))
struct StoreObserverTests {
  @Test func `what was not ready, and is, is counted as not ready no more`() async throws {
    let registry = PrometheusRegistry()
    try await withMetricsFactory(PrometheusMetricsFactory(registry: registry)) {
      try await ServerFixture.run { fixture in
        let placement = try await fixture.place("alpha")
        let observer = try fixture.observer()
        let waiting = #"regie_placements{phase="active",ready="false"}"#
        let ready = #"regie_placements{phase="active",ready="true"}"#
        await observer.observe()
        #expect(registry.value(waiting) == 1)
        #expect(registry.value(ready) == 0)
        let report = ObservationRecord(
          partition: 0, offset: 0,
          observation: .placement(StatusConsumerTests.report(on: placement, sequence: 1)))
        _ = try await fixture.store.apply([report], topic: Topics.observed(zone: "z0"), zone: "z0")
        await observer.observe()
        #expect(registry.value(waiting) == 0)
        #expect(registry.value(ready) == 1)
      }
    }
  }
}
