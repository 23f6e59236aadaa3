import Contract
import Foundation
import KafkaMock
import Kubernetes
import Migration
import Model
import NIOHTTP1
import Postgres
import TestSupport
import Testing

/// Two projects of two environments each on the way from one cluster to another, one of them with the console's identifiers.
final class MigrationCourse {
  /// What somebody asks for.
  struct Act {
    let move: UUID
    let route: String
    let body: String
    /// What it is called by a test.
    let path: String

    init(_ move: MoveView, _ route: String, _ body: String, as path: String? = nil) {
      (self.move, self.route, self.body, self.path) = (move.id, route, body, path ?? route)
    }
  }

  let system: SystemUnderTest
  let migration: UUID
  var governance: Governance
  private var agent: Agent
  private var absences = 0
  var dice: Dice
  var deaths = 0

  private init(
    _ system: SystemUnderTest, _ governance: Governance, _ agent: Agent, _ migration: UUID, _ dice: Dice
  ) {
    (self.system, self.governance, self.agent) = (system, governance, agent)
    (self.migration, self.dice) = (migration, dice)
  }

  /// Plans it; nobody has agreed yet.
  ///
  /// - Parameters:
  ///   - retentionDays: for so long a verified source is kept.
  ///   - settings: of a database server of its own; nil for the one that tests share.
  static func run(
    retentionDays: Int = 0, settings: [String: String]? = nil, _ body: (MigrationCourse) async throws -> Void
  ) async throws {
    let dice = Dice()
    print("seed \(dice.seed)")
    var options = SystemUnderTest.Options(clusters: ["c1": Offered.large, "c2": Offered.large])
    (options.ownsPostgres, options.postgresSettings) = (settings != nil, settings ?? [:])
    try await SystemUnderTest.run(options) { system in
      let governance = try await system.startGovernance(as: "governance-0")
      let agent = try await system.startAgent()
      // What is placed before the second cluster is on offer is on the first.
      for resource in Offered.base(zone: system.zone) { try await governance.api.put(resource) }
      try await governance.api.put(Offered.cluster("c1", Offered.large))
      _ = try await governance.api.place(Offered.project("projet1", environments: ["prod", "dev"]))
      try await placeFromConsole("projet2", governance.api)
      try await governance.api.put(Offered.cluster("c2", Offered.large))
      try await system.settle(governance.api, 4)
      // What the agent has found on the second cluster is part of what a plan is judged on.
      try await eventually("both clusters are known") {
        try await system.count("SELECT count(*) FROM cluster_facts") == 2
      }
      let migration = try await plan(governance.api, retentionDays)
      try await body(MigrationCourse(system, governance, agent, migration, dice))
    }
  }

  /// What the console does: it holds a place, makes the project's environments, and says what they are called.
  private static func placeFromConsole(_ name: String, _ api: TestAPI) async throws {
    let project = try TestAPI.body(Offered.project(name, environments: ["prod", "dev"]))
    let held: ReservationAnswer = try await api.send(
      .POST, "/api/v1/reservations", body: project, headers: ["idempotency-key": name]
    ).decode()
    let reservation = try #require(held.reservation).id
    let body = """
      {"projectID": "\(UUID())", "environmentIDs": {"prod": "\(UUID())", "dev": "\(UUID())"}}
      """
    let confirmed = try await api.send(
      .POST, "/api/v1/reservations/\(reservation)/confirm", body: Data(body.utf8))
    try #require(confirmed.status == 200, "\(confirmed.text)")
  }

  /// What the console calls the environment that it has made for a move.
  static func made(for move: MoveView) -> String { "c0c0c0c0" + move.id.uuidString.lowercased().dropFirst(8) }

  private static func plan(_ api: TestAPI, _ retentionDays: Int) async throws -> UUID {
    let wish = """
      {"motive": "departure", "reason": "c1 ferme", "scope": {"clusters": ["c1"]},
        "limits": {"retentionDays": \(retentionDays)}}
      """
    let planned: MigrationView = try await api.send(
      .POST, "/api/v1/migrations", body: Data(wish.utf8)
    ).decode()
    return planned.id
  }

