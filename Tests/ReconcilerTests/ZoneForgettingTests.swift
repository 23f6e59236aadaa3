import Events
import Foundation
import Testing

@testable import Reconciler

/// Removed placements that governance has forgotten (protocol rule 11), as an agent learns of it: by a tombstone, which anybody
/// can write, and by the zone's signed record.
struct ZoneForgettingTests {
  /// A zone as governance sees it and as an agent reads it, in one partition.
  private struct Rig {
    var trust = ZoneTrust()
    var now = Fixtures.start
    var truth = DigestBook()
    var sequence: Int64 = 0
    var offset: Int64 = 0
    /// What was told to be forgotten, in that order.
    var told: [UUID] = []

    /// All are in one bucket, but for those from 100 on.
    static func id(_ number: UInt8) -> UUID {
      UUID(uuid: (number < 100 ? 7 : number, 0, 0, 0, 0, 0, 64, 0, 128, 0, 0, 0, 0, 0, 0, number))
    }

    /// Governance publishes a state, and the agent reads it unless it does not.
    mutating func publish(_ number: UInt8, _ revision: Int64 = 1, isRemoval: Bool = false, isRead: Bool = true) {
      let (version, content) = (
        StateVersion(epoch: 1, revision: revision), ContentDigest(of: [number, UInt8(truncatingIfNeeded: revision)])
      )
      truth.set(Self.id(number), version: version, content: content)
      let place = RecordPlace(partition: 0, offset: offset)
      offset += 1
      if isRead { note(.accepted(Self.id(number), version, content, at: place, isRemoval: isRemoval)) }
      note(.position(partition: 0, next: offset))
    }

    /// Governance, or somebody else, writes a tombstone.
    mutating func bury(_ number: UInt8, isGenuine: Bool = true, isRead: Bool = true) {
      if isGenuine { truth.remove(Self.id(number)) }
      offset += 1
      if isRead { note(.tombstone(Self.id(number))) }
      note(.position(partition: 0, next: offset))
    }

    /// - Parameter other: how far it goes on a second partition, of which nothing is read.
    mutating func record(other: Int64 = 0) {
      sequence += 1
      note(
        .record(
          ZoneRecord(
            zone: "z1", epoch: 1, sequence: sequence, at: now, count: truth.count, offsets: [offset, other],
            buckets: truth.buckets)))
    }

    mutating func note(_ event: ZoneTrust.Event) {
      _ = trust.handle(event, at: now)
      told += trust.takeForgotten()
    }

    mutating func pass(_ seconds: Int) {
      for _ in 0..<seconds {
        now = now.after(1)
        note(.tick)
      }
    }

    var isSuspect: Bool { trust.agreement(at: now).verdict == .suspect }
    var isTrusted: Bool { trust.refusal == nil }

    var forgotten: Set<UUID> { Set(told) }
  }

  private func settled(_ removed: [UInt8], alive: [UInt8] = [1]) -> Rig {
    var rig = Rig()
    for number in alive { rig.publish(number) }
    for number in removed { rig.publish(number, 2, isRemoval: true) }
    rig.record()
    rig.note(.snapshotComplete)
    return rig
  }

  @Test func `a removal is forgotten once the record does not count it any more, and no earlier`() {
    var rig = settled([2, 3])
    rig.bury(2)
    rig.pass(20)
    #expect(rig.isTrusted && rig.forgotten.isEmpty && rig.trust.book.count == 3, "no record says so yet")
    rig.record()
    #expect(rig.isTrusted && rig.forgotten == [Rig.id(2)] && rig.trust.book.count == 2)
    #expect(rig.trust.book.buckets == rig.truth.buckets)
    // Twice is as once.
    rig.bury(2)
    rig.record()
    rig.pass(20)
    #expect(rig.isTrusted && rig.told == [Rig.id(2)])
  }

  @Test func `each is told to be forgotten once, whether its tombstone was read or not`() {
    var rig = settled([2, 3, 4])
    rig.bury(2)
    rig.record()
    #expect(rig.told == [Rig.id(2)])
    rig.bury(3)
    rig.record()
    #expect(rig.told == [Rig.id(2), Rig.id(3)])
    rig.bury(4, isRead: false)
    rig.record()
    rig.pass(10)
    #expect(rig.isTrusted && rig.told == [Rig.id(2), Rig.id(3), Rig.id(4)])
  }

