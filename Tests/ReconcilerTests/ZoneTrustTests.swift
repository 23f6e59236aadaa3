import Events
import Foundation
import Testing

@testable import Reconciler

/// When the bus is suspect, and when what differs is only under way.
struct ZoneTrustTests {
  /// A zone as governance sees it and as an agent reads it.
  struct Rig {
    var trust = ZoneTrust()
    var now = Fixtures.start
    var truth = DigestBook()
    var sequence: Int64 = 0
    var offsets: [Int64] = [0, 0]
    var reached: [Int32: Int64] = [:]

    static func id(_ number: UInt8) -> UUID {
      UUID(uuid: (number, 0, 0, 0, 0, 0, 64, 0, 128, 0, 0, 0, 0, 0, 0, number))
    }

    static func content(_ number: UInt8, _ revision: Int64) -> ContentDigest {
      ContentDigest(of: [number, UInt8(truncatingIfNeeded: revision)])
    }

    /// Governance publishes a state.
    mutating func publish(_ number: UInt8, _ revision: Int64 = 1) -> RecordPlace {
      let place = RecordPlace(partition: Int32(number % 2), offset: offsets[Int(number % 2)])
      offsets[Int(number % 2)] += 1
      truth.set(
        Self.id(number), version: StateVersion(epoch: 1, revision: revision), content: Self.content(number, revision))
      return place
    }

    /// The agent reads it.
    mutating func read(_ number: UInt8, _ revision: Int64 = 1, at place: RecordPlace) {
      note(
        .accepted(
          Self.id(number), StateVersion(epoch: 1, revision: revision), Self.content(number, revision), at: place))
      reached[place.partition] = place.offset + 1
      note(.position(partition: place.partition, next: place.offset + 1))
    }

    mutating func both(_ number: UInt8, _ revision: Int64 = 1) {
      let place = publish(number, revision)
      read(number, revision, at: place)
    }

    mutating func record(epoch: Int64 = 1) -> ZoneRecord {
      sequence += 1
      return ZoneRecord(
        zone: "z1", epoch: epoch, sequence: sequence, at: now, count: truth.count, offsets: offsets,
        buckets: truth.buckets)
    }

    mutating func note(_ event: ZoneTrust.Event) { _ = trust.handle(event, at: now) }

    /// The reader is told that there is no more.
    mutating func end(_ partition: Int32) { note(.end(partition: partition, next: reached[partition] ?? 0)) }

    mutating func pass(_ seconds: Double) {
      now = now.after(seconds)
      note(.tick)
    }

    var verdict: ZoneAgreement.Verdict { trust.agreement(at: now).verdict }
    var mayRemove: Bool { trust.refusal == nil }
  }

  @Test func `nothing is trusted before the snapshot is complete, and a match is trusted at once`() {
    var rig = Rig()
    rig.both(1)
    rig.note(.record(rig.record()))
    #expect(rig.verdict == .unread && !rig.mayRemove)
    rig.note(.snapshotComplete)
    #expect(rig.verdict == .matching && rig.mayRemove)
    let told = rig.trust.agreement(at: rig.now)
    #expect(told.count == 1 && told.sequence == 1 && told.epoch == 1 && told.buckets.isEmpty)
  }