  /// Has everybody agree, and starts it. Whoever gets no answer asks again.
  ///
  /// - Parameter ask: asks for something: a path and what is said with it.
  func begin(_ ask: (MigrationCourse, String, String) async throws -> Void) async throws {
    let path = "/api/v1/migrations/\(migration)"
    let end = ContinuousClock.now + .seconds(120)
    while true {
      try #require(ContinuousClock.now < end, "seed \(dice.seed): it does not begin, after \(deaths) deaths")
      let steps = Set(((try? await moves()) ?? []).map(\.step))
      if steps.contains(.planned) {
        for party in ["projectTeam", "targetOperator", "serviceBody"] {
          try await ask(self, "\(path)/approve", #"{"as": "\#(party)"}"#)
        }
      } else if !steps.isEmpty {
        let view: MigrationView? = try? await governance.api.send(.GET, path).decode()
        if view?.state == .running { return }
        try await ask(self, "\(path)/start", "{}")
      }
    }
  }

  func begin() async throws {
    try await begin { course, path, body in
      let answer = try await course.governance.api.patiently(path) {
        try await course.governance.api.send(.POST, path, body: Data(body.utf8))
      }
      try #require(answer.status == 200, "\(path): \(answer.text)")
    }
  }

  /// Has people act until every move is where it should end. `perform` does what is next, and `look` is called now and then.
  func go(
    until isOver: (MoveView) -> Bool, people: (MoveView) -> Act?,
    _ perform: (MigrationCourse, Act) async throws -> Void,
    meanwhile look: () async throws -> Void = {}
  ) async throws {
    let end = ContinuousClock.now + .seconds(300)
    while true {
      try #require(ContinuousClock.now < end, "seed \(dice.seed): it does not end, after \(deaths) deaths")
      let moves = (try? await moves()) ?? []
      if moves.count == 4, moves.allSatisfy(isOver) { break }
      for move in moves where move.standing != .ended {
        if let act = people(move) { try await perform(self, act) }
      }
      try await look()
      try await expectLivingCopies()
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Kills the service at the first of each act that `at` names, at a moment of chance.
  ///
  /// - Returns: the acts that it died at.
  func dieOnTheWay(
    at isDeadly: (String) -> Bool, until isOver: (MoveView) -> Bool, people: (MoveView) -> Act?
  ) async throws -> Set<String> {
    var died: Set<String> = []
    // Targets are being placed, and agents report that they are ready.
    for _ in 0..<2 { try await die(within: 0...250) }
    try await go(until: isOver, people: people) { course, act in
      let asked = course.governance.api
      // What was answered is seen by what has become of the move.
      let answer = Task {
        try? await asked.send(.POST, "/api/v1/moves/\(act.move)/\(act.route)", body: Data(act.body.utf8))
      }
      if isDeadly(act.path), died.insert(act.path).inserted {
        // While the act is carried out, or later, when agents report what has come of it.
        try await course.die(within: course.dice.next() % 3 == 0 ? 0...400 : 0...40)
      }
      _ = await answer.value
    }
    print("\(deaths) deaths")
    return died
  }

  /// Kills the service, and starts it again once `afterwards` is done.
  func die(_ afterwards: () async throws -> Void) async throws {
    try await governance.program.killNow()
    deaths += 1
    try await afterwards()
    governance = try await system.startGovernance(as: "governance-\(deaths)")
  }

  /// Kills the agent of both clusters, and starts another one once `meanwhile` is done.
  func withAgentAway(_ meanwhile: () async throws -> Void) async throws {
    try await agent.program.killNow()
    absences += 1
    try await meanwhile()
    agent = try await system.startAgent(as: "agent-\(absences)")
  }

  /// Agents may take so long before they are late, for moves that are planned.
  func setPatience(_ patience: Duration) async throws {
    let microseconds = Int64(patience / .microseconds(1))
    try await system.withDatabase {
      _ = try await $0.execute(
        "UPDATE moves SET body = jsonb_set(body, '{terms,patience}', to_jsonb(\(microseconds)::bigint))")
    }
  }

  /// Kills the service in some milliseconds, and starts it again.
  private func die(within milliseconds: ClosedRange<Int>) async throws {
    try await dice.pause(milliseconds)
    try await die {}
  }

  func ask(_ act: Act) async throws {
    _ = try await governance.api.patiently(act.path) {
      try await governance.api.send(.POST, "/api/v1/moves/\(act.move)/\(act.route)", body: Data(act.body.utf8))
    }
  }

  func expectLivingCopies() async throws {
    try #require(
      try await system.count(
        """
        SELECT count(*) FROM moves m WHERE m.under_way AND NOT EXISTS (SELECT FROM placements p
          WHERE p.id IN (m.source, m.target) AND p.phase IN ('active', 'frozen') AND p.removed_at IS NULL)
        """) == 0, "seed \(dice.seed): a moment without a living copy")
    // And what is on the clusters: nothing goes there without an order of somebody, which only this test gives.
    let moves = try await system.withDatabase {
      try await $0.query("SELECT source, target, verified_at IS NOT NULL AS verified FROM moves WHERE under_way").map {
        (
          source: try $0.decode(UUID.self, "source"), target: try $0.decode(UUID?.self, "target"),
          isVerified: try $0.decode(Bool.self, "verified")
        )
      }
    }
    var there: Set<String> = []
    for cluster in system.clusters {
      for namespace in try await system.ownedNamespaces(cluster) {
        there.insert(namespace.metadata.labels?["regie.cloud-pi-native.fr/placement"] ?? "")
      }
    }
    for move in moves where !there.contains(move.source.uuidString.lowercased()) {
      let target = move.target?.uuidString.lowercased() ?? ""
      try #require(
        move.isVerified && there.contains(target), "seed \(dice.seed): the source went, and the target is not there")
    }
  }

  /// - Parameter environments: what there is in the end on each cluster, twice each.
  func expectAll(on environments: [String: Set<String>]) async throws {
    let expected = environments.mapValues { $0.flatMap { [$0, $0] }.sorted() }
    try await system.settle(governance.api, expected.values.map(\.count).reduce(0, +))
    let placements = try await governance.api.placements()
    let found = Dictionary(grouping: placements, by: \.spec.cluster).mapValues { $0.map(\.spec.environment).sorted() }
    #expect(found == expected, "seed \(dice.seed)")
    // One target for each move, however often it was asked for.
    #expect(try await system.count("SELECT count(*) FROM placements") == 8)
    for history in system.histories.values { try history.expectForwardOnly() }
    for cluster in environments.keys where environments.count == 1 {
      try #require(system.histories[cluster]).expectNothingLost()
    }
  }

  func moves() async throws -> [MoveView] {
    let page: ListView<MoveView> = try await governance.api.send(
      .GET, "/api/v1/moves?migration=\(migration)"
    ).decode()
    return page.items
  }
}
