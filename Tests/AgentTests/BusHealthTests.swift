import Telemetry
import Testing

@testable import Agent

/// One check for two clients of the bus.
struct BusHealthTests {
  private func check(_ telemetry: Telemetry) throws -> HealthReport.Check {
    try #require(telemetry.health.report().checks.first)
  }

  @Test func `what works does not hide what does not`() throws {
    let telemetry = Telemetry(component: "region-agent", build: BuildInfo(version: "test"))
    let health = BusHealth(try telemetry.health.register("kafka", component: "bus", role: .informative))
    health.pass(.reports)
    #expect(try check(telemetry).status == .degraded, "nothing was read yet")
    health.pass(.decisions)
    #expect(try check(telemetry).status == .pass)
    health.degraded(.reports, "refusés")
    health.pass(.decisions)
    let refused = try check(telemetry)
    #expect(refused.status == .degraded && refused.message == "refusés")
    health.degraded(.decisions, "absent")
    #expect(try check(telemetry).message == "absent ; refusés")
    health.degraded(.progress, "en retard")
    #expect(try check(telemetry).message == "absent ; en retard ; refusés")
    health.pass(.reports)
    #expect(try check(telemetry).message == "absent ; en retard")
    health.pass(.decisions)
    #expect(try check(telemetry).message == "en retard", "what is read does not say that all is")
    health.pass(.progress)
    #expect(try check(telemetry).status == .pass)
  }

  @Test func `an agent that has not reported yet does not pass for having read`() throws {
    let telemetry = Telemetry(component: "region-agent", build: BuildInfo(version: "test"))
    let health = BusHealth(try telemetry.health.register("kafka", component: "bus", role: .informative))
    health.pass(.decisions)
    #expect(try check(telemetry).status == .degraded)
    health.pass(.reports)
    #expect(try check(telemetry).status == .pass)
  }
}
