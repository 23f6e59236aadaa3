import Foundation
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import Kubernetes

/// What the client does when the server, the line or the token lets it down.
struct ClientFaultTests {
  private static let namespace = #"{"metadata":{"name":"a","uid":"u","resourceVersion":"1"}}"#
  private static func status(_ reason: String) -> String {
    #"{"kind":"Status","status":"Failure","reason":"\#(reason)"}"#
  }
  private static func list(_ names: [String], next: String = "") -> String {
    let items = names.map { #"{"metadata":{"name":"\#($0)","uid":"u","resourceVersion":"1"}}"# }
    return #"{"metadata":{"resourceVersion":"5","continue":"\#(next)"},"items":[\#(items.joined(separator: ","))]}"#
  }

  @Test func `a busy server is asked again and the answer returned`() async throws {
    try await StubServer.with { _, before in
      before < 2
        ? .init(code: before == 0 ? 429 : 503, headers: [("retry-after", "0")]) : .init(chunks: [Self.namespace])
    } _: { client, server async throws in
      #expect(try await client.get(Namespace.self, "a").metadata.uid == "u")
      #expect(server.requests.count == 3)
    }
  }

  @Test func `a broken connection is retried for a read, not for a creation`() async throws {
    try await StubServer.with { request, before in
      request.method == "GET" && before > 0 ? .init(chunks: [Self.namespace]) : .init(end: .cut)
    } _: { client, server async throws in
      _ = try await client.get(Namespace.self, "a")
      #expect(server.requests.count == 2)
      let error = await #expect(throws: KubernetesError.self) {
        try await client.create(Namespace(metadata: ObjectMeta(name: "a")))
      }
      #expect(error?.kind == .connection)
      #expect(server.requests.count == 3)
    }
  }

  @Test(arguments: [("300", 300), ("3600", 600), ("9223372036854775807", 600)])
  func `a wish to wait beyond the call's time ends the call with the server's words, within reason`(
    header: String, seconds: Int
  ) async throws {
    try await StubServer.with { _, _ in
      .init(code: 429, headers: [("retry-after", header)], chunks: [Self.status("TooManyRequests")])
    } _: { client, server async throws in
      let error = await #expect(throws: KubernetesError.self) { try await client.get(Namespace.self, "a") }
      #expect(error?.kind == .tooManyRequests && error?.retryAfter == .seconds(seconds))
      #expect(server.requests.count == 1)
    }
  }

