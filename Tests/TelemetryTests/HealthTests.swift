import Foundation
import Testing

@testable import Telemetry

struct HealthTests {
  private let time = ManualClock()
  private let registry: HealthRegistry

  init() {
    registry = HealthRegistry(component: "governance", version: "1.0.0", clock: time.clock)
  }

  @Test func `golden: passing`() throws {
    let database = try registry.register("postgres", component: "database", role: .readiness)
    database.pass()
    let response = registry.report().health()
    #expect(response.status == 200)
    #expect(response.contentType == "application/json")
    #expect(
      text(response.body)
        == #"{"status":"pass","health":"pass","component":"governance","version":"1.0.0","checks":{"#
        + #""postgres":{"status":"pass","component":"database","since":"2026-11-23T23:28:41.000Z","readiness":true}}}"#)
  }

  @Test func `golden: Kafka away degrades, stays 200, and readiness does not see it`() throws {
    try registry.register("postgres", component: "database", role: .readiness).pass()
    time.advance(by: 60)
    try registry.register("kafka", component: "bus", role: .informative).fail("aucun courtier ne répond")
    let response = registry.report().health()
    #expect(response.status == 200)
    #expect(response.contentType == "application/problem+json")
    #expect(
      text(response.body)
        == #"{"type":"urn:regie:problem:health-degraded","title":"Service dégradé","#
        + #""status":200,"detail":"Contrôles qui ne passent pas : kafka (aucun courtier ne répond).","#
        + #""code":"health-degraded","health":"degraded","component":"governance","version":"1.0.0","checks":{"#
        + #""kafka":{"status":"fail","component":"bus","since":"2026-11-23T23:29:41.000Z","readiness":false,"#
        + #""message":"aucun courtier ne répond"},"#
        + #""postgres":{"status":"pass","component":"database","since":"2026-11-23T23:28:41.000Z","readiness":true}}}"#)
    let ready = registry.report().ready()
    #expect(ready.status == 200)
    #expect(ready.contentType == "application/json")
    #expect(!text(ready.body).contains("kafka"))
  }

  @Test func `a failed readiness check answers 503 on both, as a problem`() throws {
    try registry.register("kafka", component: "bus", role: .informative).degraded("lent")
    try registry.register("postgres", component: "database", role: .readiness).fail("connexion refusée")
    for response in [registry.report().health(), registry.report().ready()] {
      #expect(response.status == 503)
      #expect(response.contentType == "application/problem+json")
      let body = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
      #expect(body?["status"] as? Int == 503)
      #expect(body?["health"] as? String == "fail" && body?["code"] as? String == "health-fail")
      #expect(body?["title"] as? String == "Service indisponible")
      #expect((body?["detail"] as? String)?.contains("postgres (connexion refusée)") == true)
    }
    #expect(registry.report().status == .fail)
    #expect(registry.report().readiness == .fail)
  }

  @Test func `a degraded readiness check stays in service`() throws {
    try registry.register("postgres", component: "database", role: .readiness).degraded("lent")
    #expect(registry.report().ready().status == 200)
    #expect(registry.report().ready().contentType == "application/problem+json")
  }

  @Test func `without checks all is well`() {
    #expect(registry.report().status == .pass)
    #expect(registry.report().ready().status == 200)
    #expect(text(HealthResponse.live.body) == #"{"status":"pass"}"#)
    #expect(HealthResponse.live.status == 200)
  }

  @Test func `a check counts as failed until its owner has spoken`() throws {
    let check = try registry.register("snapshot", component: "bus", role: .readiness)
    #expect(registry.report().readiness == .fail)
    #expect(registry.report().checks.first?.message == HealthBoard.unreported)
    check.pass("complet")
    #expect(registry.report().readiness == .pass)
    #expect(registry.report().checks.first?.message == "complet")
  }

  @Test func `since moves only when the status does`() throws {
    let check = try registry.register("a", component: "a", role: .readiness)
    check.pass()
    time.advance(by: 10)
    check.pass("encore")
    #expect(registry.report().checks.first?.since.rfc3339 == "2026-11-23T23:28:41.000Z")
    check.degraded("lent")
    #expect(registry.report().checks.first?.since.rfc3339 == "2026-11-23T23:28:51.000Z")
  }

  @Test func `an owner silent too long counts as failed from the moment it was due`() throws {
    let check = try registry.register("a", component: "a", role: .readiness, staleAfter: .seconds(30))
    check.pass()
    time.advance(by: 30)
    #expect(registry.report().status == .pass)
    time.advance(by: 5)
    let stale = try #require(registry.report().checks.first)
    #expect(stale.status == .fail)
    #expect(stale.message == "pas de nouvelles depuis 35 s")
    #expect(stale.since.rfc3339 == "2026-11-23T23:29:11.000Z")
    check.pass()
    #expect(registry.report().status == .pass)
    #expect(registry.report().checks.first?.since.rfc3339 == "2026-11-23T23:29:16.000Z")
  }

  @Test func `a check that failed and then fell silent has failed all along`() throws {
    let check = try registry.register("a", component: "a", role: .readiness, staleAfter: .seconds(30))
    check.fail("x")
    time.advance(by: 100)
    #expect(registry.report().checks.first?.since.rfc3339 == "2026-11-23T23:28:41.000Z")
    check.fail("y")
    #expect(registry.report().checks.first?.since.rfc3339 == "2026-11-23T23:28:41.000Z")
  }

  @Test func `two checks of one name are refused, a removed one may come back`() throws {
    let check = try registry.register("a", component: "a", role: .readiness)
    #expect(throws: HealthError.duplicateCheck("a")) {
      try registry.register("a", component: "b", role: .informative)
    }
    #expect(HealthError.duplicateCheck("a").description.contains("'a'"))
    check.remove()
    check.pass()
    #expect(registry.report().checks.isEmpty)
    _ = try registry.register("a", component: "b", role: .informative)
    #expect(registry.report().checks.first?.component == "b")
  }

  @Test func `a check without a message is named alone`() {
    let check = HealthReport.Check(
      name: "a", component: "c", role: .readiness, status: .fail, since: WallTime(seconds: 0), message: nil)
    let body = text(HealthReport(component: "x", version: "1", checks: [check]).ready().body)
    #expect(body.contains("\"detail\":\"Contrôles qui ne passent pas : a.\""))
  }

  @Test func `is told as metrics too`() throws {
    try registry.register("kafka", component: "bus", role: .informative).fail("x")
    let lines = text(PrometheusText.render(HealthCollector(registry: registry).collect())).split(separator: "\n")
    #expect(lines.contains(#"regie_health_status{status="degraded"} 1"#))
    #expect(lines.contains(#"regie_health_status{status="pass"} 0"#))
    #expect(lines.contains(#"regie_health_check_status{check="kafka",component="bus",status="fail"} 1"#))
    #expect(lines.contains(#"regie_health_check_status{check="kafka",component="bus",status="pass"} 0"#))
  }

  @Test func `sixteen owners report at once while reports are read`() async throws {
    let registry = registry
    let checks = try (0..<16).map { try registry.register("c\($0)", component: "c", role: .readiness) }
    await withTaskGroup { group in
      for check in checks {
        group.addTask {
          for _ in 0..<200 {
            check.fail("x")
            check.pass()
          }
        }
        group.addTask { for _ in 0..<20 { #expect(registry.report().checks.count == 16) } }
      }
    }
    #expect(registry.report().status == .pass)
  }
}
