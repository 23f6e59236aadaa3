import Foundation
import Logging
import Model
import Postgres
import Requests
import Store
import TestSupport
import Testing

@testable import Server

/// Deliveries by running instances.
@Suite(.timeLimit(.minutes(4)))
struct WebhookServiceTests {
  private static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

  private static func run(_ body: @Sendable (GovernanceStore, PostgresConfiguration) async throws -> Void) async throws
  {
    let server = try await PostgresServer.shared()
    let template = try await server.template("webhooks") { url in
      _ = try await StoreMigrations.migrate(try PostgresServer.configuration(url), logger: quiet)
    }
    let configuration = try PostgresServer.configuration(try await server.freshDatabase(template: template).url)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: quiet)
      for name in ["dtnum", "anfsi"] {
        _ = try await store.put(.operator(Resource(name, OperatorSpec(displayName: name))), context: someone)
      }
      try await body(store, configuration)
    }
  }

  private static func add(_ store: GovernanceStore, _ name: String, _ url: String) async throws -> UUID {
    try await store.addWebhook(
      try #require(WebhookAddress(url)), events: WebhookEvent.choices, of: .operator(name),
      secret: [UInt8](repeating: 1, count: 32), context: someone
    ).id
  }

  private static func service(_ store: GovernanceStore, _ database: PostgresConfiguration) -> WebhookService {
    let loopback = NetworkGuard(allowsPlain: true, allowed: ["127.0.0.0/8"].compactMap(NetworkGuard.Block.init))
    var sender = WebhookSender(destinations: loopback, authority: nil)
    // What hangs does so for longer than a busy machine takes for all that goes on beside it.
    sender.limit = .seconds(30)
    return WebhookService(store: store, database: database, sender: sender, logger: quiet)
  }

  @Test func `what one destination hangs on or refuses reaches it later, and others at once, each thing once`()
    async throws
  {
    try await Self.run { store, database in
      try await Hook.with({ number, call in
        guard call.path == "/slow" else { return .status(200) }
        return number == 0 ? .hang : .status(200)
      }) { hook, port in
        let slow = try await Self.add(store, "dtnum", "http://127.0.0.1:\(port)/slow")
        let quick = try await Self.add(store, "anfsi", "http://127.0.0.1:\(port)/quick")
        try await withThrowingTaskGroup(of: Void.self) { group in
          // The slow one is called, and says nothing, before anything else is there to be told.
          _ = try await store.testWebhook(slow)
          for _ in 0..<2 { group.addTask { try await Self.service(store, database).run() } }
          while hook.calls.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
          var sent: [UUID] = []
          // There is one trial of a destination at a time: the next one follows when it was delivered.
          for count in 1...5 {
            sent.append(try await store.testWebhook(quick).id)
            #expect(try await store.deliveries(to: quick).items.count == count)
            while try await store.deliveries(to: quick, state: .delivered).items.count < count {
              try await Task.sleep(for: .milliseconds(20))
            }
          }
          #expect(try await store.deliveries(to: slow, state: .delivered).items.isEmpty, "it hangs still")
          let order = hook.calls.filter { $0.path == "/quick" }.compactMap { $0.headers["regie-webhook-id"] }
          #expect(order == sent.map { $0.uuidString.lowercased() })
          // It is given up, left alone for a while, and then takes it: the same, under the same identifier.
          while try await store.deliveries(to: slow, state: .delivered).items.isEmpty {
            try await Task.sleep(for: .milliseconds(50))
          }
          let calls = hook.calls.filter { $0.path == "/slow" }
          #expect(calls.count == 2 && Set(calls.map { $0.headers["regie-webhook-id"] }).count == 1)
          #expect(Set(calls.map(\.body)).count == 1)
          group.cancelAll()
          try await group.waitForAll()
        }
      }
    }
  }

  /// Opens a finding of an operator whose deadline is near.
  private static func openFinding(of name: String, _ database: PostgresConfiguration) async throws {
    try await PostgresPool.withPool(database, logger: quiet) { pool in
      try await pool.withConnection {
        _ = try await $0.execute(
          """
          INSERT INTO findings (id, placement, project, environment, replica, cluster, zone, region, operator,
            policy_version, judged_policy, rules, reasons, opened_at, due_on)
          SELECT \(UUID()), \(UUID()), 'p', 'prod', 0, 'c', 'z0', 'r', \(name), 1, 1, '{}', '[]', clock_timestamp(),
            current_date
          """)
      }
    }
  }

  @Test func `a deadline that comes near is told while something is under way that does not end`() async throws {
    try await Self.run { store, database in
      try await Hook.with({ _, _ in .hang }) { hook, port in
        let id = try await Self.add(store, "dtnum", "http://127.0.0.1:\(port)/slow")
        _ = try await store.testWebhook(id)
        try await withThrowingTaskGroup(of: Void.self) { group in
          var service = Self.service(store, database)
          service.tendingPace = .milliseconds(100)
          group.addTask { [service] in try await service.run() }
          while hook.calls.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
          // The attempt is under way, and whatever was due when it began was told.
          try await Self.openFinding(of: "dtnum", database)
          var told: [String] = []
          while !told.contains("finding.due") {
            try await Task.sleep(for: .milliseconds(20))
            told = try await store.deliveries(to: id).items.map(\.event)
          }
          let failures = try await store.webhooks().items.map(\.failures)
          #expect(failures == [0], "the attempt has not ended")
          group.cancelAll()
          try await group.waitForAll()
        }
      }
    }
  }
}
