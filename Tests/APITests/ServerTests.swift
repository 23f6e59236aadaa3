import Contract
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Model
import NIOCore
import NIOPosix
import ServiceLifecycle
import Telemetry
import TestSupport
import Testing

@testable import API

/// The API on a port, as the program runs it.
@Suite(.timeLimit(.minutes(3)))
struct ServerTests {
  private static let host = "127.0.0.1"

  /// What the server says.
  private let lines = LogLines()

  private func serve(
    idleTimeout: Duration = .seconds(60), mostConnections: Int = 4096,
    _ body: @escaping @Sendable (TestClient, Int) async throws -> Void
  ) async throws {
    try await APIFixture.run { api in
      let port = try FreePort.find()
      let server = APIServer(
        store: api.store, telemetry: api.telemetry, authentication: .none, host: Self.host, port: port,
        idleTimeout: idleTimeout, mostConnections: mostConnections,
        logger: lines.logger(from: .info))
      let services = ServiceGroup(services: [server], logger: quiet)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await services.run() }
        while !lines.contain("The API is served") { try await Task.sleep(for: .milliseconds(5)) }
        let client = TestClient(
          host: Self.host, port: port, eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton))
        client.connect()
        try await body(client, port)
        try await client.shutdown()
        await services.triggerGracefulShutdown()
        try await group.waitForAll()
      }
    }
  }

  @Test func `requests are answered over the wire, HEAD without a body`() async throws {
    try await serve { client, _ in
      let put = try await client.execute(
        TestClient.Request(
          "/api/v1/operators/dtnum", method: .put, authority: Self.host, headers: [.contentType: "application/yaml"],
          body: ByteBuffer(string: Offered.op)))
      #expect(put.status == .created && put.headers[.server] == "regie")
      let get = try await client.execute(
        TestClient.Request("/api/v1/operators/dtnum", method: .get, authority: Self.host))
      let head = try await client.execute(
        TestClient.Request("/api/v1/operators/dtnum", method: .head, authority: Self.host))
      #expect(get.status == .ok && head.status == .ok && (head.body?.readableBytes ?? 0) == 0)
      #expect(head.headers[.contentLength] == get.headers[.contentLength] && head.headers[.eTag] == get.headers[.eTag])
      let kept = TestClient.Request(
        "/api/v1/operators/dtnum", method: .get, authority: Self.host,
        headers: [.ifNoneMatch: try #require(get.headers[.eTag])])
      let known = try await client.execute(kept)
      #expect(known.status == .notModified && (known.body?.readableBytes ?? 0) == 0)
    }
  }

  @Test func `a body that is too large is refused, and the connection goes on`() async throws {
    try await serve { client, _ in
      let large = TestClient.Request(
        "/api/v1/operators/dtnum", method: .put, authority: Self.host, headers: [.contentType: "application/yaml"],
        body: ByteBuffer(repeating: UInt8(ascii: "#"), count: 3 << 20))
      let refused = try await client.execute(large)
      #expect(refused.status == .contentTooLarge)
      let next = try await client.get("/livez")
      #expect(next.status == .ok)
    }
  }

  @Test func `a body that is badly chunked is not the service's fault, and the connection ends with it`() async throws {
    try await serve { client, port in
      let bad =
        "PUT /api/v1/operators/dtnum HTTP/1.1\\r\\nHost: localhost\\r\\nTransfer-Encoding: chunked\\r\\n"
        + "Content-Type: application/json\\r\\n\\r\\nzz\\r\\n"
      let script =
        "exec 3<>/dev/tcp/\(Self.host)/\(port); printf '\(bad)' >&3 2>/dev/null; cat <&3 2>/dev/null || true"
      let printed = try await ChildProcess.run("/bin/bash", ["-c", script])
      #expect(printed.hasPrefix("HTTP/1.1 400 "), "\(printed)")
      #expect(!lines.contain("A request failed"))
      let metrics = try await client.get("/metrics")
      let counts = String(buffer: try #require(metrics.body)).split(separator: "\n").filter {
        $0.hasPrefix("regie_http_request_seconds_count") && $0.contains(#"method="PUT""#)
      }
      #expect(counts.count == 1 && counts.first?.contains(#"status="400""#) == true, "\(counts)")
    }
  }

  @Test func `a request that never ends is not waited for`() async throws {
    try await serve(idleTimeout: .milliseconds(200)) { _, port in
      let half =
        "PUT /api/v1/operators/dtnum HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 500\\r\\n"
        + "Content-Type: application/json\\r\\n\\r\\n{"
      // On a busy machine the time may be up before the request has begun: that is the same end.
      let script =
        "exec 3<>/dev/tcp/\(Self.host)/\(port); printf '\(half)' >&3 2>/dev/null; wc -c <&3 2>/dev/null || echo 0"
      let printed = try await ChildProcess.run("/bin/bash", ["-c", script])
      #expect(printed.split(separator: "\n").last == "0", "the connection ends without an answer")
    }
  }

  @Test func `one connection more than there may be is not answered`() async throws {
    try await serve(mostConnections: 1) { client, port in
      let first = try await client.get("/livez")
      #expect(first.status == .ok)
      let request = "GET /livez HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n"
      let script =
        "exec 3<>/dev/tcp/\(Self.host)/\(port); printf '\(request)' >&3 2>/dev/null; wc -c <&3 2>/dev/null || echo 0"
      let printed = try await ChildProcess.run("/bin/bash", ["-c", script])
      #expect(printed.split(separator: "\n").last == "0")
      let second = try await client.get("/livez")
      #expect(second.status == .ok)
    }
  }

  @Test func `who calls this machine by another name is not answered`() async throws {
    try await serve { client, _ in
      for (host, status) in [
        ("localhost", 200), ("LOCALHOST:8080", 200), ("127.0.0.1:1", 200), ("[::1]:8080", 200), ("[::1]", 200),
        ("evil.example", 421), ("evil.example:8080", 421), ("localhost.evil.example", 421), ("10.0.0.1", 421),
        ("127.0.0.1.evil.example", 421), ("", 400), (nil, 400),
      ] as [(String?, Int)] {
        let answer = try await client.execute(
          TestClient.Request("/api/v1/capacity", method: .get, authority: host))
        #expect(answer.status.code == status, "\(host ?? "none")")
        guard status != 200 else { continue }
        #expect(answer.headers[.contentType] == "application/problem+json")
        let problem = try ModelJSON.decoder.decode(
          Problem.self, from: Data(try #require(answer.body).readableBytesView))
        #expect(problem.status == status && problem.code == "bad-request" && problem.detail.contains("Host"))
      }
      let probe = try await client.execute(TestClient.Request("/livez", method: .get, authority: "10.0.0.1"))
      #expect(probe.status == .ok, "probes call as they like")
    }
  }

  @Test func `a page of another site changes nothing, even without a body`() async throws {
    try await serve { client, _ in
      let fetchSite = HTTPField.Name.required("Sec-Fetch-Site")
      let cases: [(HTTPFields, Bool)] = [
        ([:], true), ([.origin: "http://localhost:3000"], true), ([.origin: "https://[::1]"], true),
        ([.origin: "http://127.0.0.1:8080", fetchSite: "same-origin"], true),
        ([.origin: "https://evil.example"], false), ([.origin: "null"], false), ([.origin: ""], false),
        ([.origin: "http://localhost.evil.example"], false), ([.origin: "http://evil.example/localhost"], false),
        ([.origin: "chrome-extension://localhost"], false), ([fetchSite: "cross-site"], false),
        ([.origin: "http://localhost", fetchSite: "Cross-Site"], false),
      ]
      let placement = "6f6a4bb4-7b3c-4a0e-9c4f-3a5a3d1f0a11"
      for path in ["/api/v1/policy/drafts?operator=dtnum", "/api/v1/placements/\(placement)/cancel"] {
        for (headers, isGood) in cases {
          let answer = try await client.execute(
            TestClient.Request(path, method: .post, authority: Self.host, headers: headers))
          #expect((answer.status == .forbidden) == !isGood, "\(path) \(headers)")
          let read = try await client.execute(
            TestClient.Request("/api/v1/capacity", method: .get, authority: Self.host, headers: headers))
          #expect(read.status == .ok)
        }
      }
    }
  }

  @Test func `a port that is taken is told, with what to do`() async throws {
    try await serve { _, port in
      try await APIFixture.run { api in
        let second = APIServer(
          store: api.store, telemetry: api.telemetry, authentication: .none, host: Self.host, port: port, logger: quiet)
        let error = await #expect(throws: ListenError.self) { try await second.run() }
        #expect(error?.port == port)
        #expect(error?.description.contains("set REGIE_LISTEN_ADDRESS to another one") == true)
      }
    }
  }
}
