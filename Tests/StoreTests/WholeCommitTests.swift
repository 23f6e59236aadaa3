import Foundation
import Model
import NIOConcurrencyHelpers
import Placement
import Postgres
import Testing

@testable import Store

/// A commit of another instance is in memory whole, or not at all: never the ledger without what a project holds of it, nor
/// the other way round.
struct WholeCommitTests {
  private let names = ["alpha"]

  /// Memory that nobody keeps true, in which `alpha` holds nothing and a ledger of version 4 is known.
  private func world(_ fixture: StoreFixture) async throws -> World {
    let (world, head, readAt) = (World(), try await fixture.store.head(), ContinuousClock.now)
    world.connected()
    world.replace(
      World.Snapshot(
        head: head, prepared: nil, ledger: ["nord-1": Ledger.Entry(committed: ResourceAmounts(), version: 4)],
        readAt: readAt, until: nil), ProjectTable(), askedAt: readAt, since: world.connection)
    return world
  }

  private func entry(_ version: Int64) -> [String: Ledger.Entry] {
    ["nord-1": Ledger.Entry(committed: ResourceAmounts(cpu: 2_000), version: version)]
  }

  private var found: WorldReader.Projects {
    let held = HeldReplica(
      id: UUID(), environment: "prod", replica: 0, cluster: "nord-1", stage: "prod", phase: .active, revision: 1,
      reserved: ResourceAmounts(cpu: 2_000))
    return ["alpha": (nil, [held])]
  }

  @Test func `what was named is not known any more, though it was not read yet`() async throws {
    try await StoreFixture.run { fixture in
      let world = try await self.world(fixture)
      let before = try #require(world.moment)
      world.heard(WorldChannel.projects, "alpha\n#7")
      #expect(try world.view(of: "alpha") == nil)
      #expect(world.moment == nil)
      let other = try #require(try world.view(of: "beta"))
      #expect(try #require(other.generation) > before.generation)
      // The listener reads no faster than this: the ledger of the same commit comes afterwards.
      world.take(entry(5))
      #expect(try world.view(of: "alpha") == nil)
      world.take(found, versions: ["nord-1": 5], asked: names, readAt: .now)
      #expect(try world.view(of: "alpha")?.project?.held.count == 1)
    }
  }

  @Test func `what a reading is ahead of the ledger is not known before that has come as far, nor read again`()
    async throws
  {
    try await StoreFixture.run { fixture in
      let world = try await self.world(fixture)
      world.heard(WorldChannel.projects, "alpha\n#7")
      _ = world.mailbox.take(head: true)
      world.take(found, versions: ["nord-1": 6], asked: names, readAt: .now)
      #expect(try world.view(of: "alpha") == nil)
      #expect(world.moment == nil)
      #expect(world.mailbox.take(head: true).isEmpty, "it is told, and not read")
      world.take(entry(5))
      #expect(try world.view(of: "alpha") == nil)
      world.take(entry(6))
      #expect(try world.view(of: "alpha")?.snapshot.ledger["nord-1"]?.version == 6)
      #expect(world.moment != nil)
    }
  }

  @Test func `what it is ahead with what it has given up counts as well, and a later change is read`() async throws {
    try await StoreFixture.run { fixture in
      let world = try await self.world(fixture)
      world.take(found, versions: ["nord-1": 4], asked: names, readAt: .now)
      #expect(world.clusters(heldBy: names) == ["nord-1"])
      world.take([:], versions: ["nord-1": 5], asked: names, readAt: .now)
      #expect(try world.view(of: "alpha") == nil)
      world.heard(WorldChannel.projects, "alpha\n#8")
      world.take(entry(5))
      #expect(try world.view(of: "alpha") == nil, "the later change is not read")
      #expect(world.mailbox.take(head: true).projects == ["alpha"])
      world.take(found, versions: ["nord-1": 5], asked: names, readAt: .now)
      #expect(try world.view(of: "alpha")?.project?.held.count == 1)
    }
  }

  @Test func `a project alone on a cluster holds what the ledger says, whatever another instance commits`() async throws
  {
    try await StoreFixture.run(maximum: 8) { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large])
      _ = try await fixture.place("alpha")
      try await fixture.withWorld {
        let world = fixture.store.world
        let seen = NIOLockedValueBox<Set<Int64>>([])
        let watcher = Task {
          while !Task.isCancelled {
            if let view = try world.view(of: "alpha") {
              let (promised, held) = (view.snapshot.ledger["nord-1"]?.committed.cpu ?? 0, view.project?.held ?? [])
              #expect(held.reduce(0) { $0 + $1.reserved.cpu } == promised)
              seen.withLockedValue { seen in _ = seen.insert(promised) }
            }
            await Task.yield()
          }
        }
        defer { watcher.cancel() }
        // What was there before, and what was committed last: memory may come to rest only when nobody writes any more.
        let isFirstSeen = try await eventually { seen.withLockedValue { $0.count } > 0 }
        #expect(isFirstSeen)
        let other = GovernanceStore(pool: fixture.pool, logger: quiet)
        for step in Int64(1)...60 {
          let project = Offered.project("alpha", quota: Offered.quota(cpu: 1 + step % 3))
          _ = try await other.decide(PlacementRequest(project: project), context: someone)
        }
        let isSeen = try await eventually { seen.withLockedValue { $0.count } > 1 }
        watcher.cancel()
        try await watcher.value
        #expect(isSeen, "nothing of it was seen")
      }
    }
  }
}
