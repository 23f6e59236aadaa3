import Events
import Foundation
import TestSupport
import Testing

@testable import Server

/// When the centre asks an agent for reports once more, and when what differs is only under way.
struct ReportTrustTests {
  /// An agent, its topic, and the centre that reads it.
  private struct Rig {
    var trust = ReportTrust()
    var now = ContinuousClock.now
    var sent = DigestBook()
    var offsets: [Int64] = [0, 0]
    var sequence: Int64 = 0
    var incarnation: Int64 = 3

    static func id(_ number: UInt8) -> UUID {
      UUID(uuid: (number, 0, 0, 0, 0, 0, 64, 0, 128, 0, 0, 0, 0, 0, 0, number))
    }

    /// A report, as it stands on the topic.
    struct Report {
      var number: UInt8
      var incarnation: Int64
      var sequence: Int64
      var partition: Int32
      var offset: Int64
    }

    mutating func report(_ number: UInt8) -> Report {
      sequence += 1
      let partition = Int(number % 2)
      sent.setReport(Self.id(number), incarnation: incarnation, sequence: sequence)
      offsets[partition] += 1
      return Report(
        number: number, incarnation: incarnation, sequence: sequence, partition: Int32(partition),
        offset: offsets[partition] - 1)
    }

    mutating func heartbeat() -> AgentStatus {
      sequence += 1
      return AgentStatus(
        zone: "z1", incarnation: incarnation, sequence: sequence, version: "1", at: Timestamp(microseconds: 1),
        snapshotComplete: true, clusters: [],
        reports: ReportDigests(count: sent.count, offsets: offsets, buckets: sent.buckets))
    }

    mutating func read(_ report: Report) {
      trust.handle(.report(Self.id(report.number), incarnation: report.incarnation, sequence: report.sequence))
      pass(report)
    }

    /// Only that it stood there is known.
    mutating func pass(_ report: Report) {
      trust.handle(.position(partition: report.partition, next: report.offset + 1))
    }

    mutating func hear(after seconds: Double = 3) -> ReportTrust.Request? {
      now += .seconds(seconds)
      trust.handle(.heartbeat(heartbeat()))
      return trust.compare(at: now)
    }
  }

