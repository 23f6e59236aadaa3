import Events
import Foundation
import Model
import Reconciler
import Testing

struct ReportBookTests {
  private func report(_ number: UInt8, revision: Int64 = 1) throws -> PlacementReport {
    var report = try #require(Rig.settled().report)
    report.placement = UUID(uuid: (number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    report.version.revision = revision
    return report
  }
  private let status = AgentStatus(
    zone: "z1", incarnation: 0, sequence: 0, version: "1", at: Fixtures.start, snapshotComplete: true, clusters: [])

  @Test func `the latest of each placement goes, in the order in which it became due`() throws {
    var book = ReportBook(incarnation: 4)
    #expect(book.take(limit: 10) == nil)
    for number in UInt8(1)...3 { book.add(try report(number)) }
    book.add(try report(1, revision: 2))
    let batch = book.take(limit: 2)
    #expect(batch?.placements == [try report(1, revision: 2), try report(2)] && batch?.agent == nil)
    #expect(book.take(limit: 2)?.placements == [try report(3)])
    #expect(book.take(limit: 2) == nil)
  }

  @Test func `what the bus did not take goes first, unless something newer waits`() throws {
    var book = ReportBook(incarnation: 4)
    for number in UInt8(1)...3 { book.add(try report(number)) }
    let batch = book.take(limit: 2)
    book.add(try report(2, revision: 2))
    book.giveBack(batch?.placements ?? [])
    #expect(book.take(limit: 10)?.placements == [try report(1), try report(3), try report(2, revision: 2)])
  }

  @Test
  func `a tombstone takes the place of a report, goes again where the bus did not take it, and no report counts then`()
    throws
  {
    var book = ReportBook(incarnation: 4)
    let (first, second) = (try report(1), try report(2))
    for report in [first, second] { book.add(report) }
    let sent = [first, second].map { book.stamp($0, at: Fixtures.start) }
    _ = book.take(limit: 10)
    for (offset, report) in sent.enumerated() { book.acknowledge(report, partition: 1, offset: Int64(offset)) }
    book.add(first)
    book.forget(first.placement)
    book.forget(first.placement)
    let batch = book.take(limit: 10)
    #expect(batch?.placements == [] && batch?.buried == [first.placement])
    #expect(book.take(limit: 10) == nil)
    #expect(book.stamp(status).reports?.count == 2, "the bus has no tombstone yet")
    book.giveBack([], buried: batch?.buried ?? [])
    book.forget(second.placement)
    #expect(book.take(limit: 1)?.buried == [first.placement])
    #expect(book.take(limit: 1)?.buried == [second.placement])
    book.acknowledge(buried: first.placement, partition: 1, offset: 7)
    let told = book.stamp(status).reports
    #expect(told?.count == 1 && told?.offsets == [0, 8, 0, 0])
    // Something is reported of it again, while its tombstone waits.
    book.giveBack([], buried: [second.placement])
    book.add(second)
    let next = book.take(limit: 10)
    #expect(next?.placements == [second] && next?.buried == [])
    book.add(second)
    book.giveBack([], buried: [second.placement])
    #expect(book.take(limit: 10)?.buried.isEmpty == true)
  }

  @Test func `a heartbeat that the bus did not take goes again, unless a newer one waits`() throws {
    var book = ReportBook(incarnation: 4)
    book.add(status)
    book.giveBack([], agent: book.take(limit: 10)?.agent)
    #expect(book.take(limit: 10)?.agent == status)
    var later = status
    later.refusedRecords = 3
    book.add(later)
    book.giveBack([], agent: status)
    #expect(book.take(limit: 10)?.agent == later)
    #expect(book.take(limit: 10) == nil)
  }

  @Test func `a heartbeat tells what the bus has acknowledged in this life, the latest of each placement`() throws {
    var book = ReportBook(incarnation: 4)
    #expect(book.stamp(status).reports?.count == 0)
    var expected = DigestBook()
    for (number, offset) in [(1, 6), (2, 7), (1, 8)] as [(UInt8, Int64)] {
      let observed = book.stamp(try report(number), at: Fixtures.start)
      book.acknowledge(observed, partition: 2, offset: offset)
      expected.setReport(observed.placement, incarnation: 4, sequence: observed.sequence)
    }
    _ = book.stamp(try report(3), at: Fixtures.start)
    let told = try #require(book.stamp(status).reports)
    #expect(told == ReportDigests(count: 2, offsets: [0, 0, 9, 0], buckets: expected.buckets))
  }

  @Test func `a report whose offset is not known counts, and moves none`() throws {
    var book = ReportBook(incarnation: 4)
    for (number, offset) in [(1, -1001), (2, 6), (3, -1)] as [(UInt8, Int64)] {
      let observed = book.stamp(try report(number), at: Fixtures.start)
      book.acknowledge(observed, partition: 2, offset: offset)
    }
    let told = try #require(book.stamp(status).reports)
    #expect(told.count == 3 && told.offsets == [0, 0, 7, 0])
  }

  @Test func `what is given back keeps its order`() throws {
    var book = ReportBook(incarnation: 4)
    for number in UInt8(1)...4 { book.add(try report(number)) }
    book.giveBack(book.take(limit: 3)?.placements ?? [])
    #expect(book.take(limit: 10)?.placements == (try (UInt8(1)...4).map { try report($0) }))
  }

  @Test func `nothing leaves before the life has its number, and one of each placement waits`() throws {
    var book = ReportBook()
    book.add(status)
    for revision in Int64(1)...1_000 { book.add(try report(1, revision: revision)) }
    #expect(book.take(limit: 10) == nil)
    book.begin(incarnation: 7)
    #expect(book.take(limit: 2_000)?.placements == [try report(1, revision: 1_000)])
    #expect(book.stamp(status).incarnation == 7)
  }

  @Test func `a heartbeat goes alone too, and only the latest`() throws {
    var book = ReportBook(incarnation: 4)
    book.add(status)
    var later = status
    later.refusedRecords = 3
    book.add(later)
    #expect(book.take(limit: 10)?.agent == later)
    #expect(book.take(limit: 10) == nil)
  }

  @Test func `numbers grow with every report and heartbeat of one life`() throws {
    var book = ReportBook(incarnation: 4)
    let first = book.stamp(try report(1), at: Fixtures.start)
    let second = book.stamp(status)
    let third = book.stamp(try report(1), at: Fixtures.start)
    #expect([first.sequence, second.sequence, third.sequence] == [1, 2, 3])
    #expect(first.incarnation == 4 && second.incarnation == 4)
  }
}
