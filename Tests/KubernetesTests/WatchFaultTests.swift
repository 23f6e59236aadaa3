import Testing

@testable import Kubernetes

/// Watches and informers on a line that misbehaves.
struct WatchFaultTests {
  private static func object(_ name: String, _ version: Int) -> String {
    #"{"metadata":{"name":"\#(name)","uid":"\#(name)","resourceVersion":"\#(version)"}}"#
  }
  private static func line(_ type: String, _ name: String, _ version: Int) -> String {
    #"{"type":"\#(type)","object":\#(object(name, version))}"# + "\n"
  }
  private static func list(_ version: Int, _ objects: [String]) -> String {
    #"{"metadata":{"resourceVersion":"\#(version)"},"items":[\#(objects.joined(separator: ","))]}"#
  }

  /// The answers in their order. Later a look or a list is told `list`, and a watch what the last answer tells: an
  /// informer that is kept waiting takes that for silence as well, and asks again until it has heard.
  private static func serve(_ answers: [StubServer.Answer], then list: String)
    -> @Sendable (StubServer.Request, Int) -> StubServer.Answer
  {
    return { request, before in
      if before < answers.count { return answers[before] }
      return request.uri.contains("watch=true") ? answers[answers.count - 1] : .init(chunks: [list])
    }
  }

  private static func text(_ event: InformerEvent<ObjectIdentityOnly>) -> String {
    switch event {
    case .synced(let objects, let version):
      "synced \(objects.map(\.identity.name).joined(separator: ",")) \(version)"
    case .applied(let object): "applied \(object.identity.name)@\(object.identity.resourceVersion)"
    case .deleted(let object): "deleted \(object.identity.name)"
    case .interrupted(let error): "interrupted \(error.kind)"
    case .resumed: "resumed"
    }
  }

  /// What was asked for: lists, looks at the version, and watches from which versions.
  private static func versions(_ server: StubServer) -> [String] {
    server.requests.map { request in
      let parameters = request.uri.split { $0 == "?" || $0 == "&" }
      if parameters.contains("limit=1") { return "look" }
      return parameters.first { $0.hasPrefix("resourceVersion=") }.map(String.init) ?? "list"
    }
  }

  private func names(_ watch: WatchSequence<ObjectIdentityOnly>) async throws -> [String] {
    var names: [String] = []
    for try await event in watch {
      if case .added(let object) = event { names.append(object.identity.name) }
    }
    return names
  }

