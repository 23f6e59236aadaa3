import Events
import Foundation
import Identity
import Migration
import Model
import Placement
import Postgres
import Store
import Testing

/// What counts as the source being what it was, before the target goes.
@Suite struct MoveWayBackTests {
  private static let prod = MoveScope.environment(project: "basegun", environment: "prod")

  @Test func `a source that could not be made what it was keeps the target there`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .writesStopped)
      let id = try await fixture.move("prod", of: migration).id
      let move = try await fixture.act(.rolledBack(acceptedLoss: nil), id).move
      // Its operator's guard, say, refuses what it is to be again.
      let source = try await fixture.placement(move.terms.source)
      #expect(source.spec.phase == .active)
      _ = try await fixture.store.store.apply(
        [fixture.store.observe(source, sequence: 1000, applied: false, ready: false, offset: 1000)],
        topic: "regie.\(source.spec.zone).observed", zone: source.spec.zone)
      try await fixture.tend(migration)
      #expect(try await fixture.move("prod", of: migration).move.step == .rollingBack)
      #expect(try await fixture.placement(move.target).spec.phase == .active)
      _ = try await fixture.store.store.apply(
        [fixture.store.observe(source, sequence: 1001, offset: 1001)],
        topic: "regie.\(source.spec.zone).observed", zone: source.spec.zone)
      try await fixture.tend(migration)
      #expect(try await fixture.placement(move.target).spec.phase == .removed)
    }
  }

  @Test func `a move is led back to what its source was as it began, whatever it was as it was planned`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      let source = try await fixture.move("prod", of: migration).move.terms.source
      // Another move, say, has frozen it meanwhile, and was given up.
      try await fixture.store.tamper(
        "UPDATE placements SET phase = 'frozen', revision = revision + 1 WHERE id = '\(source)'")
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .writesStopped)
      try await fixture.act(.rolledBack(acceptedLoss: nil), fixture.move("prod", of: migration).id)
      for _ in 0..<4 {
        try await fixture.report()
        try await fixture.tend(migration)
      }
      #expect(try await fixture.move("prod", of: migration).move.step == .rolledBack)
      #expect(try await fixture.placement(source).spec.phase == .frozen)
    }
  }

  @Test func `an old report of a source whose zone is silent brings nobody back`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .firstCopy)
      let record = try await fixture.move("prod", of: migration)
      let zone = try await fixture.placement(record.move.terms.source).spec.zone
      _ = try await fixture.store.store.apply(
        [Heartbeats.record(zone: zone, sequence: 1)], topic: "regie.\(zone).observed", zone: zone)
      try await fixture.store.tamper("UPDATE agents SET silent_milliseconds = 1000000000 WHERE zone = '\(zone)'")
      let move = try await fixture.act(.rolledBack(acceptedLoss: nil), record.id).move
      try await fixture.tend(migration)
      #expect(try await fixture.move("prod", of: migration).move.step == .rollingBack)
      #expect(try await fixture.placement(move.target).spec.phase == .active, "nobody has seen another copy")
      try await fixture.store.tamper("UPDATE agents SET silent_milliseconds = 0 WHERE zone = '\(zone)'")
      try await fixture.tend(migration)
      #expect(try await fixture.placement(move.target).spec.phase == .removed)
    }
  }
}