  @Test func `a server that asks one call to wait is left alone by all, watches too`() async throws {
    try await StubServer.with { _, _ in
      .init(code: 429, headers: [("retry-after", "600")], chunks: [Self.status("TooManyRequests")])
    } adjust: {
      $0.callTimeout = .seconds(150)
    } _: { client, server async throws in
      await #expect(throws: KubernetesError.self) { try await client.get(Namespace.self, "a") }
      let start = ContinuousClock.now
      let unsent = await #expect(throws: KubernetesError.self) {
        try await client.create(Namespace(metadata: ObjectMeta(name: "a")))
      }
      #expect(unsent?.kind == .tooManyRequests && unsent?.code == nil)
      #expect(try #require(unsent?.retryAfter) > .seconds(450))
      let watch = client.watch(.namespaces, from: "1", as: Namespace.self)
      let unopened = await #expect(throws: KubernetesError.self) { for try await _ in watch {} }
      #expect(unopened?.kind == .tooManyRequests && unopened?.code == nil)
      // None of the two has waited until its time is over.
      #expect(server.requests.count == 1 && ContinuousClock.now - start < .seconds(120))
    }
  }

  @Test(arguments: [429, 503])
  func `what an admission webhook asks of one call holds up no other`(code: Int) async throws {
    let denial =
      #"{"kind":"Status","status":"Failure","message":"admission webhook \"a.b.c\" denied the request: later"}"#
    try await StubServer.with { request, _ in
      request.method == "POST"
        ? .init(code: code, headers: [("retry-after", "600")], chunks: [denial]) : .init(chunks: [Self.namespace])
    } adjust: {
      $0.callTimeout = .seconds(150)
    } _: { client, server async throws in
      let start = ContinuousClock.now
      let error = await #expect(throws: KubernetesError.self) {
        try await client.create(Namespace(metadata: ObjectMeta(name: "b")))
      }
      #expect(error?.kind == .forbidden && error?.retryAfter == .seconds(600))
      _ = try await client.get(Namespace.self, "a")
      #expect(server.requests.count == 2 && ContinuousClock.now - start < .seconds(120))
    }
  }

  @Test func `who has the time waits as long as another call was asked to`() async throws {
    try await StubServer.with { request, _ in
      request.uri.hasSuffix("busy")
        ? .init(code: 503, headers: [("retry-after", "5")]) : .init(chunks: [Self.namespace])
    } adjust: {
      $0.retry.attempts = 1
      $0.callTimeout = .seconds(120)
    } _: { client, server async throws in
      let start = ContinuousClock.now
      await #expect(throws: KubernetesError.self) { try await client.get(Namespace.self, "busy") }
      _ = try await client.get(Namespace.self, "a")
      #expect(ContinuousClock.now - start >= .seconds(5) && server.requests.count == 2)
    }
  }

  @Test(arguments: [0, 1]) func `a call ends in time though the answer stops`(chunks: Int) async throws {
    try await StubServer.with { _, _ in
      .init(chunks: Array(repeating: "{", count: chunks), end: .silent)
    } _: { client, _ async throws in
      let error = await #expect(throws: KubernetesError.self) {
        try await client.get(Namespace.self, "a", timeout: .milliseconds(200))
      }
      #expect(error?.kind == .timeout)
    }
  }

  @Test func `nobody listening is a connection error, after the retries`() async throws {
    let nobody = try ClosedPort()
    var configuration = try KubernetesConfiguration.plain(url: "http://127.0.0.1:\(nobody.number)")
    configuration.retry.backoff = Backoff(base: .milliseconds(1), limit: .milliseconds(2))
    let error = await #expect(throws: KubernetesError.self) {
      try await KubernetesClient.withClient(configuration) { try await $0.version() }
    }
    #expect(error?.kind == .connection)
    #expect(error?.call == "GET /version")
    // Nobody else has taken the port meanwhile.
    withExtendedLifetime(nobody) {}
  }

  @Test func `a cancelled call throws the cancellation`() async throws {
    try await StubServer.with { _, _ in
      .init(end: .silent)
    } _: { client, server async throws in
      let task = Task { try await client.get(Namespace.self, "a") }
      while server.requests.isEmpty { await Task.yield() }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }

  @Test func `an answer too long or of another shape is refused`() async throws {
    try await StubServer.with { request, _ in
      .init(chunks: [request.uri.hasSuffix("long") ? String(repeating: " ", count: 2000) : "[]"])
    } adjust: {
      $0.maximumResponseBytes = 1000
    } _: { client, _ async throws in
      let long = await #expect(throws: KubernetesError.self) { try await client.get(Namespace.self, "long") }
      #expect(long?.kind == .decoding && long?.message.contains("longer than 1000") == true)
      let odd = await #expect(throws: KubernetesError.self) { try await client.get(Namespace.self, "odd") }
      #expect(odd?.kind == .decoding)
    }
  }

  @Test func `an update without version and an object without name are refused unsent`() async throws {
    try await StubServer.with { _, _ in
      .init()
    } _: { client, server async throws in
      await #expect(throws: KubernetesError.self) {
        try await client.update(Namespace(metadata: ObjectMeta(name: "a")))
      }
      await #expect(throws: KubernetesError.self) {
        try await client.apply(Namespace(metadata: ObjectMeta()), fieldManager: "m")
      }
      #expect(server.requests.isEmpty)
    }
  }

  @Test func `a token that was rotated is read again when the server refuses the old one`() async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID().uuidString)")
    try "old\n".write(to: file, atomically: true, encoding: .utf8)
    let valid = NIOLockedValueBox("Bearer old")
    let server = try await StubServer { request, _ in
      request.authorization == valid.withLockedValue { $0 }
        ? .init(chunks: [Self.namespace]) : .init(code: 401, chunks: [Self.status("Unauthorized")])
    }
    var configuration = KubernetesConfiguration(
      server: try server.configuration().server, namespace: "a", trust: .system, credential: .tokenFile(file.path))
    configuration.tokenRefresh = .seconds(3600)
    try await KubernetesClient.withClient(configuration) { client in
      _ = try await client.get(Namespace.self, "a")
      try "new\n".write(to: file, atomically: true, encoding: .utf8)
      valid.withLockedValue { $0 = "Bearer new" }
      _ = try await client.get(Namespace.self, "a")
      valid.withLockedValue { $0 = "Bearer revoked" }
      let error = await #expect(throws: KubernetesError.self) { try await client.get(Namespace.self, "a") }
      #expect(error?.kind == .unauthorized && error?.code == 401)
    }
    #expect(
      server.requests.map(\.authorization)
        == ["Bearer old", "Bearer old", "Bearer new", "Bearer new", "Bearer new"])
    await server.close()
  }

  @Test func `a token file is read again with time, and its last content serves while it is away`() async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID().uuidString)")
    let tokens = TokenFile(path: file.path, refresh: .zero, logger: LogLines().logger(from: .warning))
    await #expect(throws: ConfigurationError.self) { try await tokens.current() }
    try "one".write(to: file, atomically: true, encoding: .utf8)
    #expect(try await tokens.current() == "one")
    try FileManager.default.removeItem(at: file)
    #expect(try await tokens.current() == "one")
    try "two".write(to: file, atomically: true, encoding: .utf8)
    #expect(try await tokens.current() == "two")
  }

  @Test func `a page that expired makes one list in one piece`() async throws {
    let (first, whole) = (Self.list(["a"], next: "next"), Self.list(["all"]))
    try await StubServer.with { request, _ in
      if request.uri.contains("continue=next") { return .init(code: 410, chunks: [Self.status("Expired")]) }
      return .init(chunks: [request.uri.contains("limit=") ? first : whole])
    } _: { client, server async throws in
      let found = try await client.list(Namespace.self)
      #expect(found.items.map(\.identity.name) == ["all"])
      #expect(server.requests.map(\.uri).last == "/api/v1/namespaces")
    }
  }
}

