import Contract
import Foundation
import Migration
import Model
import NIOHTTP1
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// The service dies while it moves what is placed.
  @Suite(.timeLimit(.minutes(5))) struct MigrationCrashTests {}
}

extension SystemSuite.MigrationCrashTests {
  @Test func `a service that dies at every step of a migration resumes it, and does nothing twice`() async throws {
    var dice = Dice()
    print("seed \(dice.seed)")
    try await SystemUnderTest.run(.init(clusters: ["c1": Offered.large, "c2": Offered.large])) { system in
      var governance = try await system.startGovernance(as: "governance-0")
      _ = try await system.startAgent()
      // What is placed before the second cluster is on offer is on the first.
      for resource in Offered.base(zone: system.zone) { try await governance.api.put(resource) }
      try await governance.api.put(Offered.cluster("c1", Offered.large))
      for number in 1...2 {
        _ = try await governance.api.place(Offered.project("projet\(number)", environments: ["prod", "dev"]))
      }
      try await governance.api.put(Offered.cluster("c2", Offered.large))
      try await system.settle(governance.api, 4)

      let migration = try await Self.start(governance.api)
      var deaths = 0
      var died: Set<String> = []
      let end = ContinuousClock.now + .seconds(240)
      while true {
        try #require(ContinuousClock.now < end, "seed \(dice.seed): it does not end, after \(deaths) deaths")
        let moves = (try? await Self.moves(of: migration, governance.api)) ?? []
        if moves.count == 4, moves.allSatisfy({ $0.step == .done }) { break }
        for move in moves where move.standing != .ended {
          // What was answered is seen by what has become of the move.
          guard let act = Self.next(move) else { continue }
          let asked = governance
          let answer = Task {
            try? await asked.api.send(.POST, "/api/v1/moves/\(move.id)/\(act.path)", body: Data(act.body.utf8))
          }
          // At the first of each act, and at some of the others.
          if died.insert(act.path).inserted || (deaths < 20 && dice.next() % 4 == 0) {
            try await dice.pause(0...40)
            try await governance.program.killNow()
            deaths += 1
            governance = try await system.startGovernance(as: "governance-\(deaths)")
          }
          _ = await answer.value
        }
        try #require(
          try await system.count(
            """
            SELECT count(*) FROM moves m WHERE m.under_way AND NOT EXISTS (SELECT FROM placements p
              WHERE p.id IN (m.source, m.target) AND p.phase IN ('active', 'frozen') AND p.removed_at IS NULL)
            """) == 0, "seed \(dice.seed): a moment without a living copy")
        try await Task.sleep(for: .milliseconds(50))
      }
      print("\(deaths) deaths")
      #expect(died == Self.acts, "seed \(dice.seed)")
      try await system.settle(governance.api, 4)
      let placements = try await governance.api.placements()
      #expect(placements.allSatisfy { $0.spec.cluster == "c2" })
      #expect(Set(placements.map(\.spec.environment)) == ["prod2", "dev2"])
      // One target for each move, however often it was asked for.
      #expect(try await system.count("SELECT count(*) FROM placements") == 8)
      for history in system.histories.values { try history.expectForwardOnly() }
      try #require(system.histories["c2"]).expectNothingLost()
    }
  }

  /// All that leads from one step to the next, and is not an agent's.
  private static let acts: Set<String> = Set(
    [.firstCopy, .secrets, .values, .flows, .stopWrites, .finalCopy, .switchNames, .verify, .dashboards, .emptySource]
      .map { (kind: MigrationTask.Kind) in "tasks/\(kind.rawValue)" } + ["cut-over", "confirm-removal"])

  private static func start(_ api: TestAPI) async throws -> UUID {
    let wish = """
      {"motive": "departure", "reason": "c1 ferme", "scope": {"clusters": ["c1"]}, "limits": {"retentionDays": 0}}
      """
    let planned: MigrationView = try await api.send(
      .POST, "/api/v1/migrations", body: Data(wish.utf8)
    ).decode()
    let path = "/api/v1/migrations/\(planned.id)"
    for party in ["projectTeam", "targetOperator", "serviceBody"] {
      let agreed: ApprovalView = try await api.send(
        .POST, "\(path)/approve", body: Data(#"{"as": "\#(party)"}"#.utf8)
      ).decode()
      try #require(agreed.approved.count == 4)
    }
    let started: MigrationView = try await api.send(.POST, "\(path)/start", body: Data("{}".utf8)).decode()
    try #require(started.state == .running)
    return planned.id
  }

  private static func moves(of migration: UUID, _ api: TestAPI) async throws -> [MoveView] {
    let page: ListView<MoveView> = try await api.send(.GET, "/api/v1/moves?migration=\(migration)").decode()
    return page.items
  }

  /// What people do next.
  private static func next(_ move: MoveView) -> (path: String, body: String)? {
    if let task = move.tasks.first(where: \.open) { return ("tasks/\(task.task.rawValue)", #"{"evidence": "vu"}"#) }
    switch move.step {
    case .finalCopy: return ("cut-over", "{}")
    case .drainingSource: return ("confirm-removal", #"{"environment": "\#(move.source.environment)"}"#)
    default: return nil
    }
  }
}