  @Test func `the record vouches for a placement while it matches, and nothing came to its bucket since`() {
    var rig = Rig()
    rig.both(1)
    rig.note(.record(rig.record()))
    #expect(!rig.trust.vouches(for: Rig.id(1)), "not read to its end yet")
    rig.note(.snapshotComplete)
    #expect(rig.trust.vouches(for: Rig.id(1)) && rig.trust.vouches(for: Rig.id(3)))
    // One that nobody has published, as far as the record goes.
    rig.read(3, at: RecordPlace(partition: 1, offset: rig.offsets[1]))
    #expect(!rig.trust.vouches(for: Rig.id(3)) && rig.trust.vouches(for: Rig.id(1)))
    rig.pass(1)
    #expect(!rig.trust.vouches(for: Rig.id(3)))
    rig.offsets[1] += 1
    rig.both(5)
    #expect(!rig.trust.vouches(for: Rig.id(5)), "not before the record covers it")
    rig.note(.record(rig.record()))
    for _ in 0..<7 { rig.pass(1) }
    #expect(rig.verdict == .suspect)
    for number: UInt8 in [1, 3, 5] { #expect(!rig.trust.vouches(for: Rig.id(number))) }
  }

  @Test(arguments: [false, true])
  func `what is under way in a bucket hides no loss from who removes something of it`(isLost: Bool) {
    var rig = Rig()
    rig.both(1)
    rig.both(3)
    rig.note(.record(rig.record()))
    rig.note(.snapshotComplete)
    #expect(rig.trust.removalRefusal(of: Rig.id(1)) == nil)
    // What calls the removal back, say, is on no partition; and another of its bucket comes that the record does not cover.
    if isLost { _ = rig.publish(1, 2) }
    rig.note(.record(rig.record()))
    let neighbour = UUID(uuid: (1, 9, 0, 0, 0, 0, 64, 0, 128, 0, 0, 0, 0, 0, 0, 9))
    let (version, content) = (StateVersion(epoch: 1, revision: 1), Rig.content(9, 1))
    let place = RecordPlace(partition: 0, offset: rig.offsets[0])
    rig.note(.accepted(neighbour, version, content, at: place))
    rig.note(.position(partition: 0, next: place.offset + 1))
    rig.end(1)
    rig.pass(1)
    #expect(rig.verdict == .matching && rig.mayRemove, "it is no mismatch")
    #expect(rig.trust.removalRefusal(of: Rig.id(1))?.reason == "BusSuspect")
    #expect(rig.trust.removalRefusal(of: Rig.id(3)) == nil, "that is of another bucket")
    rig.truth.set(neighbour, version: version, content: content)
    rig.offsets[0] += 1
    rig.note(.record(rig.record()))
    let isRefused = rig.trust.removalRefusal(of: Rig.id(1)) != nil
    #expect(isRefused == isLost)
  }

  @Test func `a state that the topic has lost makes the bus suspect, after two looks and some seconds`() {
    var rig = Rig()
    _ = rig.publish(1)
    rig.both(3)
    rig.note(.record(rig.record()))
    rig.note(.snapshotComplete)
    #expect(rig.verdict == .unread && !rig.mayRemove)
    rig.pass(1)
    #expect(rig.verdict == .unread, "it may still come")
    rig.pass(3.9)
    #expect(rig.verdict == .unread)
    rig.pass(0.1)
    #expect(rig.verdict == .suspect && !rig.mayRemove)
    #expect(rig.trust.agreement(at: rig.now).buckets == [1])
    #expect(rig.trust.agreement(at: rig.now.after(60)).since == rig.now)
    #expect(rig.trust.refusal?.reason == "BusSuspect")
  }

  @Test func `it clears by itself once what was missing comes`() {
    var rig = Rig()
    _ = rig.publish(1)
    rig.both(3)
    rig.note(.record(rig.record()))
    rig.note(.snapshotComplete)
    for _ in 0..<6 { rig.pass(1) }
    #expect(rig.verdict == .suspect)
    rig.read(1, at: RecordPlace(partition: 1, offset: rig.offsets[1]))
    rig.note(.tick)
    #expect(rig.verdict == .matching && rig.mayRemove)
  }

  @Test func `what differs is asked for at once, then once a minute, and no more once it matches`() {
    var rig = Rig()
    _ = rig.publish(1)
    rig.both(3)
    rig.note(.record(rig.record()))
    rig.note(.snapshotComplete)
    #expect(rig.trust.plea(at: rig.now) == nil, "it may still come")
    for _ in 0..<6 { rig.pass(1) }
    #expect(rig.trust.plea(at: rig.now) == [1])
    #expect(rig.trust.plea(at: rig.now.after(59)) == nil)
    #expect(rig.trust.plea(at: rig.now.after(60)) == [1])
    #expect(rig.trust.plea(at: rig.now.after(-3600)) == [1], "a clock that was put back")
    rig.read(1, at: RecordPlace(partition: 1, offset: rig.offsets[1]))
    rig.note(.tick)
    #expect(rig.trust.plea(at: rig.now.after(600)) == nil)
    // What is lost after that is asked for at once again, however lately the other was.
    for number: UInt8 in [5, 7] {
      _ = rig.publish(number)
      rig.note(.record(rig.record()))
      for _ in 0..<6 { rig.pass(1) }
      #expect(rig.trust.plea(at: rig.now) == [Int(number)])
      rig.read(number, at: RecordPlace(partition: 1, offset: rig.offsets[1]))
      rig.note(.tick)
      #expect(rig.trust.plea(at: rig.now) == nil)
    }
  }

  @Test func `states without a record make it missing, and an empty topic without one says nothing`() {
    var rig = Rig()
    rig.note(.snapshotComplete)
    for _ in 0..<20 { rig.pass(1) }
    #expect(rig.verdict == .unread && !rig.mayRemove)
    rig.both(1)
    for _ in 0..<6 { rig.pass(1) }
    #expect(rig.verdict == .missing && !rig.mayRemove && rig.trust.agreement(at: rig.now).sequence == nil)
    rig.note(.record(rig.record()))
    #expect(rig.verdict == .matching && rig.mayRemove)
  }

  @Test func `states beyond the record's offsets are under way and hold up nothing`() {
    var rig = Rig()
    rig.both(1)
    rig.note(.record(rig.record()))
    rig.note(.snapshotComplete)
    rig.both(1, 2)
    for _ in 0..<20 { rig.pass(1) }
    #expect(rig.verdict == .matching && rig.mayRemove)
    rig.note(.record(rig.record()))
    #expect(rig.verdict == .matching)
  }

  @Test func `a record that is ahead of the reading waits until its offsets are reached`() {
    var rig = Rig()
    rig.both(1)
    rig.note(.record(rig.record()))
    for partition: Int32 in [0, 1] { rig.end(partition) }
    rig.note(.snapshotComplete)
    let place = rig.publish(3)
    _ = rig.publish(5)
    rig.note(.record(rig.record()))
    #expect(rig.trust.unreached == [1])
    for _ in 0..<20 { rig.pass(1) }
    #expect(rig.verdict == .matching && !rig.mayRemove, "partition 1 was not read that far")
    // It is caught up with, slowly: it does not end where it ended before.
    rig.read(3, at: place)
    for _ in 0..<20 { rig.pass(1) }
    #expect(rig.verdict == .matching && !rig.mayRemove, "nor now")
    rig.note(.end(partition: 1, next: rig.offsets[1]))
    for _ in 0..<20 { rig.pass(1) }
    #expect(rig.verdict == .matching && !rig.mayRemove, "the broker has more than was read")
    rig.read(5, at: RecordPlace(partition: 1, offset: place.offset + 1))
    rig.note(.tick)
    #expect(rig.verdict == .matching && rig.trust.unreached.isEmpty && rig.mayRemove)
  }

  @Test(arguments: [true, false])
  func `a topic that was made anew ends before the record's offsets, and is compared all the same`(isTold: Bool) {
    var rig = Rig()
    rig.offsets = [4000, 4000]
    _ = rig.publish(1)
    _ = rig.publish(2)
    let record = rig.record()
    rig.note(.readingBegins)
    rig.read(2, at: RecordPlace(partition: 0, offset: 0))
    if isTold { for partition: Int32 in [0, 1] { rig.end(partition) } }
    rig.note(.record(record))
    rig.note(.snapshotComplete)
    for _ in 0..<6 { rig.pass(1) }
    #expect(rig.verdict == .unread && rig.trust.unreached == [0, 1], "what ended before the record may have gone on")
    for partition: Int32 in [0, 1] { rig.end(partition) }
    for _ in 0..<6 { rig.pass(1) }
    #expect(rig.verdict == .suspect && rig.trust.agreement(at: rig.now).buckets == [1])
  }

  @Test(arguments: [false, true])
  func `a partition that begins anew was not read, and what its offsets were before hides no difference`(isAll: Bool) {
    var rig = Rig()
    rig.offsets = [0, 4000]
    rig.both(1)
    rig.note(.record(rig.record()))
    rig.end(1)
    rig.note(.snapshotComplete)
    #expect(rig.verdict == .matching && rig.mayRemove)
    rig.note(isAll ? .readingBegins : .partitionBegins(1))
    #expect(rig.trust.unreached == [1] && !rig.mayRemove, "nothing of it was read yet")
    // It was made anew, and the next state is lost with what the agent has not read by then.
    rig.offsets[1] = 0
    _ = rig.publish(1, 2)
    rig.note(.record(rig.record()))
    #expect(rig.trust.unreached == [1] && !rig.mayRemove)
    rig.note(.position(partition: 1, next: 1))
    #expect(rig.trust.unreached == [])
    for _ in 0..<6 { rig.pass(1) }
    #expect(rig.verdict == .suspect && !rig.mayRemove, "what was read at 4000 is no later than what the record covers")
  }

  @Test func `a bucket that differs is not vouched for before it is compared, where its partition began anew`() {
    var rig = Rig()
    rig.both(1)
    rig.both(2)
    rig.note(.record(rig.record()))
    rig.note(.snapshotComplete)
    rig.both(1, 2)
    #expect(!rig.trust.vouches(for: Rig.id(1)) && rig.trust.vouches(for: Rig.id(2)), "it is under way")
    rig.note(.partitionBegins(1))
    rig.note(.position(partition: 1, next: 1))
    #expect(rig.verdict == .matching && rig.mayRemove, "nothing was compared since")
    #expect(!rig.trust.vouches(for: Rig.id(1)) && rig.trust.vouches(for: Rig.id(2)))
  }

  @Test func `the other partitions stay as they were read`() {
    var rig = Rig()
    rig.both(1)
    rig.both(2)
    rig.note(.record(rig.record()))
    rig.note(.snapshotComplete)
    rig.note(.partitionBegins(1))
    #expect(rig.trust.unreached == [1])
    rig.note(.position(partition: 1, next: 1))
    #expect(rig.verdict == .matching && rig.mayRemove)
  }

  @Test func `an older record changes nothing, a later one of a lower number in a higher epoch does`() {
    var rig = Rig()
    rig.both(1)
    let old = rig.record()
    rig.both(3)
    rig.note(.record(rig.record()))
    rig.note(.snapshotComplete)
    rig.note(.record(old))
    for _ in 0..<10 { rig.pass(1) }
    #expect(rig.verdict == .matching)
    rig.sequence = 0
    _ = rig.publish(5)
    rig.note(.record(rig.record(epoch: 2)))
    rig.end(1)
    for _ in 0..<6 { rig.pass(1) }
    #expect(rig.verdict == .suspect)
  }

  @Test func `a clock that is put back makes nothing suspect early`() {
    var rig = Rig()
    _ = rig.publish(1)
    rig.both(3)
    rig.note(.record(rig.record()))
    rig.end(1)
    rig.note(.snapshotComplete)
    rig.pass(-3600)
    rig.pass(1)
    #expect(rig.verdict == .unread)
    for _ in 0..<5 { rig.pass(1) }
    #expect(rig.verdict == .suspect)
  }

  /// A partition may be away for as long as it likes: what was not read yet is no difference.
  @Test(arguments: 0..<200 as Range<UInt64>)
  func `an agent that is late suspects nothing, however late it is`(seed: UInt64) {
    var dice = SeededGenerator(seed)
    var rig = Rig()
    var unread: [[(UInt8, Int64, RecordPlace)]] = [[], []]
    rig.note(.snapshotComplete)
    for step in 0..<60 {
      let number = UInt8.random(in: 0...9, using: &dice)
      let place = rig.publish(number, Int64(step + 1))
      unread[Int(place.partition)].append((number, Int64(step + 1), place))
      if dice.chance(40) { rig.note(.record(rig.record())) }
      let partition = Int.random(in: 0...1, using: &dice)
      for _ in 0..<Int.random(in: 0...3, using: &dice) where !unread[partition].isEmpty {
        let (number, revision, place) = unread[partition].removeFirst()
        rig.read(number, revision, at: place)
      }
      if unread[partition].isEmpty { rig.end(Int32(partition)) }
      for _ in 0..<Int.random(in: 0...8, using: &dice) { rig.pass(1) }
      #expect(rig.verdict != .suspect, "seed \(seed), step \(step)")
    }
    rig.note(.record(rig.record()))
    for (number, revision, place) in unread.joined() { rig.read(number, revision, at: place) }
    rig.pass(1)
    #expect(rig.verdict == .matching && rig.mayRemove, "seed \(seed)")
  }

  /// Whatever is lost, changed or added on the way makes the bus suspect in the end, and nothing else does.
  @Test(arguments: 0..<200 as Range<UInt64>)
  func `after quiescence the verdict is what the topic deserves`(seed: UInt64) {
    var dice = SeededGenerator(seed)
    var rig = Rig()
    var faulty: Set<UInt8> = []
    var revisions: [UInt8: Int64] = [:]
    let isHealthy = dice.chance(30)
    for step in 0..<60 {
      let number = UInt8.random(in: 0...255, using: &dice)
      let revision = (revisions[number] ?? 0) + 1
      revisions[number] = revision
      let place = rig.publish(number, revision)
      if !isHealthy, dice.chance(10) {
        // The record is lost; what comes later of the same placement heals it.
        faulty.insert(number)
        rig.note(.position(partition: place.partition, next: place.offset + 1))
      } else {
        faulty.remove(number)
        rig.read(number, revision, at: place)
      }
      if dice.chance(30) { rig.note(.record(rig.record())) }
      if step == 10 { rig.note(.snapshotComplete) }
      rig.pass(Double.random(in: 0...0.5, using: &dice))
      if isHealthy { #expect(rig.verdict != .suspect, "seed \(seed)") }
    }
    rig.note(.record(rig.record()))
    for _ in 0..<8 { rig.pass(1) }
    #expect(rig.verdict == (faulty.isEmpty ? .matching : .suspect), "seed \(seed)")
    #expect(rig.trust.agreement(at: rig.now).buckets == faulty.map(Int.init).sorted(), "seed \(seed)")
    #expect(rig.mayRemove == faulty.isEmpty, "seed \(seed)")
  }
}
