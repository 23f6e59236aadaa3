import Events
import Foundation
import Store
import Testing

@testable import Server

/// What the relay says a zone's topic holds, and when it says so.
struct ZoneBooksTests {
  private let start = ContinuousClock.now

  private func state(
    _ number: UInt8, _ revision: Int64 = 1, zone: String = "z0", offset: Int64 = 0
  ) -> PublishedState {
    PublishedState(
      placement: UUID(uuid: (number, 0, 0, 0, 0, 0, 64, 0, 128, 0, 0, 0, 0, 0, 0, 1)), zone: zone,
      version: StateVersion(epoch: 1, revision: revision),
      content: ContentDigest(of: [number, UInt8(truncatingIfNeeded: revision)]), partition: 1, offset: offset)
  }

  private func record(_ books: ZoneBooks, _ zone: String = "z0") throws -> ZoneRecord {
    let moment = Timestamp(microseconds: 1_795_000_000_000_000)
    return try #require(books.record(ZoneRecordNumber(zone: zone, epoch: 3, sequence: 9, at: moment)))
  }

  @Test func `a record covers the latest acknowledged state of each placement, and states the offset after it`() throws
  {
    var books = ZoneBooks([state(1, offset: 4)])
    books.note([state(2, offset: 5), state(1, 2, offset: 6), state(7, zone: "z1", offset: 30)])
    let record = try record(books)
    var expected = DigestBook()
    for state in [state(1, 2), state(2)] {
      expected.set(state.placement, version: state.version, content: state.content)
    }
    #expect(record.buckets == expected.buckets && record.count == 2 && record.offsets == [0, 7, 0, 0])
    #expect((record.zone, record.epoch, record.sequence) == ("z0", 3, 9))
    #expect(try self.record(books, "z1").count == 1)
    #expect(books.record(ZoneRecordNumber(zone: "z2", epoch: 1, sequence: 1, at: record.at)) == nil)
  }

  @Test func `a tombstone takes a placement out, covers itself, and makes a record due`() throws {
    var books = ZoneBooks([state(1, offset: 4), state(2, offset: 5)], recorded: ["z0", "z5"])
    #expect(books.names == ["z0", "z5"])
    books.tried("z0", at: start, isPublished: true)
    let later = start + ZoneBooks.interval
    #expect(books.due(at: later, without: []) == ["z5"], "nothing is left of it on the bus, which is to be said")
    #expect(try record(books, "z5").count == 0)
    let placement = state(1).placement
    books.bury([PublishedTombstone(placement: placement, zone: "z0", partition: 1, offset: 9)])
    books.bury([PublishedTombstone(placement: placement, zone: "z9", partition: 1, offset: 9)])
    #expect(books.due(at: later, without: []) == ["z0", "z5"])
    let record = try record(books)
    var expected = DigestBook()
    expected.set(state(2).placement, version: state(2).version, content: state(2).content)
    #expect(record.buckets == expected.buckets && record.count == 1 && record.offsets == [0, 10, 0, 0])
  }

  @Test func `a zone whose topic may have been made anew has its record due, and one that is not known has none`() {
    var books = ZoneBooks([state(1)])
    books.tried("z0", at: start, isPublished: true)
    let later = start + ZoneBooks.interval
    #expect(books.due(at: later, without: []).isEmpty)
    books.renew(["z0", "z9"])
    #expect(books.due(at: later, without: []) == ["z0"] && books.names == ["z0"])
  }

  @Test func `of a zone that was deleted a record is due until it has said that nothing is left, and none afterwards`()
  {
    var books = ZoneBooks([state(1)], recorded: ["z0", "z5"])
    #expect(books.due(at: start, without: []) == ["z0", "z5"], "which zones there are was not read yet")
    books.address([])
    #expect(books.due(at: start, without: []) == ["z0"], "a record of z5 would make its topics again")
    books.bury([PublishedTombstone(placement: state(1).placement, zone: "z0", partition: 1, offset: 9)])
    #expect(books.due(at: start, without: []) == ["z0"], "its tombstone is to be covered")
    books.tried("z0", at: start, isPublished: true)
    books.renew(["z0", "z5"])
    let later = start + ZoneBooks.repetition
    #expect(books.due(at: later, without: []).isEmpty && books.nextDue(without: []) == nil)
    books.address(["z5"])
    #expect(books.due(at: later, without: []) == ["z5"], "it was declared anew")
  }

