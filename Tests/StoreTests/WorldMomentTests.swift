import Events
import Foundation
import Testing

@testable import Store

/// The moment that an answer from memory is of: never later than a change that was heard of and is not in it.
struct WorldMomentTests {
  @Test func `the oldest of what is not in memory counts until it was taken in`() throws {
    let (mailbox, before) = (WorldMailbox(), ContinuousClock.now)
    #expect(mailbox.delay == nil)
    mailbox.put { $0.notified(WorldChannel.projects, "alpha") }
    let first = try #require(mailbox.delay)
    #expect(before <= first.since && first.since <= .now && !first.isOfHead)
    mailbox.put { $0.notified(WorldChannel.offer, "") }
    #expect(mailbox.delay?.since == first.since && mailbox.delay?.isOfHead == true)
    // The head has to wait: it is late as well.
    let work = mailbox.take(head: false)
    #expect(work.projects == ["alpha"] && !work.head)
    mailbox.tookIn()
    #expect(mailbox.delay?.since == first.since && mailbox.delay?.isOfHead == true)
    let head = mailbox.take(head: true)
    #expect(head.head && mailbox.delay?.since == first.since && mailbox.delay?.isOfHead == true)
    mailbox.tookIn()
    #expect(mailbox.delay == nil)
  }

  @Test func `what could not be taken in is as old as it was, and not younger than what came meanwhile`() throws {
    let mailbox = WorldMailbox()
    mailbox.put { $0.notified(WorldChannel.offer, "") }
    let since = try #require(mailbox.delay?.since)
    let work = mailbox.take(head: true)
    mailbox.put { $0.notified(WorldChannel.projects, "alpha") }
    mailbox.putBack(work)
    #expect(mailbox.delay?.since == since && mailbox.delay?.isOfHead == true)
    let all = mailbox.take(head: true)
    #expect(all.head && all.projects == ["alpha"] && mailbox.delay?.since == since)
    mailbox.tookIn()
    #expect(mailbox.delay == nil)
  }

  @Test func `time stands still for answers while something was heard that they do not hold`() async throws {
    try await StoreFixture.run { fixture in
      let world = try await Self.world(fixture, until: nil)
      let quiet = try #require(world.moment)
      world.mailbox.put { $0.notified(WorldChannel.projects, "alpha") }
      let (one, two) = (try #require(world.moment), try #require(world.moment))
      #expect(quiet.asOf <= one.asOf && one.asOf == two.asOf && one.generation == quiet.generation)
      #expect(try world.view(of: "beta")?.asOf == one.asOf)
      _ = world.mailbox.take(head: true)
      #expect(world.moment?.asOf == one.asOf)
      world.mailbox.tookIn()
      #expect(try #require(world.moment).asOf > one.asOf)
      // While the offer or the policy may be another one, nothing that was said is said again.
      world.mailbox.put { $0.notified(WorldChannel.offer, "") }
      #expect(world.moment == nil)
      let late = try #require(try world.view(of: "beta"))
      #expect(try world.view(of: "beta")?.asOf == late.asOf)
      _ = world.mailbox.take(head: true)
      #expect(world.moment == nil)
      world.mailbox.tookIn()
      #expect(world.moment != nil)
    }
  }

  @Test func `once the day is over, or another policy has begun, answers are of the end and are not said again`()
    async throws
  {
    try await StoreFixture.run { fixture in
      let world = try await Self.world(fixture, until: .seconds(-1))
      #expect(world.moment == nil)
      let (head, view) = (try #require(world.snapshot?.head), try #require(try world.view(of: "beta")))
      #expect(view.asOf == Timestamp(microseconds: head.now.microseconds - 1_000_000))
      let later = try await Self.world(fixture, until: .seconds(3600))
      #expect(try #require(later.moment).asOf >= head.now)
    }
  }

  @Test(arguments: [(-3600, true), (-20, true), (0, false), (20, true), (3600, true)] as [(Int64, Bool)])
  func `the head is read again where the database's clock is not what it was taken for`(
    seconds: Int64, isOff: Bool
  ) async throws {
    try await StoreFixture.run { fixture in
      let world = try await Self.world(fixture, until: nil)
      let askedAt = ContinuousClock.now
      let now = try #require(world.snapshot?.now)
      world.compare(clock: Timestamp(microseconds: now.microseconds + seconds * 1_000_000), askedAt: askedAt)
      #expect(world.mailbox.take(head: true).head == isOff)
      // Of what is not kept true nothing is asked: all of it is read once it is again.
      world.cutOff()
      world.compare(clock: Timestamp(microseconds: 0), askedAt: askedAt)
      #expect(world.mailbox.take(head: true).isEmpty)
    }
  }

  /// A world that nobody keeps true, read a moment ago, whose head changes by itself so long after.
  private static func world(_ fixture: StoreFixture, until end: Duration?) async throws -> World {
    let (world, head, readAt) = (World(), try await fixture.store.head(), ContinuousClock.now)
    world.connected()
    world.replace(
      World.Snapshot(head: head, prepared: nil, ledger: [:], readAt: readAt, until: end.map { readAt + $0 }),
      ProjectTable(), askedAt: readAt, since: world.connection)
    return world
  }
}
