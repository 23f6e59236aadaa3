import Foundation
import HTTPTypes
import HummingbirdTesting
import Telemetry
import Testing

@testable import API

struct HealthRoutesTests {
  private struct Report: Decodable {
    struct Check: Decodable {
      var status: String
      var readiness: Bool
      var message: String?
    }
    var health: String
    var checks: [String: Check]
    var detail: String?
  }

  /// As the program registers them: only the database decides on readiness.
  private func checks(_ api: APIFixture) throws -> (database: HealthCheck, bus: HealthCheck) {
    (
      try api.telemetry.health.register("postgres", component: "database", role: .readiness),
      try api.telemetry.health.register("kafka", component: "relay", role: .informative)
    )
  }

  @Test func `where metrics have an address of their own the API tells no more than that it is ready`() async throws {
    try await APIFixture.run(servesMetrics: false) { api in
      try checks(api).database.pass()
      for (path, status) in [("/livez", 200), ("/readyz", 200), ("/health", 404), ("/metrics", 404)] {
        let answer = try await api.client.execute(uri: path, method: .get)
        #expect(answer.status.code == status, "\(path)")
      }
    }
  }

  @Test func `all is well`() async throws {
    try await APIFixture.run { api in
      let (database, bus) = try checks(api)
      database.pass()
      bus.pass()
      for path in ["/health", "/readyz", "/livez"] {
        let answer = try await api.send(.get, path)
        #expect(answer.status == 200 && answer.header("content-type") == "application/json")
      }
      let report: Report = try await api.send(.get, "/readyz").decode()
      #expect(Array(report.checks.keys) == ["postgres"], "readiness asks the database, and nothing else")
    }
  }

  @Test func `with the bus away the service is degraded, and goes on`() async throws {
    try await APIFixture.run { api in
      let (database, bus) = try checks(api)
      database.pass()
      bus.fail("aucun courtier ne répond")
      let health = try await api.send(.get, "/health")
      #expect(health.status == 200 && health.header("content-type") == "application/problem+json")
      let report: Report = try health.decode()
      #expect(report.health == "degraded" && report.checks["kafka"]?.status == "fail")
      #expect(report.detail?.contains("aucun courtier ne répond") == true)
      #expect(try await api.send(.get, "/readyz").status == 200)
      #expect(try await api.send(.get, "/readyz").header("content-type") == "application/json")
      try await api.offer(projects: ["vigie"])
      #expect(try await api.place("vigie").status == 201, "decisions are taken while the bus is away")
    }
  }

  @Test func `with the database away the service is not ready, but alive`() async throws {
    try await APIFixture.run { api in
      let (database, bus) = try checks(api)
      bus.pass()
      for state in ["not yet heard of", "away"] {
        if state == "away" { database.fail("la base de données ne répond pas") }
        for path in ["/health", "/readyz"] {
          let answer = try await api.send(.get, path)
          #expect(answer.status == 503 && answer.header("content-type") == "application/problem+json", "\(state)")
          #expect(try answer.decode(Report.self).health == "fail")
        }
        #expect(try await api.send(.get, "/livez").status == 200)
      }
      database.pass()
      #expect(try await api.send(.get, "/readyz").status == 200)
    }
  }

  @Test func `metrics say which check holds`() async throws {
    try await APIFixture.run { api in
      let (database, _) = try checks(api)
      database.pass()
      let text = try await api.send(.get, "/metrics").text
      #expect(text.contains(#"regie_health_check_status{check="postgres",component="database",status="pass"} 1"#))
      #expect(text.contains(#"regie_health_check_status{check="kafka",component="relay",status="fail"} 1"#))
    }
  }
}
