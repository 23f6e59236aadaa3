/// A ready answer to a probe: no I/O, no clock.
public struct HealthResponse: Sendable, Hashable {
  /// HTTP status: 200 or 503.
  public let status: Int
  /// `application/json` or `application/problem+json`.
  public let contentType: String
  /// A JSON object.
  public let body: [UInt8]

  /// `/livez`: the process answers, and nothing else is asked.
  public static let live = HealthResponse(
    status: 200, contentType: "application/json", body: Array(#"{"status":"pass"}"#.utf8))
}

extension HealthReport {
  /// `/health`: every check.
  ///
  /// Passing: 200 `application/json`. Otherwise RFC 9457 `application/problem+json`, where `status` is the HTTP
  /// status (200 when degraded, 503 when failed) and `code` is `health-degraded` or `health-fail`; `health` and
  /// `checks` are in both forms.
  public func health() -> HealthResponse { response(status, checks) }

  /// `/readyz`: the same forms over the readiness checks alone.
  public func ready() -> HealthResponse { response(readiness, readinessChecks) }

  private func response(_ status: HealthStatus, _ checks: [Check]) -> HealthResponse {
    var json = JSONWriter(reserving: 256 + 160 * checks.count)
    let code = status == .fail ? 503 : 200
    json.beginObject()
    if status == .pass {
      json.member("status", status.rawValue)
    } else {
      writeProblem(status, code, checks, to: &json)
    }
    json.member("health", status.rawValue)
    json.member("component", component)
    json.member("version", version)
    writeChecks(checks, to: &json)
    json.endObject()
    return HealthResponse(
      status: code, contentType: status == .pass ? "application/json" : "application/problem+json", body: json.bytes)
  }

  private func writeProblem(_ status: HealthStatus, _ code: Int, _ checks: [Check], to json: inout JSONWriter) {
    let causes = checks.filter { $0.status != .pass }
      .map { check in check.message.map { "\(check.name) (\($0))" } ?? check.name }
    json.member("type", "urn:regie:problem:health-\(status.rawValue)")
    json.member("title", status == .fail ? "Service indisponible" : "Service dégradé")
    json.key("status")
    json.literal(String(code))
    json.member("detail", "Contrôles qui ne passent pas : \(causes.joined(separator: ", ")).")
    json.member("code", "health-\(status.rawValue)")
  }

  private func writeChecks(_ checks: [Check], to json: inout JSONWriter) {
    json.key("checks")
    json.beginObject()
    for check in checks {
      json.key(check.name)
      json.beginObject()
      json.member("status", check.status.rawValue)
      json.member("component", check.component)
      json.member("since", check.since.rfc3339)
      json.key("readiness")
      json.literal(check.role == .readiness ? "true" : "false")
      if let message = check.message { json.member("message", message) }
      json.endObject()
    }
    json.endObject()
  }
}
