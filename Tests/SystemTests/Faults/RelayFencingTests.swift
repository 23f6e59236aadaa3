import Contract
import Foundation
import Kafka
import KafkaMock
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// The relay's leader is stopped (SIGSTOP) and wakes again (protocol rule 9): a lock alone would not hold.
  @Suite(.timeLimit(.minutes(6))) struct RelayFencingTests {}
}

extension SystemSuite.RelayFencingTests {
  /// The records are in its producer's queue when it is stopped. It wakes while its successor waits them out, when the
  /// library still sends them; or long after, when newer ones are on the bus.
  @Test(.enabled(if: !KafkaBroker.hasReal, Comment(rawValue: SystemSuite.needsMock)), arguments: [true, false])
  func `a leader that is stopped with records in flight puts nothing back when it wakes`(wakesEarly: Bool) async throws
  {
    try await SystemUnderTest.run { system in
      let broker = try #require(system.broker)
      let settings = ["REGIE_RELAY_LEASE": "1s", "REGIE_MESSAGE_TIMEOUT": "4s"]
      let instances = [
        try await system.startGovernance(as: "governance-1", settings),
        try await system.startGovernance(as: "governance-2", settings),
        try await system.startGovernance(as: "governance-3", settings),
      ]
      _ = try await system.startAgent()
      try await system.declareOffer(to: instances[0].api)
      for number in 1...5 { _ = try await instances[0].api.place(Offered.project("projet\(number)")) }
      try await system.settle(instances[0].api, 5)
      let stopped = try #require(try await system.leader(among: instances))
      let others = instances.filter { $0.program.pid != stopped.program.pid }

      try await broker.setDown()
      for number in 1...5 { _ = try await stopped.api.place(Offered.project("projet\(number)", cpu: 2)) }
      try await eventually("the leader has records in flight") {
        try await system.count(
          "SELECT count(DISTINCT placement) FROM outbox WHERE published_at IS NULL AND attempts > 0") == 5
      }
      stopped.program.signal(SIGSTOP)
      for number in 1...5 { _ = try await others[0].api.place(Offered.project("projet\(number)", cpu: 3)) }
      try await broker.setUp()
      try await eventually("another leads") { try await system.leader(among: others) != nil }
      if !wakesEarly { try await system.settle(others[0].api, 5) }

      stopped.program.signal(SIGCONT)
      try await stopped.program.waitForOutput("This instance leads the relay no longer")
      try await system.settle(others[0].api, 5)
      _ = try await others[0].api.place(Offered.project("projet1", cpu: 4))
      try await system.settle(others[0].api, 5)
      // What it was asking the database when it was stopped has failed by now, and it says so until it asks again.
      try await eventually("it is ready again") { try await stopped.api.status("/readyz") == 200 }
      try #require(system.histories["c1"]).expectForwardOnly()
    }
  }

  /// It has the latest state in its hands when it is stopped, but not yet in its producer's queue: no time-out of that
  /// queue helps. It finds out both that it may send and that it leads no longer when it wakes; which first is chance.
  @Test func `a leader that is stopped between its claim and its sending puts nothing back when it wakes`() async throws
  {
    for _ in 1...SystemSuite.rounds(2) {
      try await SystemUnderTest.run { system in
        let settings = ["REGIE_RELAY_LEASE": "1s", "REGIE_MESSAGE_TIMEOUT": "1s"]
        let instances = [
          try await system.startGovernance(as: "governance-1", settings),
          try await system.startGovernance(as: "governance-2", settings),
        ]
        _ = try await system.startAgent()
        try await system.declareOffer(to: instances[0].api)
        for number in 1...20 { _ = try await instances[0].api.place(Offered.project("projet\(number)")) }
        try await system.settle(instances[0].api, 20)
        let stopped = try #require(try await system.leader(among: instances))
        let other = try #require(instances.first { $0.program.pid != stopped.program.pid })

        try await system.slowDownClaims()
        for number in 1...20 { _ = try await other.api.place(Offered.project("projet\(number)", cpu: 2)) }
        // Those may all have been claimed before anybody looks: what is decided now is claimed while it is looked for.
        var round: Int64 = 0
        try await eventually("a claim is being made") {
          round += 1
          _ = try await other.api.place(Offered.project("projet1", cpu: 4 + round % 2))
          return try await system.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") > 0
        }
        stopped.program.signal(SIGSTOP)
        try await system.hurryUpClaims()
        try await eventually("another leads") { try await system.leader(among: [other]) != nil }
        for number in 1...20 { _ = try await other.api.place(Offered.project("projet\(number)", cpu: 3)) }
        try await system.settle(other.api, 20)

        stopped.program.signal(SIGCONT)
        try await stopped.program.waitForOutput("This instance leads the relay no longer")
        _ = try await other.api.place(Offered.project("projet21"))
        try await system.settle(other.api, 21)
        try #require(system.histories["c1"]).expectForwardOnly()
      }
    }
  }

