import Foundation
import Logging
import NIOConcurrencyHelpers
import Postgres
import ServiceLifecycle
import Store
import Telemetry
import Testing

@testable import Server

@Suite(.timeLimit(.minutes(1)))
struct IdentityWiringTests {
  private static let keys = """
    {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
    """

  @Test func `the check of the issuer fails where its keys were not asked for twice in a row`() async throws {
    let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
    let path = NSTemporaryDirectory() + "regie-wiring-\(UUID().uuidString)"
    try Data("roles: [{group: /a, role: auditor}]".utf8).write(to: URL(fileURLWithPath: path + ".roles"))
    try Data(Self.keys.utf8).write(to: URL(fileURLWithPath: path + ".keys"))
    defer { for end in [".roles", ".keys"] { try? FileManager.default.removeItem(atPath: path + end) } }
    let uptime = NIOLockedValueBox(Duration.zero)
    let registry = HealthRegistry(
      component: "governance", version: "0",
      clock: TelemetryClock(wall: { WallTime(seconds: 0) }, uptime: { uptime.withLockedValue { $0 } }))
    let pool = PostgresPool(
      configuration: try PostgresConfiguration(environment: ["PGDATABASE": "none"]), logger: quiet)
    let issuer = IdentitySettings.Issuer(
      address: "https://issuer.example", audiences: ["regie"], rolesFile: path + ".roles", keysFile: path + ".keys",
      authorityFile: nil, skew: .zero)
    let wiring = try IdentityWiring(
      .oidc(issuer), store: GovernanceStore(pool: pool, logger: quiet), health: registry, logger: quiet)
    func status() -> HealthStatus? { registry.report().checks.first { $0.name == "oidc" }?.status }
    await withTaskGroup(of: Void.self) { group in
      for service in wiring.services { group.addTask { try? await service.run() } }
      while status() != .pass { try? await Task.sleep(for: .milliseconds(5)) }
      uptime.withLockedValue { $0 = .seconds(600) }
      #expect(status() == .pass)
      uptime.withLockedValue { $0 = .seconds(601) }
      #expect(status() == .fail)
      group.cancelAll()
    }
    await wiring.close()
  }
}