  @Test func `a tombstone of somebody else's changes nothing, whatever it is of`() {
    var rig = settled([2, 3])
    rig.bury(1, isGenuine: false)
    rig.bury(2, isGenuine: false)
    rig.bury(99, isGenuine: false)
    rig.record()
    rig.pass(20)
    #expect(rig.isTrusted && rig.forgotten.isEmpty && rig.trust.book.count == 3)
    // Beside it a genuine one counts.
    rig.bury(3)
    rig.record()
    rig.pass(20)
    #expect(rig.isTrusted && rig.forgotten == [Rig.id(3)] && rig.trust.book.count == 2)
  }

  @Test func `what is not removed is never forgotten: where the record does not count it, the bus is suspect`() {
    var rig = settled([2])
    rig.bury(1)
    rig.record()
    rig.pass(20)
    #expect(rig.isSuspect && rig.forgotten.isEmpty && rig.trust.book[Rig.id(1)] != nil)
  }

  @Test func `a removal that is called back after a tombstone stays`() {
    var rig = settled([2])
    rig.bury(2, isGenuine: false)
    rig.publish(2, 3)
    rig.record()
    rig.pass(20)
    #expect(rig.isTrusted && rig.forgotten.isEmpty)
    rig.truth.remove(Rig.id(2))
    rig.record()
    rig.pass(20)
    #expect(rig.isSuspect && rig.forgotten.isEmpty)
  }

  /// An agent may be away for longer than the bus keeps tombstones.
  @Test(arguments: [1, 3, 10, 30]) func `tombstones that were never read are found by what the record says`(count: Int)
  {
    let numbers = (0..<count).map { UInt8($0 + 10) }
    var rig = settled(numbers)
    for number in numbers { rig.bury(number, isRead: false) }
    rig.record()
    #expect(!rig.isSuspect)
    rig.pass(10)
    #expect(!rig.isSuspect && rig.isTrusted)
    #expect(rig.forgotten == Set(numbers.map { Rig.id($0) }))
  }

  @Test func `of many removals one is found by itself, and several are told as what they may be, a loss`() {
    let numbers = (0..<12).map { UInt8($0 + 10) }
    var rig = settled(numbers)
    rig.bury(15, isRead: false)
    rig.record()
    rig.pass(10)
    #expect(rig.isTrusted && rig.told == [Rig.id(15)])
    for number: UInt8 in [16, 17] { rig.bury(number, isRead: false) }
    rig.record()
    rig.pass(10)
    #expect(rig.isSuspect && rig.told == [Rig.id(15)], "11 are left: they are not tried in every combination")
    #expect(rig.trust.removalRefusal(of: Rig.id(1))?.reason == "BusSuspect")
  }

  @Test(arguments: 0..<100 as Range<UInt64>)
  func `whatever part of them is forgotten, and whichever tombstones are read, nothing is suspect`(seed: UInt64) {
    var dice = SeededGenerator(seed)
    let numbers = (2...11).map { UInt8($0) }
    var rig = settled(numbers, alive: [1, 100, 101])
    var expected: Set<UUID> = []
    for number in numbers.shuffled(using: &dice) where dice.chance(60) {
      if dice.chance(30) { rig.bury(number, isGenuine: false) }
      rig.bury(number, isRead: dice.chance(60))
      expected.insert(Rig.id(number))
      if dice.chance(40) { rig.record() }
      rig.pass(Int.random(in: 0...8, using: &dice))
      #expect(!rig.isSuspect, "seed \(seed)")
    }
    rig.record()
    rig.pass(12)
    #expect(rig.isTrusted, "seed \(seed)")
    #expect(rig.forgotten == expected && rig.trust.book.buckets == rig.truth.buckets, "seed \(seed)")
  }

  @Test func `an agent that comes after the tombstone, with or without what it is of, trusts the topic at once`() {
    var with = Rig()
    with.publish(1)
    with.publish(2, 2, isRemoval: true)
    with.bury(2)
    with.record()
    with.note(.snapshotComplete)
    #expect(with.isTrusted && with.forgotten == [Rig.id(2)])
    var without = Rig()
    without.publish(1)
    without.publish(2, 2, isRemoval: true, isRead: false)
    without.bury(2)
    without.record()
    without.note(.snapshotComplete)
    #expect(without.isTrusted && without.forgotten.isEmpty)
  }

