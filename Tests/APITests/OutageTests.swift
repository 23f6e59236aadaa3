import Contract
import Foundation
import HTTPTypes
import Model
import Postgres
import Store
import TestSupport
import Testing

@testable import API

/// These stop their database, and therefore have one each. For a minute they may only wait for connections that never come.
@Suite(.timeLimit(.minutes(5)))
struct OutageTests {
  private func database() async throws -> (PostgresServer, PostgresConfiguration) {
    let server = try await PostgresServer.start()
    var configuration = try PostgresConfiguration(url: try await server.freshDatabase().url)
    _ = try await StoreMigrations.migrate(configuration, logger: quiet)
    // Each answer without a database takes so long; with one, a busy machine must find a connection in it.
    configuration.acquireTimeout = .seconds(5)
    return (server, configuration)
  }

  /// A key that governs nothing but what a console does.
  private func key(_ api: APIFixture, _ name: String) async throws -> NewAPIKeyView {
    let answer = try await api.send(
      .post, "/api/v1/keys", #"{"name": "\#(name)", "roles": ["console"]}"#, type: "application/json",
      headers: ["authorization": "Bearer governance-admin"])
    return try answer.decode()
  }

  private func ask(_ api: APIFixture, showing key: NewAPIKeyView) async throws -> Answer {
    try await api.send(
      .post, Asked.query, Asked.console(), type: "application/json", headers: ["x-api-key": key.secret])
  }

  /// Asks until the database is found again.
  private func recovered(_ api: APIFixture) async throws -> Bool {
    for _ in 0..<60 where try await api.send(.get, "/api/v1/operators").status != 200 {
      try await Task.sleep(for: .milliseconds(100))
    }
    return try await api.send(.get, "/api/v1/operators").status == 200
  }

  @Test func `with the database stopped, clients are told to come back, and can`() async throws {
    let (server, configuration) = try await database()
    try await APIFixture.run(on: configuration) { api in
      try await api.offer(projects: ["vigie"])
      let key = ["Idempotency-Key": "k1"]
      try await server.stop(immediately: true)
      for (method, path, body) in [
        (.get, "operators", nil), (.get, "operators/dtnum", nil), (.put, "operators/dtnum", Offered.op),
        (.delete, "operators/dtnum", nil), (.get, "placements", nil), (.get, "capacity", nil), (.get, "agents", nil),
        (.get, "projects/vigie/explanation", nil), (.post, "placements", Offered.project("vigie")),
      ] as [(HTTPRequest.Method, String, String?)] {
        // Beside each other: both wait until there is no hope of a connection.
        async let bodiless = api.send(.head, "/api/v1/operators")
        let answer = try await api.send(method, "/api/v1/\(path)", body)
        let problem = try answer.problem(503, .databaseUnavailable)
        #expect(answer.header("retry-after") == "1" && problem.detail.contains("rien n’a été enregistré"))
        let status = try await bodiless.status
        #expect(status == 503)
      }
      _ = try await api.place("vigie", headers: key).problem(503, .databaseUnavailable)
      #expect(try await api.send(.get, "/livez").status == 200)
      #expect(try await api.send(.get, "/api/v1/openapi.json").status == 200)
      // What is wrong by itself is still told, without the database.
      _ = try await api.send(.put, "/api/v1/operators/dtnum", "kind: [").problem(400, .malformed)
      try await server.startAgain()
      #expect(try await recovered(api))
      let answer = try await api.place("vigie", headers: key)
      #expect(answer.status == 201 && answer.header("idempotency-replayed") == nil)
    }
    try await server.stop()
  }

