import Contract
import Foundation
import HTTPTypes
import Migration
import Model
import Postgres
import Store
import Testing

@testable import API

/// The one connection that there is goes to somebody else right after a commit. What was committed is told, or that it is not
/// known: never that nothing was recorded.
@Suite(.timeLimit(.minutes(3)))
struct AfterCommitTests {
  /// `vigie` is placed on `nord-1`; then there is a `nord-2` as well.
  private static func run(
    _ body: @escaping @Sendable (APIFixture, PostgresConfiguration) async throws -> Void
  ) async throws {
    let configuration = try await APIFixture.database()
    try await APIFixture.run(on: configuration) { api in
      try await api.offer(projects: ["vigie"])
      try #require(try await api.place("vigie").status == 201)
      try #require(try await api.send(.put, "/api/v1/clusters/nord-2", Offered.cluster("nord-2")).status == 201)
    }
    var narrow = configuration
    narrow.maximumConnections = 1
    // Who asks for a connection in vain waits so long; who asks for one that is free must find it in it.
    narrow.acquireTimeout = .seconds(5)
    try await APIFixture.run(on: narrow) { try await body($0, configuration) }
  }

  private static func post(
    _ api: APIFixture, _ path: String, _ body: String, headers: [String: String] = [:]
  ) async throws -> Answer {
    try await api.send(.post, "/api/v1/\(path)", body, type: "application/json", headers: headers)
  }

  private static let wish = #"{"motive": "departure", "reason": "nord-1 ferme", "scope": {"clusters": ["nord-1"]}}"#

  /// Asks for something that waits for a lock within its transaction, and has the connection taken and kept as soon as that has
  /// ended.
  private static func answer(
    _ api: APIFixture, _ configuration: PostgresConfiguration, behind lock: PostgresQuery,
    _ ask: @escaping @Sendable () async throws -> Answer
  ) async throws -> Answer {
    let door = AsyncStream.makeStream(of: Void.self)
    let gate = door.stream
    let opening = door.continuation
    return try await PostgresConnection.withConnection(configuration) { holder in
      try await holder.execute("BEGIN")
      try await holder.execute(lock)
      async let answer = ask()
      let blocked: PostgresQuery =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
      while try await holder.query(blocked).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
      async let keeper: Void = Self.keep(api, until: gate)
      while api.pool.statistics.waiters == 0 { try await Task.sleep(for: .milliseconds(5)) }
      try await holder.execute("COMMIT")
      let told = try await answer
      // Only now it is given back.
      opening.finish()
      try await keeper
      return told
    }
  }

  private static func keep(_ api: APIFixture, until gate: AsyncStream<Void>) async throws {
    // Longer than anybody else: who gave up would not be waiting any more when the lock goes, on a machine that is busy.
    try await api.pool.withConnection(deadline: .now + .seconds(120)) { _ in for await _ in gate {} }
  }

  @Test func `an act on a move is answered with all that it tells of`() async throws {
    try await Self.run { api, configuration in
      let migration: MigrationView = try await Self.post(api, "migrations", Self.wish).decode()
      let moves: ListView<MoveView> = try await api.send(.get, "/api/v1/moves?migration=\(migration.id)").decode()
      let id = try #require(moves.items.first).id.uuidString.lowercased()
      let answer = try await Self.answer(api, configuration, behind: "SELECT 1 FROM moves FOR UPDATE") {
        try await Self.post(api, "moves/\(id)/approve", #"{"as": "projectTeam"}"#)
      }
      #expect(answer.status == 200, "\(answer.text)")
      let move: MoveView = try answer.decode()
      // Whose is still missing.
      #expect(move.approvals == [.targetOperator, .serviceBody])
    }
  }

  @Test func `a key that was taken back is told to be`() async throws {
    try await Self.run { api, configuration in
      let new: NewAPIKeyView = try await Self.post(api, "keys", #"{"name": "n", "roles": ["console"]}"#).decode()
      let id = new.key.id
      let answer = try await Self.answer(
        api, configuration, behind: "SELECT 1 FROM api_keys WHERE id = \(id) FOR UPDATE"
      ) {
        try await api.send(.delete, "/api/v1/keys/\(id)")
      }
      #expect(answer.status == 200, "\(answer.text)")
      #expect(try answer.decode(APIKeyView.self).state == .revoked)
    }
  }

  @Test func `a migration whose progress can not be read is not told to be unrecorded`() async throws {
    try await Self.run { api, configuration in
      let key = ["Idempotency-Key": "k"]
      let answer = try await Self.answer(api, configuration, behind: "LOCK TABLE migrations IN SHARE MODE") {
        try await Self.post(api, "migrations", Self.wish, headers: key)
      }
      _ = try answer.problem(503, .ambiguousCommit)
      let again = try await Self.post(api, "migrations", Self.wish, headers: key)
      #expect(again.status == 201 && again.header("idempotency-replayed") == "true")
      let all: ListView<MigrationView> = try await api.send(.get, "/api/v1/migrations").decode()
      #expect(all.items.count == 1)
      let id = try #require(all.items.first).id.uuidString.lowercased()
      let paced = try await Self.answer(api, configuration, behind: "SELECT 1 FROM migrations FOR UPDATE") {
        try await Self.post(api, "migrations/\(id)/cancel", #"{"reason": "non"}"#)
      }
      _ = try paced.problem(503, .ambiguousCommit)
    }
  }

  @Test func `who agrees to many moves is not told that none was where the first was`() async throws {
    try await Self.run { api, configuration in
      let migration: MigrationView = try await Self.post(api, "migrations", Self.wish).decode()
      let path = "migrations/\(migration.id.uuidString.lowercased())/approve"
      try #require(migration.progress?.total == 2)
      let team = #"{"as": "projectTeam"}"#
      let answer = try await Self.answer(api, configuration, behind: "SELECT 1 FROM moves FOR UPDATE") {
        try await Self.post(api, path, team)
      }
      _ = try answer.problem(503, .ambiguousCommit)
      let rest: ApprovalView = try await Self.post(api, path, team).decode()
      #expect(rest.approved.count == 1 && rest.others == 1)
    }
  }
}
