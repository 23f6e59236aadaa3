import Contract
import Foundation
import Migration
import NIOConcurrencyHelpers
import NIOHTTP1
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// The service dies while it writes that a step was reached, whoever brought that about: people, agents or time.
  @Suite(.timeLimit(.minutes(6))) struct MigrationTransitionTests {}
}

extension SystemSuite.MigrationTransitionTests {
  private typealias Crash = SystemSuite.MigrationCrashTests

  @Test func `a service that dies in each transition of a migration resumes it, and does nothing twice`() async throws {
    // Nothing is kept longer than its verification here: what is verified is to be drained in the same transition.
    let steps: [MigrationStep] = [
      .preparingTarget, .targetReady, .firstCopy, .writesStopped, .finalCopy, .cutOver, .drainingSource, .removed,
      .done,
    ]
    try await MigrationCourse.run { course in
      let died = try await course.dieInTransitions(to: steps, until: { $0.step == .done }, people: Crash.forward)
      #expect(died == Set(steps), "seed \(course.dice.seed)")
      try await course.expectAll(on: "c2", ["prod2", "dev2"])
    }
  }

  @Test func `a service that dies in each transition of the way back takes everything back`() async throws {
    try await MigrationCourse.run { course in
      let died = try await course.dieInTransitions(
        to: [.rollingBack, .rolledBack], until: { $0.step == .rolledBack }, people: Crash.back)
      #expect(died == [.rollingBack, .rolledBack], "seed \(course.dice.seed)")
      try await course.expectAll(on: "c1", ["prod", "dev"])
    }
  }
}

extension MigrationCourse {
  /// The first key of the locks that a transition waits for.
  private static let transitions: Int32 = 4711

  /// Holds up the first transition to each of these steps in the midst of its transaction, and kills the service there. Whether
  /// the database then carries the transaction out is by what it was sent of it.
  ///
  /// - Returns: the steps that it died at.
  func dieInTransitions(
    to steps: [MigrationStep], until isOver: (MoveView) -> Bool, people: (MoveView) -> Act?
  ) async throws -> Set<MigrationStep> {
    try await system.withDatabase { database in
      let names = steps.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      try await database.execute(
        PostgresQuery(
          unescaped: """
            CREATE FUNCTION hold_transition() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE place integer := array_position(ARRAY[\(names)], NEW.step);
            BEGIN
              IF place IS NOT NULL THEN PERFORM pg_advisory_xact_lock_shared(\(Self.transitions), place); END IF;
              RETURN NULL;
            END$$
            """))
      try await database.execute(
        """
        CREATE TRIGGER held AFTER UPDATE ON moves FOR EACH ROW WHEN (OLD.step IS DISTINCT FROM NEW.step)
          EXECUTE FUNCTION hold_transition()
        """)
      for place in 1...Int32(steps.count) {
        _ = try await database.query("SELECT pg_advisory_lock(\(Self.transitions), \(place))")
      }
      var died: Set<MigrationStep> = []
      func reap() async throws {
        let rows = try await database.query(
          """
          SELECT objid::int AS place FROM pg_locks WHERE locktype = 'advisory' AND classid = \(Self.transitions)::oid
            AND NOT granted LIMIT 1
          """)
        guard let place = try rows.first?.decode(Int32.self, "place") else { return }
        died.insert(steps[Int(place) - 1])
        try await die {
          _ = try await database.query("SELECT pg_advisory_unlock(\(Self.transitions), \(place))")
        }
      }
      try await go(until: isOver, people: people) { course, act in
        let (asked, isDone) = (course.governance.api, NIOLockedValueBox(false))
        let answer = Task {
          // What was answered is seen by what has become of the move.
          _ = try? await asked.send(.POST, "/api/v1/moves/\(act.move)/\(act.route)", body: Data(act.body.utf8))
          isDone.withLockedValue { $0 = true }
        }
        while !isDone.withLockedValue({ $0 }) {
          try await reap()
          try await Task.sleep(for: .milliseconds(5))
        }
        await answer.value
      } meanwhile: {
        try await reap()
      }
      print("\(deaths) deaths, at \(died.map(\.rawValue).sorted().joined(separator: ", "))")
      return died
    }
  }
}
