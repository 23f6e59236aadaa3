import Contract
import Foundation
import Migration
import NIOConcurrencyHelpers
import NIOHTTP1
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// The service dies while it writes that a step was reached, and right after it was written and before it knows, whoever brought
  /// the step about: people, agents or time.
  @Suite(.timeLimit(.minutes(8))) struct MigrationTransitionTests {
    /// All that a move goes through.
    static let way: [MigrationStep] = [
      .approved, .preparingTarget, .targetReady, .firstCopy, .writesStopped, .finalCopy, .cutOver, .verified,
      .drainingSource, .removed, .done,
    ]
    /// No commit waits for a standby, which there is not, unless it asks for it.
    static let settings = ["synchronous_standby_names": "nobody", "synchronous_commit": "local"]
  }
}

extension SystemSuite.MigrationTransitionTests {
  private typealias Crash = SystemSuite.MigrationCrashTests

  @Test func `a service that dies in each transition of a migration resumes it, and does nothing twice`() async throws {
    try await MigrationCourse.run(retentionDays: 1, settings: Self.settings) { course in
      try await course.dieInTransitions(to: Self.way, until: { $0.step == .done }, people: Crash.forward)
      try await course.expectAll(on: ["c2": ["prod2", "dev2"]])
      try await course.expectDoneOnce(["prod": Self.way, "dev": Self.way])
    }
  }

  /// Production is led back, and what else there is given up on the way: what stands then stays.
  @Test func `a service that dies in each transition of the way back takes everything back`() async throws {
    try await MigrationCourse.run(settings: Self.settings) { course in
      try await course.dieInTransitions(
        to: [.rollingBack, .rolledBack, .failed], until: { [.rolledBack, .failed].contains($0.step) },
        people: { move in
          guard move.source.environment == "dev", move.step == .writesStopped else { return Crash.back(move) }
          return MigrationCourse.Act(move, "give-up", #"{"reason": "abandon"}"#)
        })
      try await course.expectAll(on: ["c1": ["prod", "dev"], "c2": ["dev2"]])
      try await course.expectDoneOnce([
        "prod": Self.way.prefix { $0 != .verified } + [.rollingBack, .rolledBack],
        "dev": Self.way.prefix { $0 != .finalCopy } + [.failed],
      ])
    }
  }
}

extension MigrationCourse {
  /// The first keys of the locks that a transition waits for in its midst, and that one has which waits after its commit.
  private static let (midst, committed): (Int32, Int32) = (4711, 4712)

  /// Kills the service twice for each of these steps: in the midst of the first transaction that writes the step, where it is by what
  /// the database was sent of it whether that is carried out; then as soon as such a transaction is committed, and nobody
  /// was told.
  func dieInTransitions(
    to steps: [MigrationStep], until isOver: (MoveView) -> Bool, people: (MoveView) -> Act?
  ) async throws {
    try await system.withDatabase { database in
      try await Self.hold(steps, in: database)
      var died: [MigrationStep: Set<String>] = [:]
      func reap() async throws {
        guard let (place, isCommitted, pids) = try await Self.held(in: database) else { return }
        let step = steps[Int(place) - 1]
        died[step, default: []].insert(isCommitted ? "committed" : "midst")
        try await die {
          try await database.execute(
            """
            UPDATE transitions SET midst = true, committed = committed OR \(isCommitted) WHERE step = \(step.rawValue)
            """)
          if isCommitted {
            // Whoever waits for the standby is told that it waits no more; its transaction is committed.
            for pid in pids { _ = try await database.query("SELECT pg_cancel_backend(\(pid))") }
          } else {
            _ = try await database.query("SELECT pg_advisory_unlock(\(Self.midst), \(place))")
          }
        }
      }
      func ask(_ course: MigrationCourse, _ path: String, _ body: String) async throws {
        let (asked, isDone) = (course.governance.api, NIOLockedValueBox(false))
        let answer = Task {
          // What was answered is seen by what has become of the move.
          _ = try? await asked.send(.POST, path, body: Data(body.utf8))
          isDone.withLockedValue { $0 = true }
        }
        while !isDone.withLockedValue({ $0 }) {
          try await reap()
          try await Task.sleep(for: .milliseconds(5))
        }
        await answer.value
      }
      try await begin { course, path, body in try await ask(course, path, body) }
      try await go(until: isOver, people: people) { course, act in
        try await ask(course, "/api/v1/moves/\(act.move)/\(act.route)", act.body)
      } meanwhile: {
        try await reap()
        try await database.execute(Self.daysPass)
      }
      print("\(deaths) deaths")
      for step in steps { #expect(died[step] == ["committed", "midst"], "\(step), seed \(dice.seed)") }
    }
  }

  /// What is kept for a day after it was verified has been kept for two.
  private static let daysPass: PostgresQuery = """
    WITH kept AS (
      UPDATE moves SET verified_at = verified_at - interval '2 days', next_at = clock_timestamp(), body = jsonb_set(
        body, '{verifiedAt}', to_jsonb(to_char(
          (verified_at - interval '2 days') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
      WHERE step = 'verified' AND verified_at > clock_timestamp() - interval '1 day' RETURNING id)
    SELECT pg_notify('regie_moves', id::text) FROM kept
    """

  private static func hold(_ steps: [MigrationStep], in database: PostgresConnection) async throws {
    try await database.execute(
      """
      CREATE TABLE transitions AS SELECT step, place::int, false AS midst, false AS committed
      FROM unnest(\(steps.map(\.rawValue))) WITH ORDINALITY AS s (step, place)
      """)
    try await database.execute(
      PostgresQuery(
        unescaped: """
          CREATE FUNCTION hold_transition() RETURNS trigger LANGUAGE plpgsql AS $$
          DECLARE held transitions;
          BEGIN
            SELECT * INTO held FROM transitions WHERE step = NEW.step;
            IF NOT FOUND THEN RETURN NULL; END IF;
            PERFORM pg_advisory_xact_lock_shared(\(midst), held.place);
            IF held.midst AND NOT held.committed THEN
              PERFORM pg_advisory_xact_lock_shared(\(committed), held.place);
              PERFORM set_config('synchronous_commit', 'on', true);
            END IF;
            RETURN NULL;
          END$$
          """))
    try await database.execute(
      """
      CREATE TRIGGER held AFTER UPDATE ON moves FOR EACH ROW WHEN (OLD.step IS DISTINCT FROM NEW.step)
        EXECUTE FUNCTION hold_transition()
      """)
    for place in 1...Int32(steps.count) {
      _ = try await database.query("SELECT pg_advisory_lock(\(midst), \(place))")
    }
  }

  /// A transition that waits, and who waits with it.
  private static func held(
    in database: PostgresConnection
  ) async throws -> (place: Int32, isCommitted: Bool, pids: [Int32])? {
    let rows = try await database.query(
      """
      SELECT l.objid::int AS place, l.granted, l.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND (l.classid = \(midst)::oid AND NOT l.granted
        OR l.classid = \(committed)::oid AND a.wait_event = 'SyncRep')
      ORDER BY l.granted, l.objid
      """)
    guard let first = rows.first else { return nil }
    let (place, isCommitted) = (try first.decode(Int32.self, "place"), try first.decode(Bool.self, "granted"))
    let alike = try rows.filter {
      try $0.decode(Int32.self, "place") == place && $0.decode(Bool.self, "granted") == isCommitted
    }
    return (place, isCommitted, try alike.map { try $0.decode(Int32.self, "pid") })
  }
}