  @Test func `while the database is away a question is answered as things were known last, and the answer says so`()
    async throws
  {
    let (server, configuration) = try await database()
    try await APIFixture.run(on: configuration) { api in
      try await api.offer()
      func ask() async throws -> QueryBasis {
        try await api.send(.post, Asked.query, Asked.console(), type: "application/json").decode(QueryView.self).basis
      }
      func fits() async throws -> CapacityFitsView {
        try await api.send(.get, "/api/v1/capacity:fits?dataClass=public&stage=prod&organisation=mi").decode()
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await api.store.keepWorld(configuration) }
        while !api.store.isWorldLive { try await Task.sleep(for: .milliseconds(10)) }
        let before = try await ask()
        #expect(before.stale == nil)
        let room = try await fits()
        let offer = try await api.send(.get, "/api/v1/offer/current")
        #expect(room.stale == nil && offer.status == 200 && offer.header("regie-stale") == "false")
        let smaller = Offered.cluster("nord-1").replacing("cpu: 64", with: "cpu: 62")
        #expect(try await api.send(.put, "/api/v1/clusters/nord-1", smaller).status == 200)
        // Until memory has read what was written the database answers: what it says is not known yet once it is away.
        while try await fits().sizes == room.sizes || !api.store.isWorldLive {
          try await Task.sleep(for: .milliseconds(10))
        }
        let known = try await fits()
        try await server.stop(immediately: true)
        while api.store.isWorldLive { try await Task.sleep(for: .milliseconds(10)) }
        let during = try await ask()
        #expect(during.stale == true && during.asOf >= before.asOf)
        let roomThen = try await fits()
        #expect(roomThen.stale == true && roomThen.sizes == known.sizes && roomThen.asOf >= room.asOf)
        // Nobody has asked for the public document since it is another one: memory knows what it says.
        let offerThen = try await api.send(.get, "/api/v1/offer/current")
        #expect(offerThen.status == 200 && offerThen.header("regie-stale") == "true")
        let tag = try #require(offerThen.header("etag"))
        #expect(tag != offer.header("etag") && offerThen.text.contains("\"cpu\":\"62\""), "\(offerThen.text)")
        let same = try await api.send(.get, "/api/v1/offer/current", headers: ["if-none-match": tag])
        #expect(same.status == 304 && same.header("regie-stale") == "true")
        try await server.startAgain()
        while !api.store.isWorldLive { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try await ask().stale == nil)
        #expect(try await fits().stale == nil)
        let after = try await api.send(.get, "/api/v1/offer/current")
        // Said, and with a 304 as well: a cache has kept the other answer.
        #expect(after.header("regie-stale") == "false" && after.header("etag") == tag)
        let unchanged = try await api.send(.get, "/api/v1/offer/current", headers: ["if-none-match": tag])
        #expect(unchanged.status == 304 && unchanged.header("regie-stale") == "false")
        group.cancelAll()
      }
    }
    try await server.stop()
  }

  /// The way in that a console has. Nothing waits as long as requests otherwise do: the test would not live to see it.
  @Test func `who has a key is answered while the database is away, too, before a console gives up`() async throws {
    let (server, configuration) = try await database()
    try await APIFixture.run(on: configuration) { try await $0.offer() }
    var patient = configuration
    patient.acquireTimeout = .seconds(600)
    try await KeyedAPI.run(on: patient) { api, _ in
      let console = try await key(api, "console")
      let header = ["x-api-key": console.secret]
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await api.store.keepWorld(configuration) }
        while !api.store.isWorldLive { try await Task.sleep(for: .milliseconds(10)) }
        let before = try await ask(api, showing: console).decode(QueryView.self)
        #expect(before.basis.stale == nil)
        try await server.stop(immediately: true)
        while api.store.isWorldLive { try await Task.sleep(for: .milliseconds(10)) }
        let during = try await ask(api, showing: console).decode(QueryView.self)
        #expect(during.basis.stale == true && during.proposal == before.proposal)
        let choices = #"{"choices": {"prod": ["nord-1"]}, "# + String(Asked.console().dropFirst())
        let validation = try await api.send(
          .post, Asked.validate, choices, type: "application/json", headers: header
        ).decode(ValidationView.self)
        #expect(validation.basis.stale == true)
        let room = try await api.send(
          .get, "/api/v1/capacity:fits?dataClass=public&stage=prod&organisation=mi", headers: header
        ).decode(CapacityFitsView.self)
        #expect(room.stale == true)
        let offer = try await api.send(.get, "/api/v1/offer/current")
        #expect(offer.status == 200 && offer.header("regie-stale") == "true")
        try await server.startAgain()
        while !api.store.isWorldLive { try await Task.sleep(for: .milliseconds(10)) }
        let after = try await ask(api, showing: console).decode(QueryView.self)
        #expect(after.basis.stale == nil)
        group.cancelAll()
      }
    }
    try await server.stop()
  }

  @Test func `a key opens nothing else while the database is away, and one that was taken back or not used nothing`()
    async throws
  {
    let (server, configuration) = try await database()
    try await APIFixture.run(on: configuration) { try await $0.offer() }
    try await KeyedAPI.run(on: configuration) { api, _ in
      let console = try await key(api, "console")
      let taken = try await key(api, "reprise")
      let unused = try await key(api, "neuve")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await api.store.keepWorld(configuration) }
        while !api.store.isWorldLive { try await Task.sleep(for: .milliseconds(10)) }
        for known in [console, taken] {
          let status = try await ask(api, showing: known).status
          #expect(status == 200)
        }
        let revoked = try await api.send(
          .delete, "/api/v1/keys/\(taken.key.id)", headers: ["authorization": "Bearer governance-admin"])
        #expect(revoked.status == 200)
        try await server.stop(immediately: true)
        while api.store.isWorldLive { try await Task.sleep(for: .milliseconds(10)) }
        let during = try await ask(api, showing: console).decode(QueryView.self)
        #expect(during.basis.stale == true)
        for other in [taken, unused] {
          _ = try await ask(api, showing: other).problem(503, .databaseUnavailable)
        }
        let header = ["x-api-key": console.secret]
        for path in ["whoami", "projects", "placements"] {
          _ = try await api.send(.get, "/api/v1/\(path)", headers: header).problem(503, .databaseUnavailable)
        }
        _ = try await api.place("vigie", headers: header).problem(503, .databaseUnavailable)
        try await server.startAgain()
        group.cancelAll()
      }
    }
    try await server.stop()
  }

  /// It may have been taken back: only the database knows.
  @Test func `a key whose revocation was not answered opens nothing while the database is away`() async throws {
    let (server, configuration) = try await database()
    try await APIFixture.run(on: configuration) { try await $0.offer() }
    try await KeyedAPI.run(on: configuration) { api, _ in
      let taken = try await key(api, "reprise")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await api.store.keepWorld(configuration) }
        while !api.store.isWorldLive { try await Task.sleep(for: .milliseconds(10)) }
        let status = try await ask(api, showing: taken).status
        #expect(status == 200)
        try await api.pool.withConnection { connection in
          // A deferred trigger that ends its own server process strikes within COMMIT.
          try await connection.script(
            """
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER die AFTER UPDATE ON api_keys DEFERRABLE INITIALLY DEFERRED
              FOR EACH ROW EXECUTE FUNCTION die();
            """)
        }
        let revocation = try await api.send(
          .delete, "/api/v1/keys/\(taken.key.id)", headers: ["authorization": "Bearer governance-admin"])
        _ = try revocation.problem(503, .ambiguousCommit)
        try await server.stop(immediately: true)
        while api.store.isWorldLive { try await Task.sleep(for: .milliseconds(10)) }
        _ = try await ask(api, showing: taken).problem(503, .databaseUnavailable)
        try await server.startAgain()
        group.cancelAll()
      }
    }
    try await server.stop()
  }

  @Test func `with the database away the public document is the last that was made, and none where none was`()
    async throws
  {
    let (server, configuration) = try await database()
    try await APIFixture.run(on: configuration) { api in
      try await api.offer()
      let before = try await api.send(.get, "/api/v1/offer/current")
      try await server.stop(immediately: true)
      let during = try await api.send(.get, "/api/v1/offer/current")
      #expect(during.status == 200 && during.body == before.body && during.header("etag") == before.header("etag"))
      #expect(during.header("regie-stale") == "true")
      // What it was at another moment the database alone knows; and an instance that never made one has nothing to say.
      _ = try await api.send(.get, "/api/v1/offer/current?at=2026-01-01T00:00:00Z").problem(503, .databaseUnavailable)
      let fresh = GovernanceStore(pool: api.pool, logger: quiet)
      await #expect(throws: PostgresError.self) { _ = try await fresh.currentOffer() }
      try await server.startAgain()
      #expect(try await recovered(api))
    }
    try await server.stop()
  }

  @Test func `a request whose database stops in flight stores nothing, and may be sent again`() async throws {
    let (server, configuration) = try await database()
    try await APIFixture.run(on: configuration) { api in
      try await api.offer(projects: ["vigie"])
      let before = try await api.rows()
      let answers = try await PostgresConnection.withConnection(configuration) { holder in
        try await holder.execute("BEGIN")
        try await holder.execute("LOCK TABLE audit_entries IN ACCESS EXCLUSIVE MODE")
        async let decision = api.place("vigie", headers: ["Idempotency-Key": "k1"])
        async let put = api.send(.put, "/api/v1/projects/autre", Offered.project("autre"))
        while try await holder.query("SELECT 1 FROM pg_locks WHERE NOT granted").count < 2 {
          try await Task.sleep(for: .milliseconds(10))
        }
        try await server.stop(immediately: true)
        return try await [decision, put]
      }
      for answer in answers {
        // A batch sends COMMIT along with its last statements, and can not know whether it was read (ADR 0009).
        let isAmbiguous = answer.text.contains(ProblemCode.ambiguousCommit.rawValue)
        _ = try answer.problem(503, isAmbiguous ? .ambiguousCommit : .databaseUnavailable)
        #expect(answer.header("retry-after") == "1")
      }
      try await server.startAgain()
      #expect(try await recovered(api))
      #expect(try await api.rows() == before)
      let again = try await api.place("vigie", headers: ["Idempotency-Key": "k1"])
      #expect(again.status == 201 && again.header("idempotency-replayed") == nil)
      #expect(try await api.send(.put, "/api/v1/projects/autre", Offered.project("autre")).status == 201)
    }
    try await server.stop()
  }
}