  @Test func `a report that was lost is asked for after two heartbeats and some seconds, then once a minute`() {
    var rig = Rig()
    let first = rig.report(1)
    rig.read(first)
    let lost = rig.report(3)
    rig.pass(lost)
    #expect(rig.hear() == nil, "it may still come")
    #expect(rig.hear() == nil, "two heartbeats in a row, and not long enough")
    #expect(rig.hear() == ReportTrust.Request(incarnation: 3, buckets: [3]))
    for _ in 0..<19 { #expect(rig.hear() == nil) }
    #expect(rig.hear() == ReportTrust.Request(incarnation: 3, buckets: [3]), "a minute later")
    let again = rig.report(3)
    rig.read(again)
    for _ in 0..<30 { #expect(rig.hear() == nil) }
  }

  @Test func `what both have forgotten is no difference, and what the agent has not comes with its answer`() {
    var rig = Rig()
    for number: UInt8 in [3, 5] { rig.read(rig.report(number)) }
    rig.sent.remove(Rig.id(3))
    for _ in 0..<2 { #expect(rig.hear() == nil) }
    #expect(rig.hear()?.buckets == [3])
    #expect(rig.trust.placements(in: [3]) == [Rig.id(3)])
    let (known, unknown) = (rig.trust.forget([Rig.id(3)]), rig.trust.forget([Rig.id(3), Rig.id(9)]))
    #expect(known && !unknown)
    for _ in 0..<30 { #expect(rig.hear() == nil) }
    // The centre has forgotten one that the agent could not let go of yet.
    let late = rig.trust.forget([Rig.id(5)])
    #expect(late)
    for _ in 0..<2 { #expect(rig.hear() == nil) }
    #expect(rig.hear()?.buckets == [5])
    rig.read(rig.report(5))
    for _ in 0..<30 { #expect(rig.hear() == nil) }
  }

  @Test func `what an answer does not mend is asked for half as often each time, and once an hour in the end`() {
    var rig = Rig()
    let unreadable = rig.report(3)
    rig.pass(unreadable)
    var asked: [Int] = []
    for second in stride(from: 0, to: 6 * 3600, by: 5) {
      guard rig.hear(after: 5) != nil else { continue }
      asked.append(second)
      // The agent answers: of another placement of the bucket it can be read, of this one not.
      rig.pass(rig.report(3))
    }
    let pauses = zip(asked.dropFirst(), asked).map { ($0 - $1 + 30) / 60 }
    #expect(pauses.prefix(8) == [1, 2, 4, 8, 16, 32, 60, 60])
  }

  @Test func `a bucket that matches in between begins anew, and one in which something came later does not`() {
    var rig = Rig()
    rig.pass(rig.report(3))
    var requests = 0
    while requests < 3 { if rig.hear(after: 5) != nil { requests += 1 } }
    let other = UUID(uuid: (3, 9, 0, 0, 0, 0, 64, 0, 128, 0, 0, 0, 0, 0, 0, 9))
    // Read, and not covered by the heartbeat before: the bucket is left out once.
    let heartbeat = rig.heartbeat()
    rig.sequence += 1
    rig.sent.setReport(other, incarnation: 3, sequence: rig.sequence)
    rig.trust.handle(.report(other, incarnation: 3, sequence: rig.sequence))
    rig.trust.handle(.heartbeat(heartbeat))
    rig.now += .seconds(5)
    #expect(rig.trust.compare(at: rig.now) == nil)
    for _ in 0..<40 { #expect(rig.hear(after: 5) == nil, "the pause of four minutes is not over") }
    let again = rig.report(3)
    rig.read(again)
    #expect(rig.hear(after: 5) == nil)
    rig.pass(rig.report(3))
    let early = (0..<3).compactMap { _ in rig.hear(after: 5) }
    #expect(early.count == 1, "it was mended, and is lost again")
  }

  @Test func `a bucket that begins to differ waits its own time, whatever another does`() {
    var rig = Rig()
    rig.pass(rig.report(3))
    #expect(rig.hear(after: 4) == nil)
    #expect(rig.hear(after: 4) == nil)
    rig.pass(rig.report(5))
    #expect(rig.hear(after: 4)?.buckets == [3], "of 5 the answer may be under way")
    for _ in 0..<14 { #expect(rig.hear(after: 4) == nil) }
    #expect(rig.hear(after: 4)?.buckets == [3, 5])
  }

  @Test func `what was not read yet, or came later than the heartbeat, is no difference`() {
    var rig = Rig()
    let late = rig.report(1)
    for _ in 0..<5 { #expect(rig.hear() == nil, "partition 1 was not read that far") }
    rig.read(late)
    #expect(rig.hear() == nil)
    let heartbeat = rig.heartbeat()
    let next = rig.report(1)
    rig.read(next)
    rig.now += .seconds(60)
    rig.trust.handle(.heartbeat(heartbeat))
    #expect(rig.trust.compare(at: rig.now) == nil)
    for _ in 0..<5 { #expect(rig.hear() == nil) }
  }

  @Test func `a heartbeat that comes before the reports it covers is compared once they were read`() {
    var rig = Rig()
    rig.read(rig.report(1))
    let (lost, read) = (rig.report(3), rig.report(5))
    for _ in 0..<3 { #expect(rig.hear(after: 6) == nil) }
    rig.pass(lost)
    rig.read(read)
    #expect(rig.trust.compare(at: rig.now) == nil, "the first that counts")
    #expect(rig.hear(after: 6)?.buckets == [3])
  }

  @Test func `a topic that was made anew ends before the agent's offsets, and is compared all the same`() {
    var rig = Rig()
    rig.offsets = [4000, 4000]
    _ = rig.report(1)
    for _ in 0..<3 {
      rig.now += .seconds(6)
      // An end is told once, when it is reached; what a heartbeat waits for afterwards has to be asked for.
      for partition: Int32 in [0, 1] { rig.trust.handle(.end(partition: partition, next: 0)) }
      rig.trust.handle(.heartbeat(rig.heartbeat()))
      #expect(rig.trust.unreached == [0, 1])
      #expect(rig.trust.compare(at: rig.now) == nil)
      rig.trust.handle(.end(partition: 0, next: 0))
      rig.trust.handle(.end(partition: 1, next: 3))
      #expect(rig.trust.unreached == [1], "more stands on it than was read")
      #expect(rig.trust.compare(at: rig.now) == nil)
      rig.trust.handle(.end(partition: 1, next: 0))
      if let request = rig.trust.compare(at: rig.now) {
        #expect(request.buckets == [1])
        return
      }
    }
    Issue.record("it was never asked for")
  }

  @Test func `another life of the agent begins with nothing, and what the one before has said is not counted`() {
    var rig = Rig()
    let old = rig.report(1)
    rig.read(old)
    let before = rig.heartbeat()
    (rig.incarnation, rig.sequence, rig.sent) = (4, 0, DigestBook())
    for _ in 0..<4 { #expect(rig.hear(after: 6) == nil) }
    let fresh = rig.report(3)
    rig.read(fresh)
    rig.trust.handle(.heartbeat(before))
    rig.read(old)
    for _ in 0..<4 { #expect(rig.hear(after: 6) == nil) }
    _ = rig.report(5)
    rig.pass(rig.report(7))
    let asked = (0..<4).compactMap { _ in rig.hear(after: 6) }
    #expect(asked.map(\.buckets) == [[5, 7]] && asked.first?.incarnation == 4)
  }

  @Test func `an agent that says nothing of it is asked for nothing`() {
    var rig = Rig()
    rig.pass(rig.report(1))
    for _ in 0..<5 {
      var status = rig.heartbeat()
      status.reports = nil
      rig.now += .seconds(6)
      rig.trust.handle(.heartbeat(status))
      #expect(rig.trust.compare(at: rig.now) == nil)
    }
  }

  /// Whatever is lost is asked for in the end, and nothing else ever is.
  @Test(arguments: 0..<300 as Range<UInt64>)
  func `what is asked for is what was lost`(seed: UInt64) {
    var dice = Dice(seed: seed)
    var rig = Rig()
    var unread: [Rig.Report] = []
    var lost: Set<UInt8> = []
    let isHealthy = Bool.random(using: &dice)
    for _ in 0..<80 {
      if Int.random(in: 0..<3, using: &dice) > 0 { unread.append(rig.report(.random(in: 0...20, using: &dice))) }
      for _ in 0..<Int.random(in: 0...3, using: &dice) where !unread.isEmpty {
        let report = unread.removeFirst()
        if !isHealthy, Int.random(in: 0..<6, using: &dice) == 0 {
          lost.insert(report.number)
          rig.pass(report)
        } else {
          lost.remove(report.number)
          rig.read(report)
        }
      }
      let request = rig.hear(after: Double.random(in: 0...8, using: &dice))
      if isHealthy { #expect(request == nil, "seed \(seed)") }
    }
    for report in unread {
      lost.remove(report.number)
      rig.read(report)
    }
    // Longer than any bucket may wait that was asked for before.
    let asked = (0..<400).compactMap { _ in rig.hear(after: 20) }
    #expect(Set(asked.flatMap(\.buckets)) == Set(lost.map(Int.init)), "seed \(seed)")
  }
}