  /// Whatever held it up: nobody knows whether it leads still.
  @Test func `a claim that was long on its way is not sent but made again`() async throws {
    try await SystemUnderTest.run { system in
      // A claim holds the lease in place: one that is shorter would run out meanwhile.
      let governance = try await system.startGovernance(["REGIE_RELAY_LEASE": "20s"])
      _ = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      _ = try await governance.api.place(Offered.project("projet1"))
      try await system.settle(governance.api, 1)

      try await system.slowDownClaims(seconds: 3, once: true)
      _ = try await governance.api.place(Offered.project("projet1", cpu: 2))
      try await eventually("a claim was slow") { try await system.count("SELECT count(*) FROM slow_claims") == 0 }
      try await system.settle(governance.api, 1)
      // Whichever claim it was: agents may have had something said again. And a busy machine may be slow once more.
      try #require(try await system.count("SELECT max(attempts)::bigint FROM outbox") >= 2)
    }
  }

  @Test func `leaders that are stopped and woken at random under load never put a placement back`() async throws {
    var dice = Dice()
    print("seed \(dice.seed)")
    try await SystemUnderTest.run { system in
      let all = [
        try await system.startGovernance(
          as: "governance-1", ["REGIE_RELAY_LEASE": "1s", "REGIE_MESSAGE_TIMEOUT": "1s"]),
        try await system.startGovernance(
          as: "governance-2", ["REGIE_RELAY_LEASE": "1s", "REGIE_MESSAGE_TIMEOUT": "1s"]),
      ]
      let instances = Instances(all)
      _ = try await system.startAgent()
      try await system.declareOffer(to: all[0].api)
      let rounds = SystemSuite.rounds(3)
      let load = Load(instances: instances, clients: 4)
      async let asking: Void = load.run()
      for _ in 1...rounds {
        try await dice.pause(50...500)
        guard let victim = try await system.leader(among: all) else { continue }
        victim.program.signal(SIGSTOP)
        try await eventually("another leads") {
          try await system.leader(among: all.filter { $0.program.pid != victim.program.pid }) != nil
        }
        // Somewhere while its successor waits, queues again, or publishes.
        try await dice.pause(0...2_500)
        victim.program.signal(SIGCONT)
      }
      load.finish()
      try await asking
      try await system.settle(all[0].api, load.placements)
      try #require(try await system.count("SELECT count(*) FROM decisions") == load.decisions, "seed \(dice.seed)")
      try #require(system.histories["c1"]).expectForwardOnly()
    }
  }
}

extension SystemUnderTest {
  /// Lets each claim of outbox rows take its time, once it is made and before it is answered.
  ///
  /// - Parameter once: whether only the first claim takes so long.
  fileprivate func slowDownClaims(seconds: Double = 0.7, once: Bool = false) async throws {
    try await withDatabase { connection in
      try await connection.script(
        """
        CREATE TABLE slow_claims AS SELECT \(seconds) AS seconds, \(once) AS once;
        CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
          IF EXISTS (SELECT FROM claimed WHERE published_at IS NULL) THEN
            PERFORM pg_sleep(seconds) FROM slow_claims;
            DELETE FROM slow_claims WHERE once;
          END IF;
          RETURN NULL;
        END$$;
        CREATE TRIGGER take_time AFTER UPDATE ON outbox REFERENCING NEW TABLE AS claimed
          FOR EACH STATEMENT EXECUTE FUNCTION take_time();
        """)
    }
  }

  fileprivate func hurryUpClaims() async throws {
    try await withDatabase { _ = try await $0.execute("DELETE FROM slow_claims") }
  }
}
