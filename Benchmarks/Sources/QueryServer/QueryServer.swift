import API
import Foundation
import Hummingbird
import Logging
import Metrics
import NIOCore
import Postgres
import Store
import Telemetry

/// The API of governance with its world in memory, and one more address that answers bytes made beforehand to the same
/// bodies: what a query costs beside that is what it costs beyond HTTP.
@main
struct QueryServer {
  static func main() async throws {
    let environment = ProcessInfo.processInfo.environment
    guard let url = environment["BENCH_POSTGRES"], let bytes = environment["BENCH_BYTES"].flatMap({ Int($0) }) else {
      throw Missing()
    }
    let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
    let telemetry = Telemetry(component: "governance", build: BuildInfo(version: "0"))
    MetricsSystem.bootstrap(PrometheusMetricsFactory(registry: telemetry.metrics))
    let database = try PostgresConfiguration(url: url)
    try await PostgresPool.withPool(database, logger: quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: quiet)
      let router = APIServer.router(store: store, telemetry: telemetry, authentication: .none)
      let made = ByteBuffer(repeating: UInt8(ascii: "x"), count: bytes)
      router.post("bench/made") { request, _ in
        _ = try await request.body.collect(upTo: 1 << 20)
        return Response(
          status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-cache"],
          body: ResponseBody(byteBuffer: made))
      }
      let application = Application(
        router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { channel in
          while !store.isWorldLive { try? await Task.sleep(for: .milliseconds(20)) }
          print("listening \(channel.localAddress?.port ?? 0)")
          fflush(nil)
        }, logger: quiet)
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await store.keepWorld(database) }
        group.addTask { try? await application.run() }
        if environment["BENCH_IMPACTS"] != nil { group.addTask { await workOutImpacts(store) } }
        await group.next()
        group.cancelAll()
      }
    }
  }

  /// As governance does: one at a time, with its rests.
  private static func workOutImpacts(_ store: GovernanceStore) async {
    while !Task.isCancelled {
      guard let claim = try? await store.claimImpact(by: "bench", pace: .zero) else {
        try? await Task.sleep(for: .milliseconds(100))
        continue
      }
      _ = try? await store.workOut(claim) { spent in
        try await Task.sleep(for: GovernanceStore.impactRest(after: spent))
      }
    }
  }

  /// The environment does not say what to serve.
  struct Missing: Error {}
}