/// Lists that have no end, and pages that are too long.
extension ClientFaultTests {
  private static let long = StubServer.Answer(chunks: [String(repeating: " ", count: 2000)])

  private static func page(_ names: [String], next: String = "") -> StubServer.Answer {
    StubServer.Answer(chunks: [list(names, next: next)])
  }

  @Test func `a list ends where a page is named again`() async throws {
    try await StubServer.with { _, before in
      before < 10 ? Self.page(["a"], next: "next") : .init(code: 500)
    } _: { client, server async throws in
      let error = await #expect(throws: KubernetesError.self) { try await client.list(Namespace.self) }
      #expect(error?.kind == .decoding && error?.message.contains("again") == true)
      #expect(server.requests.count == 2)
    }
  }

  @Test(arguments: [["a"], []])
  func `a list ends though the server names ever more pages, be they empty`(names: [String]) async throws {
    try await StubServer.with { _, before in
      before < 10 ? Self.page(names, next: "next\(before)") : .init(code: 500)
    } adjust: {
      $0.maximumListedObjects = 3
    } _: { client, server async throws in
      let error = await #expect(throws: KubernetesError.self) { try await client.list(Namespace.self) }
      #expect(error?.kind == .decoding && error?.message.contains("within 3 objects") == true)
      #expect(server.requests.count == 3)
    }
  }

  @Test func `a list begins anew with smaller pages where one is too long`() async throws {
    let answers: [StubServer.Answer] = [
      Self.long, Self.page(["a", "b"], next: "c"), Self.long, Self.page(["a"], next: "b"), Self.page(["b"]),
    ]
    try await StubServer.with { _, before in
      answers[min(before, answers.count - 1)]
    } adjust: {
      $0.maximumResponseBytes = 1000
    } _: { client, server async throws in
      let found = try await client.list(.namespaces, pageSize: 4, as: ObjectIdentityOnly.self)
      #expect(found.items.map(\.identity.name) == ["a", "b"])
      let asked = ["?limit=4", "?limit=2", "?limit=2&continue=c", "?limit=1", "?limit=1&continue=b"]
        .map { "/api/v1/namespaces" + $0 }
      #expect(server.requests.map(\.uri) == asked)
    }
  }

  @Test func `one object that is too long ends the list`() async throws {
    try await StubServer.with { _, before in
      before < 10 ? Self.long : .init(code: 500)
    } adjust: {
      $0.maximumResponseBytes = 1000
    } _: { client, server async throws in
      let error = await #expect(throws: KubernetesError.self) {
        try await client.list(.namespaces, pageSize: 4, as: ObjectIdentityOnly.self)
      }
      #expect(error?.kind == .decoding && error?.message.contains("longer than 1000") == true)
      #expect(server.requests.count == 3, "pages of 4, 2 and 1")
    }
  }

  @Test func `a list that is too long for one piece is read in pages again where a page has expired`() async throws {
    let answers: [StubServer.Answer] = [
      Self.page(["a"], next: "b"), .init(code: 410, chunks: [Self.status("Expired")]), Self.long,
      Self.page(["a"], next: "c"), Self.page(["b"]),
    ]
    try await StubServer.with { _, before in
      answers[min(before, answers.count - 1)]
    } adjust: {
      $0.maximumResponseBytes = 1000
    } _: { client, server async throws in
      let found = try await client.list(Namespace.self)
      #expect(found.items.map(\.identity.name) == ["a", "b"])
      let asked = ["?limit=500", "?limit=500&continue=b", "", "?limit=500", "?limit=500&continue=c"]
        .map { "/api/v1/namespaces" + $0 }
      #expect(server.requests.map(\.uri) == asked)
    }
  }
}
