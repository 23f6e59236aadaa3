import Events
import Foundation
import Migration
import Model
import Postgres
import Testing

@testable import Store

/// Whether a target may be where it is, as its move sees it: on a real database.
@Suite struct MoveTargetTests {
  private static let prod = MoveScope.environment(project: "basegun", environment: "prod")

  @Test
  func `what the policy of this moment forbids is seen by who cuts over or types a name, though nobody has judged`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      func refused(_ event: MigrationEvent) async throws -> StoreError? {
        let record = try await fixture.move("prod", of: migration)
        try await fixture.forbidSouth()
        let error = try await refusal { try await fixture.act(event, record.id) }
        #expect(try await fixture.move("prod", of: migration).revision == record.revision)
        try await fixture.forbidSouth(false)
        return error
      }
      try await fixture.carry(migration, upTo: .finalCopy)
      try await fixture.finishTasks(of: migration)
      #expect(try await fixture.move("prod", of: migration).move.awaited == [.cutOver])
      let early = try await refused(.cutOverBegins)
      #expect(early?.kind == .migrationState && early?.path == "target")
      try await fixture.act(.cutOverBegins, fixture.move("prod", of: migration).id)
      try await fixture.carry(migration, upTo: .drainingSource)
      try await fixture.report()
      try await fixture.finishTasks(of: migration)
      #expect(try await fixture.move("prod", of: migration).move.awaited == [.removalConfirmation])
      let late = try await refused(.removalConfirmed(typed: "prod"))
      #expect(late?.kind == .migrationState && late?.path == "target")
      try await fixture.carry(migration)
      #expect(try await fixture.move("prod", of: migration).move.step == .done)
    }
  }

  @Test func `nobody is led to a target that rests on a derogation about to end, or just over`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let store = fixture.store.store
      guard case .policy(var policy) = Offered.policy() else { return }
      policy.spec.rules = [
        PolicySpec.Rule(
          id: "pas-la", motive: LocalizedText(fr: "non"), effect: .forbid,
          places: LabelSelector(matchLabels: ["cluster.name": "sud-1"]))
      ]
      _ = try await store.put(.policy(policy), context: someone)
      func grant(until end: CalendarDay?) async throws {
        let spec = DerogationSpec(
          project: "basegun", rules: ["pas-la"], motive: "m", requestedBy: "ada", validUntil: end, decision: .granted,
          notifiedAt: Date(timeIntervalSince1970: 1_700_000_000))
        _ = try await store.put(.derogation(Resource("sursis", spec)), context: someone)
      }
      try await grant(until: CalendarDay("2999-01-01"))
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .finalCopy)
      let asOf = ParisTime.day(of: try await store.migration(migration.id).asOf)
      func outcome() async throws -> [MigrationObstacle] {
        let record = try await fixture.move("prod", of: migration)
        // What is judged is asked of nobody here: the look of the move itself has to see it.
        _ = try await store.tendMove(record.id)
        return try await fixture.move("prod", of: migration).move.obstacles
      }
      for (days, isHeld) in [(20, false), (5, true), (0, true), (-1, true), (20, false)] {
        try await grant(until: asOf.adding(days: days))
        let obstacles = try await outcome()
        #expect(obstacles == (isHeld ? [.targetNotReady(["derogationEnds/sursis"])] : []), "\(days) days")
      }
    }
  }

  @Test func `a contract that was lowered under what is held keeps no move from its target`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      guard case .policy(var policy) = Offered.policy() else { return }
      policy.spec.limits = [.init(subject: LabelSelector(), production: ResourceList(cpu: Quantity(1)))]
      _ = try await fixture.store.store.put(.policy(policy), context: someone)
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration)
      #expect(try await fixture.move("prod", of: migration).move.step == .done)
    }
  }

  @Test func `a cordon, and a document that asks for more, forbid no target, and hang it on no derogation`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .finalCopy)
      try await fixture.finishTasks(of: migration)
      guard case .region(var south) = try await fixture.store.store.get(.region, "sud") else { return }
      south.spec.state = .cordoned
      _ = try await fixture.store.store.put(.region(south), context: someone)
      guard case .project(var project) = try await fixture.store.store.get(.project, "basegun") else { return }
      for place in project.spec.environments.indices where project.spec.environments[place].name == "prod2" {
        project.spec.environments[place].quota = Offered.quota(cpu: 3)
      }
      _ = try await fixture.store.store.put(.project(project), context: someone)
      let today = ParisTime.day(of: try await fixture.store.store.migration(migration.id).asOf)
      let waiver = DerogationSpec(
        project: "basegun", rules: ["ailleurs"], motive: "m", requestedBy: "ada", validUntil: today.adding(days: 5),
        decision: .granted, notifiedAt: Date(timeIntervalSince1970: 1_700_000_000))
      _ = try await fixture.store.store.put(.derogation(Resource("sursis", waiver)), context: someone)
      try await fixture.tend(migration)
      let record = try await fixture.move("prod", of: migration)
      #expect(record.move.obstacles.isEmpty)
      try await fixture.act(.cutOverBegins, record.id)
    }
  }
}
