import Board
import Foundation
import Logging
import Model
import Postgres
import ServiceLifecycle
import Store
import TestSupport
import Testing
import Trail

@testable import Server

/// Votes are counted at their deadline by instances that sleep until then.
struct BoardServiceTests {
  private static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
  private static let admin = RequestContext(principal: "test:someone")

  private static let policy = PolicySpec(
    title: LocalizedText(fr: "Politique"), dataClasses: [PolicySpec.DataClass(name: "public", sensitivity: .usuel)],
    governance: .init(quorum: 1))

  /// The instances find nothing to wait for when they start: only the notification tells them of the deadline.
  @Test(.timeLimit(.minutes(3)))
  func `several instances count a vote when its deadline comes, once`() async throws {
    let server = try await PostgresServer.shared()
    let template = try await server.template("expiry") { url in
      _ = try await StoreMigrations.migrate(try PostgresServer.configuration(url), logger: Self.quiet)
    }
    let configuration = try PostgresServer.configuration(try await server.freshDatabase(template: template).url)
    try await PostgresPool.withPool(configuration, logger: Self.quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: Self.quiet)
      for name in ["anfsi", "dtnum"] {
        _ = try await store.put(
          .operator(Resource(name, OperatorSpec(displayName: name, representatives: [.init(subject: name)]))),
          context: Self.admin)
      }
      _ = try await store.put(.policy(Resource("regie", Self.policy)), context: Self.admin)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          let service = BoardService(store: store, database: configuration, logger: Self.quiet)
          group.addTask { try await service.run() }
        }
        let id = try await Self.propose(in: store)
        try await pool.withConnection {
          // The database lets nobody move a deadline, and tells nobody of what is done without its triggers.
          try await $0.script(
            """
            BEGIN;
            SET LOCAL session_replication_role = replica;
            UPDATE policy_proposals SET closes_at = clock_timestamp() + interval '300 milliseconds',
              body = jsonb_set(body, '{closesAt}', to_jsonb(to_char(
                (clock_timestamp() + interval '200 milliseconds') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')));
            NOTIFY regie_board;
            COMMIT;
            """)
        }
        while try await store.proposal(id).proposal.state == .open { try await Task.sleep(for: .milliseconds(20)) }
        group.cancelAll()
        try await group.waitForAll()
        #expect(try await store.proposal(id).proposal.state == .ratified)
        let deeds = try await store.auditEntries().items.filter { $0.action == "ratified" }
        #expect(deeds.map(\.principal) == ["governance:clock"])
        #expect(try await store.policyInForce()?.version == 2)
      }
    }
  }

  private static func propose(in store: GovernanceStore) async throws -> UUID {
    var text = policy
    text.flowDelayDays = 9
    let dtnum = BoardActor(principal: "user:dtnum", operator: "dtnum", subject: "dtnum")
    let id = try await store.draft(text, by: dtnum, context: admin).proposal.id
    _ = try await store.act(
      .proposed(motive: LocalizedText(fr: "Il le faut"), effectiveAt: nil), on: id, by: dtnum, context: admin)
    // One for it of two, so that only the deadline tells.
    _ = try await store.act(
      .voted(.for, reason: nil, withoutImpact: true), on: id,
      by: BoardActor(principal: "user:anfsi", operator: "anfsi", subject: "anfsi"), context: admin)
    return id
  }
}
