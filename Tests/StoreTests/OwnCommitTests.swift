import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// What an instance has committed itself it does not read again, and what others have it does.
struct OwnCommitTests {
  private let change = OwnCommits.Change(held: [], at: .now)

  private func heard(_ payloads: String..., expecting: [String: [String]] = [:]) -> WorldInbox.Work {
    var inbox = WorldInbox()
    for (transaction, names) in expecting {
      inbox.commits.expect(Dictionary(uniqueKeysWithValues: names.map { ($0, change) }), of: transaction)
    }
    for payload in payloads { inbox.notified(WorldChannel.projects, payload) }
    return inbox.take()
  }

  @Test func `only what the transaction itself has left is taken for known`() {
    let own = ["7": ["alpha", "beta"]]
    var work = heard("alpha\nbeta\ngamma\n#7", expecting: own)
    #expect(work.own.keys.sorted() == ["alpha", "beta"] && work.projects == ["gamma"])
    work = heard("alpha\n#8", expecting: own)
    #expect(work.own.isEmpty && work.projects == ["alpha"], "another's")
    work = heard("alpha", expecting: own)
    #expect(work.own.isEmpty && work.projects == ["alpha"], "the previous program's")
    work = heard("alpha\n#7", "alpha\n#8", expecting: own)
    #expect(work.own.isEmpty && work.projects == ["alpha"], "another's after ours")
    work = heard("alpha\n#8", "alpha\n#7", expecting: own)
    #expect(work.own.isEmpty && work.projects == ["alpha"], "another's before ours")
    work = heard("alpha\n#7", "alpha\n#7", expecting: own)
    #expect(work.own.keys.sorted() == ["alpha"] && work.projects.isEmpty, "told twice")
  }

  @Test func `what was not committed, or came before a reconnection, is not expected any more`() {
    var inbox = WorldInbox()
    inbox.commits.expect(["alpha": change], of: "7")
    inbox.commits.forget("7")
    inbox.notified(WorldChannel.projects, "alpha\n#7")
    #expect(inbox.take().projects == ["alpha"])
    inbox.commits.expect(["alpha": change], of: "7")
    inbox.reconnected()
    _ = inbox.take()
    inbox.notified(WorldChannel.projects, "alpha\n#7")
    #expect(inbox.take().projects == ["alpha"])
  }

  @Test func `what could not be taken in comes again, unless others have changed it since`() {
    var inbox = WorldInbox()
    inbox.commits.expect(["alpha": change, "beta": change], of: "7")
    inbox.notified(WorldChannel.projects, "alpha\nbeta\n#7")
    let work = inbox.take()
    inbox.notified(WorldChannel.projects, "beta\n#8")
    inbox.putBack(work)
    let again = inbox.take()
    #expect(again.own.keys.sorted() == ["alpha"] && again.projects == ["beta"])
  }

  @Test func `memory knows what a decision has left without asking, and says what the database says`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.withWorld {
        for quota in [Offered.small, Offered.quota(cpu: 3)] { try await Self.decide(quota, fixture) }
      }
    }
  }

  private static func decide(_ quota: ResourceList, _ fixture: StoreFixture) async throws {
    let store = fixture.store
    _ = try await store.put(
      .project(Offered.project("alpha", quota: quota, environments: ["prod", "dev"])), context: someone)
    let isThere = try await eventually { try store.world.view(of: "alpha") != nil }
    #expect(isThere)
    // What another instance has written since is known: all that was notified of alpha is taken in.
    let other = GovernanceStore(pool: fixture.pool, logger: quiet)
    _ = try await other.put(.project(Offered.project("beta", quota: quota)), context: someone)
    let isHeard = try await eventually {
      try store.world.view(of: "beta")?.project?.document?.spec.environments.first?.quota == quota
        && store.world.mailbox.delay == nil
    }
    #expect(isHeard)
    // Whoever reads the project finds a mark that nobody was told of.
    try await mark("alpha", fixture)
    // Nothing but its own notification makes it known.
    let outcome = try await store.decide(PlacementRequest(project: "alpha"), context: someone)
    #expect(outcome.changed)
    let isKnown = try await eventually { try store.world.holders(of: "nord-1", resource: .cpu) != nil }
    #expect(isKnown)
    let known = try #require(try store.world.view(of: "alpha")?.project)
    #expect(known.document?.metadata.labels == [:], "it was read")
    #expect(try await read("alpha", fixture) == known.held)
    #expect(known.held.map(\.reserved.cpu) == (quota == Offered.small ? [2_000, 2_000] : [3_000, 3_000]))
  }

  private static func mark(_ project: String, _ fixture: StoreFixture) async throws {
    try await fixture.pool.withConnection { connection in
      try await connection.script(
        """
        BEGIN;
        SET LOCAL session_replication_role = replica;
        UPDATE resources SET labels = '{"mark": "read"}' WHERE kind = 'Project' AND name = '\(project)';
        COMMIT;
        """)
    }
  }

  private static func read(_ project: String, _ fixture: StoreFixture) async throws -> [HeldReplica]? {
    try await fixture.pool.withConnection {
      try await WorldReader.projects(named: [project], in: $0).projects[project]?.held
    }
  }
}
