import Foundation
import Identity
import Migration
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// What the memory of an instance says of a move that another instance carries.
@Suite struct MoveMemoryTests {
  private static let scope = MoveScope.environment(project: "basegun", environment: "prod")

  /// Waits until the memory of `other` says of the project what the database says.
  ///
  /// - Returns: what it held then: what is heard a moment later, of a commit that was read already, is read once more.
  @discardableResult
  private static func expectTrueMemory(_ other: StoreFixture, _ comment: String) async throws -> [HeldReplica] {
    var held: [HeldReplica] = []
    let isTrue = try await eventually {
      let found = try await other.pool.withConnection {
        try await WorldReader.projects(named: ["basegun"], in: $0).projects
      }
      guard let known = try other.store.world.view(of: "basegun")?.project else { return false }
      held = known.held
      return held == found["basegun"]?.held
    }
    #expect(isTrue, "\(comment)")
    return held
  }

  @Test(arguments: [false, true])
  func `others hear that a source stays, also where the team has put its document back itself`(
    isGivenUp: Bool
  ) async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.scope)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .firstCopy)
      let record = try await fixture.move("prod", of: migration)
      let pool = fixture.store.pool
      let other = StoreFixture(
        store: GovernanceStore(pool: pool, logger: quiet), pool: pool, configuration: fixture.store.configuration)
      try await other.withWorld {
        _ = try await fixture.store.store.put(
          .project(Offered.project("basegun", environments: ["prod", "dev"])), context: someone)
        if isGivenUp {
          try await Self.expectTrueMemory(other, "before it is given up")
          try await fixture.act(.givenUp(reason: "abandon"), record.id)
        } else {
          try await fixture.act(.rolledBack(acceptedLoss: nil), record.id, by: MoveFixture.team)
          for _ in 0..<4 {
            // What reports have changed is told by itself, and is not to be read with what comes after.
            try await fixture.report()
            try await Self.expectTrueMemory(other, "after a report")
            try await fixture.tend(migration)
          }
        }
        let end = isGivenUp ? MigrationStep.failed : .rolledBack
        #expect(try await fixture.move("prod", of: migration).move.step == end)
        #expect(try await fixture.placement(record.move.terms.source).isLeaving == nil)
        let held = try await Self.expectTrueMemory(other, "in the end")
        let source = held.first { $0.id == record.move.terms.source }
        #expect(source?.isLeaving == false)
      }
    }
  }
}
