import Events
import Testing

@testable import Reconciler

/// Differences count from when they are seen, in what was read since the topic last began anew.
extension ZoneTrustTests {
  @Test(arguments: [false, true])
  func `where a partition was found to end before it began anew says nothing of where it ends now`(isAll: Bool) {
    var rig = Rig()
    rig.offsets = [0, 5_000]
    rig.note(.record(rig.record()))
    rig.note(.position(partition: 1, next: 4_001))
    #expect(rig.trust.unreached == [1])
    rig.note(.end(partition: 1, next: 4_001))
    #expect(rig.trust.unreached == [])
    rig.note(isAll ? .readingBegins : .partitionBegins(1))
    rig.note(.position(partition: 1, next: 4_001))
    #expect(rig.trust.unreached == [1])
  }

  @Test func `one look that finds a difference keeps everything from being removed, before the bus is suspect`() {
    var rig = Rig()
    rig.both(1)
    rig.both(3)
    rig.note(.record(rig.record()))
    rig.note(.snapshotComplete)
    #expect(rig.mayRemove && rig.trust.vouches(for: Rig.id(1)))
    _ = rig.publish(3, 2)
    rig.note(.record(rig.record()))
    rig.end(1)
    rig.note(.tick)
    #expect(rig.verdict == .matching && rig.trust.refusal?.reason == "BusSuspect")
    #expect(rig.trust.removalRefusal(of: Rig.id(1))?.reason == "BusSuspect", "what is lost is of another bucket")
    #expect(!rig.trust.vouches(for: Rig.id(1)))
    rig.read(3, 2, at: RecordPlace(partition: 1, offset: rig.offsets[1]))
    rig.note(.tick)
    #expect(rig.mayRemove && rig.trust.removalRefusal(of: Rig.id(1)) == nil && rig.trust.vouches(for: Rig.id(1)))
  }

  @Test func `what differs from a zone's first record is suspect after some seconds, however late that one came`() {
    var rig = Rig()
    rig.both(1)
    rig.note(.snapshotComplete)
    for _ in 0..<20 { rig.pass(1) }
    #expect(rig.verdict == .missing)
    _ = rig.publish(3)
    rig.note(.record(rig.record()))
    rig.end(1)
    rig.note(.tick)
    for _ in 0..<4 {
      rig.pass(1)
      #expect(rig.verdict == .missing && !rig.mayRemove, "it may still come")
      #expect(rig.trust.plea(at: rig.now) == nil)
    }
    rig.pass(1)
    #expect(rig.verdict == .suspect && !rig.mayRemove)
    #expect(rig.trust.plea(at: rig.now) == [3])
  }
}
