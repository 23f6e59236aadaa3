import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// What memory says of projects while this instance commits them, and after.
struct OwnCommitWorldTests {
  private let names = ["alpha"]

  /// Memory that nobody keeps true, in which `alpha` is known.
  private func world(_ fixture: StoreFixture) async throws -> (World, ProjectTable) {
    let (world, head, readAt) = (World(), try await fixture.store.head(), ContinuousClock.now)
    var projects = ProjectTable()
    projects.set("alpha", document: try await document(fixture), held: [])
    world.connected()
    world.replace(
      World.Snapshot(head: head, prepared: nil, ledger: [:], readAt: readAt, until: nil), projects, askedAt: readAt,
      since: world.connection)
    return (world, projects)
  }

  private func document(_ fixture: StoreFixture) async throws -> [UInt8]? {
    try await found(fixture)["alpha"]?.document
  }

  private func found(_ fixture: StoreFixture) async throws -> WorldReader.Projects {
    try await fixture.pool.withConnection { try await WorldReader.projects(named: names, in: $0).projects }
  }

  private func run(_ body: (StoreFixture) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.put(.project(Offered.project("alpha")), context: someone)
      try await body(fixture)
    }
  }

  @Test func `what is read while it is committed does not make a project known, nor is it asked for`() async throws {
    try await run { fixture in
      let (world, _) = try await self.world(fixture)
      let found = try await self.found(fixture)
      #expect(try world.view(of: "alpha") != nil)
      #expect(world.expect(["alpha": []], of: "1"))
      #expect(world.moment == nil)
      #expect(try world.view(of: "alpha") == nil)
      #expect(world.mailbox.take(head: true).projects.isEmpty, "what is told in a moment is not read")
      let during = ContinuousClock.now
      world.take(found, versions: [:], asked: names, readAt: during)
      #expect(try world.view(of: "alpha") == nil)
      world.settle(names)
      #expect(world.mailbox.take(head: true).projects == ["alpha"], "it was read in vain")
      world.take(found, versions: [:], asked: names, readAt: during)
      #expect(try world.view(of: "alpha") == nil, "it was read before the commit, and came after it")
      world.take(found, versions: [:], asked: names, readAt: .now)
      #expect(try world.view(of: "alpha") != nil)
    }
  }

  @Test func `of two commits of a project under way the last one counts`() async throws {
    try await run { fixture in
      let (world, _) = try await self.world(fixture)
      let found = try await self.found(fixture)
      #expect(world.expect(["alpha": []], of: "1") && world.expect(["alpha": []], of: "2"))
      world.settle(names)
      world.take(found, versions: [:], asked: names, readAt: .now)
      #expect(try world.view(of: "alpha") == nil)
      world.settle(names)
      world.take(found, versions: [:], asked: names, readAt: .now)
      #expect(try world.view(of: "alpha") != nil)
    }
  }

  @Test(arguments: [false, true])
  func `its own notification makes it known, before or after the answer`(isFirst: Bool) async throws {
    try await run { fixture in
      let (world, _) = try await self.world(fixture)
      #expect(world.expect(["alpha": []], of: "1"))
      if !isFirst { world.settle(names) }
      world.mailbox.put { $0.notified(WorldChannel.projects, "alpha\n#1") }
      let work = world.mailbox.take(head: true)
      #expect(work.projects.isEmpty)
      world.take(work.own)
      #expect(try world.view(of: "alpha") != nil)
      if isFirst { world.settle(names) }
      #expect(try world.view(of: "alpha") != nil)
    }
  }

  @Test func `a reconnection during a commit does not make it known`() async throws {
    try await run { fixture in
      let (world, projects) = try await self.world(fixture)
      let snapshot = try #require(world.snapshot)
      #expect(world.expect(["alpha": []], of: "1"))
      world.cutOff()
      world.connected()
      world.mailbox.put { $0.reconnected() }
      #expect(world.mailbox.take(head: true).everything)
      let during = ContinuousClock.now
      world.replace(snapshot, projects, askedAt: during, since: world.connection)
      #expect(try world.view(of: "alpha") == nil)
      world.settle(names)
      #expect(world.mailbox.take(head: true).projects == ["alpha"])
      world.take(try await found(fixture), versions: [:], asked: names, readAt: .now)
      #expect(try world.view(of: "alpha") != nil)
    }
  }

  /// How a transaction ends that is not committed, or of which nobody is told.
  enum End: String, CaseIterable, Sendable {
    case short = "UPDATE capacity_ledger SET limit_cpu = 1000"
    case cut = """
      CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON decisions DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION cut();
      """
  }

  @Test(arguments: End.allCases)
  func `what was not committed after all, or nobody knows of, is read by itself`(end: End) async throws {
    try await run { fixture in
      try await fixture.withWorld {
        try await fixture.pool.withConnection { try await $0.script(end.rawValue) }
        await #expect(throws: (any Error).self) {
          try await fixture.store.decide(PlacementRequest(project: "alpha"), context: someone)
        }
        // Unlike a view, this asks for nothing.
        #expect(try await eventually { try fixture.store.world.holders(of: "nord-1", resource: .cpu) != nil })
        #expect(try fixture.store.world.view(of: "alpha")?.project?.held == [])
        #expect(try await found(fixture)["alpha"]?.held == [])
      }
    }
  }
}