  @Test func `of a zone that was deleted each term says once that nothing is left, where its topic is still there`() {
    // The leader before has sent the last tombstones, and may have ended before the record.
    var books = ZoneBooks(recorded: ["z0", "z5", "z7"])
    #expect(!books.wantsZonesOnBus, "which zones there are was not read yet")
    books.address(["z7"])
    #expect(books.due(at: start, without: []) == ["z7"] && books.wantsZonesOnBus)
    books.find(onBus: ["z0", "z7", "z9"])
    #expect(!books.wantsZonesOnBus)
    #expect(books.due(at: start, without: []) == ["z0", "z7"], "a record of z5 would make its topics again")
    books.tried("z0", at: start, isPublished: false)
    let later = start + ZoneBooks.interval
    #expect(books.due(at: later, without: []) == ["z0", "z7"])
    for name in ["z0", "z7"] { books.tried(name, at: later, isPublished: true) }
    books.renew(["z0"])
    #expect(books.due(at: later + ZoneBooks.repetition, without: []) == ["z7"], "that was said")
    books.address([])
    #expect(books.due(at: later + ZoneBooks.repetition, without: []).isEmpty)
  }

  @Test func `where no zone was deleted nobody asks which topics there are`() {
    var books = ZoneBooks([state(1)], recorded: ["z0", "z5"])
    books.address(["z0", "z5"])
    #expect(!books.wantsZonesOnBus)
    books.tried("z5", at: start, isPublished: true)
    books.address([])
    #expect(!books.wantsZonesOnBus, "z0 is not empty, and of z5 all was said")
  }

  @Test func `what an agent is asked for makes a record due, once, and stays in it`() throws {
    var books = ZoneBooks([state(1)])
    books.tried("z0", at: start, isPublished: true)
    let later = start + ZoneBooks.interval
    #expect(books.due(at: later, without: []).isEmpty)
    let request = ReportRequest(id: UUID(), incarnation: 3, buckets: [7])
    books.ask(["z0": request, "z9": request])
    #expect(books.due(at: later, without: []) == ["z0"])
    #expect(try record(books).reportAgain == request)
    books.tried("z0", at: later, isPublished: true)
    books.ask(["z0": request])
    #expect(books.due(at: later + ZoneBooks.interval, without: []).isEmpty)
    books.ask([:])
    #expect(books.due(at: later + ZoneBooks.interval, without: []).isEmpty)
    #expect(try record(books).reportAgain == nil)
  }

  @Test func `an older state that comes late is not taken for the latest, though its offset counts`() throws {
    var books = ZoneBooks([state(1, 3, offset: 4)])
    books.note([state(1, 2, offset: 5)])
    var expected = DigestBook()
    expected.set(state(1).placement, version: state(1, 3).version, content: state(1, 3).content)
    #expect(try record(books).buckets == expected.buckets)
    #expect(try record(books).offsets == [0, 6, 0, 0])
  }

  @Test func `a topic that was made anew begins at nought again`() throws {
    var books = ZoneBooks([state(1, offset: 4000)])
    books.note([state(2, offset: 0)])
    #expect(try record(books).offsets == [0, 1, 0, 0])
  }

  @Test func `a record is due at once after a quiet time, then once in an interval, then when it is quiet`() {
    var books = ZoneBooks()
    #expect(books.due(at: start, without: []).isEmpty && books.nextDue(without: []) == nil)
    books.note([state(1)])
    #expect(books.due(at: start, without: []) == ["z0"])
    books.tried("z0", at: start, isPublished: true)
    #expect(books.due(at: start + .seconds(100), without: []).isEmpty && books.nextDue(without: []) == nil)
    for revision in 2..<50 { books.note([state(1, Int64(revision))]) }
    #expect(books.due(at: start + .seconds(1.9), without: []).isEmpty)
    #expect(books.nextDue(without: []) == start + ZoneBooks.interval)
    #expect(books.due(at: start + .seconds(2), without: []) == ["z0"])
  }

  @Test func `where nothing changes a record is due again after minutes, and soon where it was not taken`() {
    var books = ZoneBooks([state(1), state(2, zone: "z1")])
    for name in books.names { books.tried(name, at: start, isPublished: true) }
    let later = start + ZoneBooks.repetition
    #expect(ZoneBooks.repetition <= .seconds(300))
    #expect(books.due(at: later - .seconds(1), without: []).isEmpty)
    #expect(books.due(at: later, without: []) == ["z0", "z1"])
    #expect(books.due(at: later, without: ["z1"]) == ["z0"])
    books.tried("z0", at: later, isPublished: true)
    books.tried("z1", at: later, isPublished: false)
    #expect(books.due(at: later + ZoneBooks.interval, without: []) == ["z1"])
    #expect(books.due(at: later + ZoneBooks.repetition, without: []) == ["z0", "z1"])
  }

  @Test func `one that was not taken is due again, one of a zone in trouble is not due`() {
    var books = ZoneBooks([state(1), state(2, zone: "z1")])
    #expect(books.due(at: start, without: ["z1"]) == ["z0"])
    books.tried("z0", at: start, isPublished: false)
    #expect(books.due(at: start + .seconds(1), without: []) == ["z1"])
    #expect(books.due(at: start + .seconds(2), without: []) == ["z0", "z1"])
    #expect(books.nextDue(without: ["z0"]) == nil)
  }
}