  @Test func `events cut into pieces arrive whole, and the server's end is the end`() async throws {
    let text = Self.line("ADDED", "a", 1) + Self.line("ADDED", "b", 2) + "{\"type\":\"ADD"
    try await StubServer.with { _, _ in
      .init(chunks: text.map { String($0) })
    } _: { client, server async throws in
      let watch = client.watch(.namespaces, .init(labelSelector: "a=b"), from: "7", as: ObjectIdentityOnly.self)
      #expect(try await names(watch) == ["a", "b"])
      #expect(
        server.requests.first?.uri
          == "/api/v1/namespaces?labelSelector=a%3Db&watch=true&allowWatchBookmarks=true&resourceVersion=7")
    }
  }

  @Test(arguments: [
    (StubServer.Answer(end: .silent), KubernetesError.Kind.timeout),
    (.init(chunks: ["{"], end: .silent), .timeout),
    (.init(chunks: ["{"], end: .cut), .connection),
    (.init(chunks: ["what?\n"]), .decoding),
    (.init(chunks: [String(repeating: "x", count: 2000)]), .decoding),
    (.init(code: 410, chunks: ["{}"]), .gone),
    (.init(code: 403, chunks: [#"{"status":"Failure","message":"no"}"#]), .forbidden),
  ])
  func `a watch that fails says how`(answer: StubServer.Answer, kind: KubernetesError.Kind) async throws {
    try await StubServer.with { _, _ in
      answer
    } adjust: {
      $0.maximumResponseBytes = 1000
    } _: { client, _ async throws in
      // Where anything else than silence is to be told, silence must not come first.
      let watch = client.watch(
        .namespaces, from: "1", idleTimeout: kind == .timeout ? .milliseconds(100) : .seconds(30),
        as: ObjectIdentityOnly.self)
      let error = await #expect(throws: KubernetesError.self) { try await names(watch) }
      #expect(error?.kind == kind)
    }
  }

  @Test func `a cancelled watch throws the cancellation`() async throws {
    try await StubServer.with { _, _ in
      .init(end: .silent)
    } _: { client, server async throws in
      let watch = client.watch(.namespaces, from: "1", as: ObjectIdentityOnly.self)
      let task = Task { try await names(watch) }
      while server.requests.isEmpty { await Task.yield() }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }

  /// List, a watch that breaks, its resumption, a 410, a new list without `a`, and an outage.
  @Test func `an informer goes through every fault`() async throws {
    let answers: [StubServer.Answer] = [
      .init(chunks: [Self.list(5, [Self.object("a", 3)])]),
      .init(chunks: [Self.line("ADDED", "b", 6)], end: .cut),
      .init(chunks: [
        Self.line("MODIFIED", "b", 7), #"{"type":"ERROR","object":{"code":410,"reason":"Expired"}}"# + "\n",
      ]),
      .init(chunks: [Self.list(20, [Self.object("b", 9)])]),
      .init(code: 500),
      .init(chunks: [Self.line("DELETED", "b", 21)], end: .silent),
    ]
    try await StubServer.with { _, before in
      answers[min(before, answers.count - 1)]
    } _: { client, server async throws in
      let informer = client.informer(
        .namespaces, backoff: Backoff(base: .milliseconds(1), limit: .milliseconds(5)), as: ObjectIdentityOnly.self)
      var news: [String] = []
      for try await event in informer {
        news.append(Self.text(event))
        if news.last == "synced b 20" { #expect(informer[ObjectKey(name: "b")]?.identity.resourceVersion == "9") }
        if news.last == "deleted b" { break }
      }
      #expect(
        news == [
          "synced a 5", "applied b@6", "applied b@7", "deleted a", "synced b 20", "interrupted server", "resumed",
          "deleted b",
        ])
      #expect(informer.snapshot().isEmpty)
      #expect(
        Self.versions(server) == [
          "list", "resourceVersion=5", "resourceVersion=6", "list", "resourceVersion=20", "resourceVersion=20",
        ])
    }
  }

  /// As of a cluster that was restored from its own backup: its numbers are lower again, and until they have come to
  /// where the watch begins, that is told nothing.
  @Test func `an informer that is told nothing learns from a list what has changed meanwhile`() async throws {
    let answers: [StubServer.Answer] = [
      .init(chunks: [Self.list(20, [Self.object("a", 19), Self.object("b", 3)])]),
      .init(end: .silent),
      .init(chunks: [Self.list(10, [Self.object("b", 3)])]),
      .init(chunks: [Self.list(10, [Self.object("b", 3)])]),
      .init(chunks: [Self.line("MODIFIED", "b", 11)], end: .silent),
    ]
    let answer = Self.serve(answers, then: Self.list(10, [Self.object("b", 3)]))
    try await StubServer.with(answer) { client, server async throws in
      let informer = client.informer(
        .namespaces, idleTimeout: .seconds(1),
        backoff: Backoff(base: .milliseconds(1), limit: .milliseconds(5)), as: ObjectIdentityOnly.self)
      var news: [String] = []
      for try await event in informer {
        news.append(Self.text(event))
        if news.last == "applied b@11" { break }
      }
      #expect(news == ["synced a,b 20", "deleted a", "synced b 10", "applied b@11"])
      let asked = Array(Self.versions(server).prefix(answers.count))
      #expect(asked == ["list", "resourceVersion=20", "look", "list", "resourceVersion=10"])
      #expect(informer.snapshot().map(\.identity.resourceVersion) == ["11"])
    }
  }

  /// As of a kind that rests on a server where others change: no bookmark comes below where the watch began.
  @Test func `an informer that is told nothing watches on where the server has gone further`() async throws {
    let answers: [StubServer.Answer] = [
      .init(chunks: [Self.list(20, [Self.object("a", 19)])]),
      .init(end: .silent),
      .init(chunks: [Self.list(25, [Self.object("a", 19)])]),
      .init(chunks: [Self.line("MODIFIED", "a", 26)], end: .silent),
    ]
    let answer = Self.serve(answers, then: Self.list(25, [Self.object("a", 19)]))
    try await StubServer.with(answer) { client, server async throws in
      let informer = client.informer(
        .namespaces, ListQuery(labelSelector: "a=b"), idleTimeout: .seconds(1),
        backoff: Backoff(base: .milliseconds(1), limit: .milliseconds(5)), as: ObjectIdentityOnly.self)
      var news: [String] = []
      for try await event in informer {
        news.append(Self.text(event))
        if news.last == "applied a@26" { break }
      }
      #expect(news == ["synced a 20", "applied a@26"])
      let asked = Array(Self.versions(server).prefix(answers.count))
      #expect(asked == ["list", "resourceVersion=20", "look", "resourceVersion=20"])
      let look = server.requests.map(\.uri).first { $0.hasSuffix("limit=1") }
      #expect(look == "/api/v1/namespaces?labelSelector=a%3Db&limit=1")
    }
  }

  @Test func `an informer ends only by cancellation`() async throws {
    try await StubServer.with { _, _ in
      .init(code: 500)
    } _: { client, server async throws in
      let informer = client.informer(.namespaces, as: ObjectIdentityOnly.self)
      let task = Task { for try await _ in informer {} }
      while server.requests.isEmpty { await Task.yield() }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }
}

/// A projection that keeps nothing.
struct ObjectIdentityOnly: Decodable, Sendable, Equatable {}
