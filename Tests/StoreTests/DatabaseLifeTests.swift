import Logging
import Model
import NIOConcurrencyHelpers
import Postgres
import TestSupport
import Testing

@testable import Store

/// Whether an instance notices that the database is not the one that it knew.
struct DatabaseLifeTests {
  private static let known = DatabaseLife(
    system: "7", timeline: "00000001", objects: [1, 2], epoch: 1, position: 1000)

  @Test func `a database that has gone on is the same`() {
    var next = Self.known
    next.position += 1
    #expect(next.differences(from: Self.known) == [])
    #expect(Self.known.differences(from: Self.known) == [])
  }

  @Test(arguments: [
    ("system identifier", \DatabaseLife.system, "8"), ("timeline", \DatabaseLife.timeline, "00000002"),
  ])
  func `another server or timeline is told, whatever its log`(
    name: String, path: any WritableKeyPath<DatabaseLife, String> & Sendable, other: String
  ) {
    var next = Self.known
    next[keyPath: path] = other
    next.position = 1
    #expect(next.differences(from: Self.known) == [name])
  }

  @Test func `other tables, another epoch and a log that has shrunk are told`() {
    var next = Self.known
    next.objects[1] = 3
    next.epoch = 2
    #expect(next.differences(from: Self.known) == ["tables", "epoch"])
    next = Self.known
    next.position -= 1
    #expect(next.differences(from: Self.known) == ["log position"])
  }

  @Test func `an instance notices that the disk of before came back, says so and decides on what is there`()
    async throws
  {
    let server = try await PostgresServer.start()
    let configuration = try PostgresServer.configuration(try await server.freshDatabase().url)
    _ = try await StoreMigrations.migrate(configuration, logger: quiet)
    let messages = Messages()
    let logger = Logger(label: "test") { _ in MessageHandler(messages: messages) }
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let fixture = StoreFixture(
        store: GovernanceStore(pool: pool, logger: logger), pool: pool, configuration: configuration)
      try await fixture.offer()
      try await fixture.withWorld {
        _ = try await fixture.place("alpha")
        try await server.stop()
        try await server.saveDisk()
        try await server.startAgain()
        #expect(try await eventually { fixture.store.isWorldLive })
        #expect(messages.all.isEmpty, "a server that was only away is the same")
        for name in ["beta", "gamma"] { _ = try await fixture.place(name) }
        // What was committed since it was last looked at is not known to have been there.
        #expect(try await eventually { try await fixture.isSeen() })
        try await server.stop()
        try await server.bringBackDisk()
        try await server.startAgain()
        let isTold = try await eventually { messages.all.contains { $0.contains("log position") } }
        #expect(isTold)
        #expect(try await eventually { fixture.store.isWorldLive })
        let outcome = try await fixture.place("delta")
        #expect(outcome.changed)
        #expect(try await fixture.store.placements().items.map(\.spec.project) == ["alpha", "delta"])
        #expect(try await fixture.store.replay(outcome.decision.id).verdict == .equal)
        #expect(try await fixture.ledgerAddsUp())
      }
    }
    try await server.stop(immediately: true)
  }
}

/// What was logged as an error.
private final class Messages: Sendable {
  private let lines = NIOLockedValueBox<[String]>([])
  var all: [String] { lines.withLockedValue { $0 } }
  func add(_ line: String) { lines.withLockedValue { $0.append(line) } }
}

private struct MessageHandler: LogHandler {
  let messages: Messages
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.error

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    guard event.level >= .error else { return }
    messages.add("\(event.message) \(event.metadata ?? [:])")
  }
}

extension StoreFixture {
  /// Whether what is committed by now was seen by the instance, by way of a change that it looks at.
  fileprivate func isSeen() async throws -> Bool {
    _ = try await store.put(Offered.cluster("autre-\(UInt8.random(in: 0...255))", Offered.large), context: someone)
    return store.life.isOlder(than: .zero) && !store.life.isOlder(than: .milliseconds(500))
  }
}
