import Foundation
import Identity
import Migration
import Model
import Postgres
import Store
import Testing

/// What runbooks are made of, as it stands.
@Suite struct MoveRunbookTests {
  private static let prod = MoveScope.environment(project: "basegun", environment: "prod")

  /// The document as it asks for so many processors in one environment.
  private static func asking(
    _ cpu: Int64, in environment: String, _ fixture: MoveFixture
  ) async throws -> Resource<ProjectSpec> {
    guard case .project(var project) = try await fixture.store.store.get(.project, "basegun") else {
      throw StoreError.notFound(.project, "basegun")
    }
    for place in project.spec.environments.indices where project.spec.environments[place].name == environment {
      project.spec.environments[place].quota = Offered.quota(cpu: cpu)
    }
    return project
  }

  @Test func `the quota is what the target has, or the document asks for, and not what was planned`() async throws {
    try await MoveFixture.run { fixture in
      let store = fixture.store.store
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      func quota() async throws -> [Int64] {
        try await store.runbookFacts(ofMigration: migration.id).moves.map(\.quota.cpu)
      }
      #expect(try await quota() == [2000])
      // Before there is a target it is what the decision will reserve.
      _ = try await store.put(.project(Self.asking(3, in: "prod", fixture)), context: someone)
      #expect(try await quota() == [3000])
      _ = try await store.put(.project(Self.asking(2, in: "prod", fixture)), context: someone)
      try await fixture.start(migration)
      #expect(try await quota() == [2000])
      let larger = try await Self.asking(3, in: "prod2", fixture)
      _ = try await store.decide(PlacementRequest(project: larger), context: someone)
      #expect(try await quota() == [3000])
      // A document alone reserves nothing.
      _ = try await store.put(.project(Self.asking(4, in: "prod2", fixture)), context: someone)
      #expect(try await quota() == [3000])
    }
  }

  @Test func `in the console it is what was reserved, and the namespace is not known before it was made`() async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.store.pool.withConnection {
        _ = try await $0.execute("UPDATE project_identities SET from_console = true")
      }
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      _ = try await fixture.store.store.put(.project(Self.asking(4, in: "prod2", fixture)), context: someone)
      let facts = try await fixture.store.store.runbookFacts(ofMigration: migration.id)
      let move = try #require(facts.moves.first)
      #expect(move.state?.target != nil)
      #expect(move.quota.cpu == 2000 && move.targetNamespace == nil && move.sourceNamespace != nil)
    }
  }
}
