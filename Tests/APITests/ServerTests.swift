import Contract
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Telemetry
import TestSupport
import Testing

@testable import API

/// The API on a port, as the program runs it.
struct ServerTests {
  /// Passes on what is logged, to wait for it.
  private struct Reporter: LogHandler {
    let messages: AsyncStream<String>.Continuation
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { messages.yield("\(event.message)") }
  }

  private func serve(_ body: @escaping @Sendable (TestClient, Int) async throws -> Void) async throws {
    try await APIFixture.run { api in
      let port = try FreePort.find()
      let (messages, continuation) = AsyncStream<String>.makeStream()
      let logger = Logger(label: "api") { _ in Reporter(messages: continuation) }
      let server = APIServer(
        store: api.store, telemetry: api.telemetry, host: "127.0.0.1", port: port, logger: logger)
      let services = ServiceGroup(services: [server], logger: quiet)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await services.run() }
        #expect(await messages.contains { $0 == "The API is served" })
        let client = TestClient(
          host: "127.0.0.1", port: port, eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton))
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
          "/api/v1/operators/dtnum", method: .put, headers: [.contentType: "application/yaml"],
          body: ByteBuffer(string: Offered.op)))
      #expect(put.status == .created && put.headers[.server] == "regie")
      let get = try await client.get("/api/v1/operators/dtnum")
      let head = try await client.execute(TestClient.Request("/api/v1/operators/dtnum", method: .head, headers: [:]))
      #expect(get.status == .ok && head.status == .ok && (head.body?.readableBytes ?? 0) == 0)
      #expect(head.headers[.contentLength] == get.headers[.contentLength] && head.headers[.eTag] == get.headers[.eTag])
      let kept = TestClient.Request(
        "/api/v1/operators/dtnum", method: .get, headers: [.ifNoneMatch: try #require(get.headers[.eTag])])
      let known = try await client.execute(kept)
      #expect(known.status == .notModified && (known.body?.readableBytes ?? 0) == 0)
    }
  }

  @Test func `a body that is too large is refused, and the connection goes on`() async throws {
    try await serve { client, _ in
      let large = TestClient.Request(
        "/api/v1/operators/dtnum", method: .put, headers: [.contentType: "application/yaml"],
        body: ByteBuffer(repeating: UInt8(ascii: "#"), count: 3 << 20))
      let refused = try await client.execute(large)
      #expect(refused.status == .contentTooLarge)
      let next = try await client.get("/livez")
      #expect(next.status == .ok)
    }
  }

  @Test func `a port that is taken is told, with what to do`() async throws {
    try await serve { _, port in
      try await APIFixture.run { api in
        let second = APIServer(
          store: api.store, telemetry: api.telemetry, host: "127.0.0.1", port: port, logger: quiet)
        let error = await #expect(throws: ListenError.self) { try await second.run() }
        #expect(error?.port == port)
        #expect(error?.description.contains("set REGIE_LISTEN_ADDRESS to another one") == true)
      }
    }
  }
}
