import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Metrics
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

@testable import Telemetry

struct TelemetryRoutesTests {
  private let telemetry = Telemetry(component: "region-agent", build: BuildInfo(version: "1.2.3", revision: "abc"))

  private func get(_ path: String) async throws -> TestResponse {
    let router = Router()
    router.addTelemetryRoutes(telemetry)
    return try await Application(router: router).test(.router) { client in
      try await client.execute(uri: path, method: .get)
    }
  }

  @Test func `livez answers whatever the checks say`() async throws {
    try telemetry.health.register("postgres", component: "database", role: .readiness).fail("x")
    let response = try await get("/livez")
    #expect(response.status == .ok)
    #expect(response.headers[.contentType] == "application/json")
    #expect(response.headers[.cacheControl] == "no-store")
  }

  @Test func `readyz and health follow the checks`() async throws {
    let check = try telemetry.health.register("postgres", component: "database", role: .readiness)
    check.pass()
    #expect(try await get("/readyz").status == .ok)
    #expect(try await get("/health").headers[.contentType] == "application/json")
    check.fail("x")
    #expect(try await get("/readyz").status == .serviceUnavailable)
    let health = try await get("/health")
    #expect(health.status == .serviceUnavailable)
    #expect(health.headers[.contentType] == "application/problem+json")
    #expect(String(buffer: health.body) == text(telemetry.health.report().health().body))
  }

  @Test func `metrics tell the process, the build and the health`() async throws {
    let response = try await get("/metrics")
    #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
    let lines = String(buffer: response.body).split(separator: "\n")
    func value(_ name: String) -> Double? {
      lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
    }
    #expect(lines.contains(#"regie_build_info{component="region-agent",revision="abc",version="1.2.3"} 1"#))
    #expect(lines.contains(#"regie_health_status{status="pass"} 1"#))
    #expect((value("process_cpu_seconds_total") ?? 0) > 0)
    #expect((value("process_resident_memory_bytes") ?? 0) > 1_000_000)
    #expect((value("process_virtual_memory_bytes") ?? 0) > (value("process_resident_memory_bytes") ?? .infinity))
    #expect((value("process_open_fds") ?? 0) >= 3)
    #expect((value("process_max_fds") ?? 0) >= (value("process_open_fds") ?? .infinity))
    let now = Double(TelemetryClock.system.wall().seconds)
    #expect(abs(now - (value("process_start_time_seconds") ?? 0)) < 86_400)
  }

  @Test func `a request continues its caller's trace, or begins one`() async throws {
    let seen = NIOLockedValueBox<[TraceContext?]>([])
    let router = Router()
    router.add(middleware: TraceMiddleware { 7 })
    router.get("/x") { _, _ in
      seen.withLockedValue { $0.append(TraceContext.current) }
      return HTTPResponse.Status.noContent
    }
    let name = try #require(HTTPField.Name("traceparent"))
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    try await Application(router: router).test(.router) { client in
      for headers in [[name: traceparent], [name: "nonsense"], [:]] as [HTTPFields] {
        let response = try await client.execute(uri: "/x", method: .get, headers: headers)
        #expect(response.status == .noContent)
      }
    }
    let fresh = "00-00000000000000070000000000000007-0000000000000007-01"
    #expect(
      seen.withLockedValue { $0.map { $0?.traceparent } }
        == ["00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000007-01", fresh, fresh])
  }

  @Test(.timeLimit(.minutes(1)))
  func `the stand-alone server serves, stops when told, and says why it cannot listen`() async throws {
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = TelemetryServer(telemetry, listen: ListenAddress(host: "127.0.0.1", port: 0), logger: logger) {
      port.yield($0)
    }
    let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
    async let running: Void = group.run()
    var iterator = ports.makeAsyncIterator()
    let listening = try #require(await iterator.next())
    let client = TestClient(
      host: "127.0.0.1", port: listening, configuration: .init(),
      eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton))
    client.connect()
    #expect(try await client.get("/livez").status == .ok)
    try await client.close()

    let second = TelemetryServer(telemetry, listen: ListenAddress(host: "127.0.0.1", port: listening), logger: logger)
    let refused = await #expect(throws: TelemetryServerError.self) { try await second.run() }
    #expect(refused?.address.port == listening)
    #expect(refused?.description.hasPrefix("cannot listen on 127.0.0.1:\(listening) for probes and metrics: ") == true)

    await group.triggerGracefulShutdown()
    try await running
  }

  /// Runs the stand-alone server while `body` does with its port.
  private func serving(
    idleTimeout: Duration = .seconds(60), mostConnections: Int = 256, _ body: (Int) async throws -> Void
  ) async throws {
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = TelemetryServer(
      telemetry, listen: ListenAddress(host: "127.0.0.1", port: 0), idleTimeout: idleTimeout,
      mostConnections: mostConnections, logger: logger
    ) { port.yield($0) }
    let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
    async let running: Void = group.run()
    var iterator = ports.makeAsyncIterator()
    let listening = try #require(await iterator.next())
    try await body(listening)
    await group.triggerGracefulShutdown()
    try await running
  }

  /// Whether a connection that says nothing is closed by the server.
  private func closes(port: Int) async throws -> Bool {
    let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port).get()
    let end = ContinuousClock.now + .seconds(40)
    while client.isActive, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(5)) }
    let isClosed = !client.isActive
    try? await client.close()
    return isClosed
  }

  @Test(.timeLimit(.minutes(1)))
  func `the stand-alone server closes a connection on which nothing comes`() async throws {
    try await serving(idleTimeout: .milliseconds(200)) { port in
      let isClosed = try await closes(port: port)
      #expect(isClosed)
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `the stand-alone server closes one connection more than it may have`() async throws {
    try await serving(mostConnections: 1) { port in
      let client = TestClient(
        host: "127.0.0.1", port: port, configuration: .init(),
        eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton))
      client.connect()
      #expect(try await client.get("/livez").status == .ok)
      let isClosed = try await closes(port: port)
      #expect(isClosed)
      #expect(try await client.get("/livez").status == .ok)
      try await client.close()
    }
  }

  @Test func `bootstrap installs JSON logs and metrics, once`() throws {
    let file = try LineFile()
    let installed = try Telemetry.bootstrap(
      component: "governance", build: BuildInfo(version: "1"), level: .warning, output: file.output)
    Logger(label: "x").warning("kept", metadata: ["only": "here"])
    Logger(label: "x").info("below the level")
    Counter(label: "bootstrapped").increment()
    let objects = try file.objects().filter { $0["logger"] == "x" }
    #expect(objects.map { $0["message"] } == ["kept"])
    let lines = text(installed.metrics.scrape()).split(separator: "\n")
    #expect(lines.contains("bootstrapped_total 1"))
    #expect(lines.contains("regie_log_lines_lost_total 0"))
    #expect(throws: TelemetryError.alreadyBootstrapped) {
      try Telemetry.bootstrap(component: "again", build: BuildInfo(version: "1"), level: .info)
    }
    #expect(TelemetryError.alreadyBootstrapped.description.contains("once"))
  }
}
