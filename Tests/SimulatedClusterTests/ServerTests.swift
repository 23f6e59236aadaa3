import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import SimulatedCluster

/// Over real sockets: what the pure parts can not show.
@Suite("Simulated cluster over HTTP", .timeLimit(.minutes(3)))
struct ServerTests {
  private func withCluster(
    _ change: (inout SimulatedCluster.Configuration) -> Void = { _ in },
    _ body: (SimulatedCluster, String) async throws -> Void
  ) async throws {
    var configuration = SimulatedCluster.Configuration()
    change(&configuration)
    let cluster = SimulatedCluster(name: "test", configuration: configuration)
    let running = Task { try await cluster.run() }
    do {
      try await body(cluster, "http://127.0.0.1:\(try await cluster.port)")
    } catch {
      running.cancel()
      _ = await running.result
      throw error
    }
    running.cancel()
    _ = await running.result
  }

  private func get(_ url: String) async throws -> (code: UInt, body: JSONValue) {
    let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(120))
    let bytes = try await response.body.collect(upTo: 1 << 20)
    let text = String(buffer: bytes)
    return (response.status.code, (try? JSONParser.parse(text)) ?? .string(text))
  }

  private func make(_ name: String, at url: String) async throws {
    var request = HTTPClientRequest(url: "\(url)/api/v1/namespaces")
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.body = .bytes(ByteBuffer(string: #"{"metadata":{"name":"\#(name)"}}"#))
    _ = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
  }

  private func lines(_ url: String, count: Int, then act: () async throws -> Void = {}) async throws -> [JSONValue] {
    let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(120))
    try await act()
    var text = ""
    var events: [JSONValue] = []
    for try await chunk in response.body {
      text += String(buffer: chunk)
      let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
      text = String(parts.last ?? "")
      events += try parts.dropLast().map { try JSONParser.parse(String($0)) }
      if events.count >= count { break }
    }
    return events
  }

  @Test("bookmarks carry the last revision of the kind, and come only where that is above the watch's own")
  func bookmarks() async throws {
    try await withCluster({ $0.bookmarkInterval = .milliseconds(20) }) { (_, url) async throws in
      let version = ["metadata", "resourceVersion"]
      let list = try await get("\(url)/api/v1/namespaces")
      let revision = list.body[path: version]?.text ?? ""
      let path = "\(url)/api/v1/namespaces?watch=true&allowWatchBookmarks=true&labelSelector=none&resourceVersion="
      let events = try await lines(path + revision, count: 1) {
        // A watch that began below is told twice while this one is told nothing.
        let others = Set(try await lines(path + "1", count: 2).map { $0["type"]?.text })
        #expect(others == ["BOOKMARK"])
        try await make("a", at: url)
      }
      let made = try await get("\(url)/api/v1/namespaces/a").body[path: version]?.text
      #expect(events.first?["type"] == "BOOKMARK")
      #expect(events.first?[path: ["object"] + version]?.text == made && made != revision)
    }
  }

  @Test("a watch from a compacted revision is told 410 in the stream")
  func expiredWatch() async throws {
    try await withCluster { (cluster, url) async throws in
      cluster.compact()
      let events = try await lines("\(url)/api/v1/namespaces?watch=true&resourceVersion=1", count: 1)
      #expect(events.first?["type"] == "ERROR")
      #expect(events.first?[path: ["object", "code"]] == 410)
    }
  }

  @Test("dropped watches end; the server goes on")
  func dropWatches() async throws {
    try await withCluster { (cluster, url) async throws in
      // Who has the head counts as watching, at whatever moment the rest of the answer begins.
      for _ in 1...50 {
        let events = try await lines("\(url)/api/v1/configmaps?watch=true", count: 1) {
          cluster.dropWatches()
        }
        #expect(events.isEmpty)
      }
      #expect(try await get("\(url)/readyz").code == 200)
    }
  }

  @Test("injected faults reach the client")
  func faults() async throws {
    try await withCluster { (cluster, url) async throws in
      cluster.inject(.status(503, retryAfter: 2), requests: 1, pathPrefix: "/api")
      let failed = try await get("\(url)/api/v1/namespaces")
      #expect(failed.code == 503)
      #expect(failed.body[path: ["details", "retryAfterSeconds"]] == 2)
      #expect(try await get("\(url)/api/v1/namespaces").code == 200)
      cluster.inject(.dropConnection)
      await #expect(throws: (any Error).self) { try await get("\(url)/version") }
      #expect(try await get("\(url)/version").code == 200)
    }
  }

  @Test("a request that is answered late is done at once, and one that is met with silence is not done")
  func late() async throws {
    try await withCluster { (cluster, url) async throws in
      cluster.inject(.silence(.milliseconds(1)), method: "POST")
      await #expect(throws: (any Error).self) { try await make("a", at: url) }
      cluster.inject(.delayAnswer(.seconds(600)), method: "POST")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { _ = try? await make("b", at: url) }
        while try await get("\(url)/api/v1/namespaces/b").code != 200 { try await Task.sleep(for: .milliseconds(5)) }
        group.cancelAll()
      }
      #expect(try await get("\(url)/api/v1/namespaces/a").code == 404)
    }
  }

  @Test("a request that is held is there, and is done once it is let go")
  func held() async throws {
    try await withCluster { (cluster, url) async throws in
      let request = HeldRequest()
      cluster.inject(.hold(request), method: "POST")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await make("a", at: url) }
        await request.arrived()
        #expect(try await get("\(url)/api/v1/namespaces/a").code == 404)
        request.release()
        try await group.waitForAll()
      }
      #expect(try await get("\(url)/api/v1/namespaces/a").code == 200)
    }
  }

  @Test("without its token nobody gets in")
  func token() async throws {
    try await withCluster({ $0.token = "secret" }) { (_, url) async throws in
      #expect(try await get("\(url)/api/v1/namespaces").code == 401)
    }
  }

  @Test("a graceful shutdown ends watches and the server")
  func gracefulShutdown() async throws {
    let cluster = SimulatedCluster(name: "test")
    let group = ServiceGroup(services: [cluster], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let running = Task { try await group.run() }
    let url = "http://127.0.0.1:\(try await cluster.port)/api/v1/configmaps?watch=true"
    let events = try await lines(url, count: 1) { await group.triggerGracefulShutdown() }
    #expect(events.isEmpty)
    try await running.value
  }

  @Test("a cluster that stops says so to those who wait for its port")
  func stopped() async throws {
    try await withCluster { (_, url) async throws in
      let port = Int(url.split(separator: ":").last ?? "") ?? 0
      let second = SimulatedCluster(name: "second")
      await #expect(throws: (any Error).self) { try await second.run(port: port) }
      await #expect(throws: SimulatedCluster.Failure.stopped(name: "second")) { try await second.port }
    }
  }
}
