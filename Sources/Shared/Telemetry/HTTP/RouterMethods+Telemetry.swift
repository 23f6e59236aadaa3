import HTTPTypes
public import Hummingbird
import NIOCore

extension RouterMethods {
  /// Adds `GET /livez`, `/readyz`, `/health` and `/metrics`.
  @discardableResult
  public func addTelemetryRoutes(_ telemetry: Telemetry) -> Self {
    let health = telemetry.health
    let metrics = telemetry.metrics
    addProbeRoutes(telemetry)
    on("/health", method: .get) { _, _ in Response(health.report().health()) }
    on("/metrics", method: .get) { _, _ in
      Response(code: 200, contentType: PrometheusText.contentType, body: metrics.scrape())
    }
    return self
  }

  /// Adds `GET /livez` and `/readyz` alone: what a load balancer asks, and tells nothing to others.
  @discardableResult
  public func addProbeRoutes(_ telemetry: Telemetry) -> Self {
    let health = telemetry.health
    on("/livez", method: .get) { _, _ in Response(HealthResponse.live) }
    on("/readyz", method: .get) { _, _ in Response(health.report().ready()) }
    return self
  }
}

extension Response {
  fileprivate init(_ health: HealthResponse) {
    self.init(code: health.status, contentType: health.contentType, body: health.body)
  }

  fileprivate init(code: Int, contentType: String, body: [UInt8]) {
    self.init(
      status: HTTPResponse.Status(code: code),
      // An answer kept by a proxy would hide an outage.
      headers: [.contentType: contentType, .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }
}