  @Test func `a loss is not taken for forgetting`() {
    var rig = settled([2, 3])
    // The record counts what was never read, beside a removal that it does not count.
    rig.publish(4, isRead: false)
    rig.bury(2)
    rig.record()
    rig.pass(20)
    #expect(rig.isSuspect && rig.forgotten.isEmpty)
    rig.publish(4)
    rig.record()
    rig.pass(1)
    #expect(rig.isTrusted && rig.forgotten == [Rig.id(2)])
  }

  /// A new leader of the relay knows where the states stand that are not forgotten, and of no tombstone.
  @Test func `what was forgotten hides no loss where the record of a new leader covers less`() {
    var rig = settled([2])
    rig.bury(2)
    rig.record()
    #expect(rig.isTrusted && rig.forgotten == [Rig.id(2)])
    rig.offset = 1
    rig.record()
    rig.pass(20)
    #expect(rig.isTrusted && rig.trust.removalRefusal(of: Rig.id(1)) == nil, "nothing is lost yet")
    // What is lost stood on the other partition, which ends where it was read to.
    rig.truth.set(Rig.id(3), version: StateVersion(epoch: 1, revision: 1), content: ContentDigest(of: [3, 1]))
    rig.record(other: 1)
    rig.note(.end(partition: 1, next: 0))
    rig.pass(10)
    let plea = rig.trust.plea(at: rig.now)
    #expect(rig.isSuspect && plea == [7])
  }

  @Test func `an old state that is played again is no lasting mismatch once the agent knows it for one`() {
    var rig = settled([2])
    rig.bury(2)
    rig.record()
    #expect(rig.forgotten == [Rig.id(2)])
    let old = StateVersion(epoch: 1, revision: 1)
    let place = RecordPlace(partition: 0, offset: rig.offset)
    rig.note(.accepted(Rig.id(2), old, ContentDigest(of: [2, 1]), at: place))
    rig.offset += 1
    rig.note(.position(partition: 0, next: rig.offset))
    rig.record()
    rig.pass(20)
    #expect(rig.isSuspect, "it may as well be the centre that has forgotten")
    rig.note(.obsolete(Rig.id(2), StateVersion(epoch: 1, revision: 9)))
    rig.pass(2)
    #expect(rig.isSuspect, "that is another one")
    rig.note(.obsolete(Rig.id(2), old))
    rig.pass(10)
    #expect(rig.isTrusted && rig.told == [Rig.id(2), Rig.id(2)])
  }

  @Test func `an old state that the agent knows for one is under way no more, though no record goes that far`() {
    var rig = settled([2])
    rig.bury(2)
    rig.record()
    let old = StateVersion(epoch: 1, revision: 1)
    let place = RecordPlace(partition: 0, offset: rig.offset)
    rig.note(.accepted(Rig.id(2), old, ContentDigest(of: [2, 1]), at: place))
    rig.offset += 1
    rig.note(.position(partition: 0, next: rig.offset))
    rig.pass(1)
    #expect(rig.told == [Rig.id(2)] && rig.trust.removalRefusal(of: Rig.id(1))?.reason == "BusSuspect")
    rig.note(.obsolete(Rig.id(2), old))
    rig.pass(1)
    #expect(rig.told == [Rig.id(2), Rig.id(2)] && rig.trust.book[Rig.id(2)] == nil)
    #expect(rig.isTrusted && rig.trust.removalRefusal(of: Rig.id(1)) == nil)
  }

  @Test func `an old state that the agent knows for one hides no removal beside it whose tombstone was never read`() {
    var rig = settled([2, 3])
    rig.bury(2)
    rig.record()
    let old = StateVersion(epoch: 1, revision: 1)
    let place = RecordPlace(partition: 0, offset: rig.offset)
    rig.note(.accepted(Rig.id(2), old, ContentDigest(of: [2, 1]), at: place))
    rig.offset += 1
    rig.note(.position(partition: 0, next: rig.offset))
    rig.note(.obsolete(Rig.id(2), old))
    rig.bury(3, isRead: false)
    rig.record()
    rig.pass(10)
    #expect(rig.isTrusted && rig.told == [Rig.id(2), Rig.id(2), Rig.id(3)])
  }
}
