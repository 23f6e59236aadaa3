import Events
import Kafka
import Telemetry
import Testing

@testable import Server

/// When a zone's observations do not come through, though the reading itself runs into nothing.
struct ReadingWatchTests {
  private func read(_ positions: [Int32: Int64]) -> ReadSoFar {
    var read = ReadSoFar()
    for (partition, next) in positions { read.note(partition: partition, next: next) }
    return read
  }

  @Test func `brokers that say nothing are told of at the third look, and no more once they answer`() {
    var watch = ReadingWatch()
    let reached = read([0: 3])
    let looks: [[Int32: Int64]?] = [[0: 3], nil, nil, [0: 3], nil, nil]
    for ends in looks {
      watch.look(ends, read: reached)
      #expect(watch.finding == nil, "one late answer is none")
    }
    watch.look(nil, read: reached)
    #expect(watch.finding == .unanswered)
    watch.look([0: 3], read: reached)
    #expect(watch.finding == nil)
  }

  @Test func `a partition that stands still while others go on is found, and one that is slow is not`() {
    var watch = ReadingWatch()
    for step: Int64 in 1...6 {
      watch.look([0: step + 5, 1: step + 9], read: read([0: step, 1: step + 9]))
      #expect(watch.finding == nil, "it moves")
    }
    for step: Int64 in 1...2 {
      watch.look([0: 20, 1: step + 20], read: read([0: 7, 1: step + 20]))
      #expect(watch.finding == nil, "a batch may be under way")
    }
    watch.look([0: 20, 1: 30], read: read([0: 7, 1: 30]))
    #expect(watch.finding == .standing(partition: 0))
    watch.look(nil, read: read([0: 7, 1: 30]))
    #expect(watch.finding == .standing(partition: 0), "nobody has said otherwise")
    watch.look([0: 20, 1: 30], read: read([0: 8, 1: 30]))
    #expect(watch.finding == nil)
  }

  @Test func `a partition of which nothing was heard stands still as well`() {
    var watch = ReadingWatch()
    for _ in 0..<3 { watch.look([0: 0, 2: 0], read: read([0: 0])) }
    #expect(watch.finding == .standing(partition: 2))
  }

  @Test func `a partition that stands while the database is waited for is not the bus's fault`() {
    var watch = ReadingWatch()
    var slow = read([0: 7])
    slow.isWaitingForDatabase = true
    for _ in 0..<9 {
      watch.look([0: 20], read: slow)
      #expect(watch.finding == nil && !watch.isClear)
    }
    for _ in 0..<2 {
      watch.look([0: 20], read: read([0: 7]))
      #expect(watch.finding == nil)
    }
    watch.look([0: 20], read: slow)
    #expect(watch.finding == nil)
    watch.look([0: 20], read: read([0: 7]))
    #expect(watch.finding == .standing(partition: 0))
    watch.look([0: 20], read: slow)
    #expect(watch.finding == .standing(partition: 0), "nobody has said otherwise")
  }

  @Test func `what is behind is clear once it has moved, also where brokers answer again or reading begins anew`() {
    var watch = ReadingWatch()
    watch.look([0: 3], read: read([0: 3]))
    #expect(watch.isClear)
    for _ in 0..<3 { watch.look(nil, read: read([0: 3])) }
    #expect(!watch.isClear && watch.finding == .unanswered)
    var anew = ReadingWatch()
    watch.look([0: 5], read: read([0: 3]))
    anew.look([0: 5], read: read([0: 3]))
    #expect(!watch.isClear && watch.finding == nil, "whether it stands is not known yet")
    #expect(!anew.isClear && anew.finding == nil, "nor here")
    watch.look([0: 6], read: read([0: 4]))
    anew.look([0: 5], read: read([0: 5]))
    #expect(watch.isClear && anew.isClear)
    watch.look([0: 6], read: read([0: 4]))
    #expect(!watch.isClear && watch.finding == nil)
  }

  @Test func `a partition that stands and is read anew from its start has not moved`() {
    var watch = ReadingWatch()
    var reading = read([0: 7])
    for _ in 0..<3 { watch.look([0: 20], read: reading) }
    #expect(watch.finding == .standing(partition: 0))
    reading.begin(partition: 0)
    watch.look([0: 20], read: reading)
    #expect(!watch.isClear && watch.finding == .standing(partition: 0))
    reading.note(partition: 0, next: 2)
    watch.look([0: 20], read: reading)
    #expect(watch.isClear && watch.finding == nil, "from its start on it moves")
  }

  @Test func `a partition that is read from its start was not read as far as before`() {
    var (trust, reading) = (ReportTrust(positions: [0: 4000, 1: 7]), read([0: 4000, 1: 7]))
    let reports = ReportDigests(count: 0, offsets: [4000, 7], buckets: DigestBook().buckets)
    trust.handle(
      .heartbeat(
        AgentStatus(
          zone: "z1", incarnation: 1, sequence: 1, version: "1", at: Timestamp(microseconds: 1), snapshotComplete: true,
          clusters: [], reports: reports)))
    #expect(trust.unreached == [] && reading.hasReached([0: 3, 1: 7]))
    let lost: [KafkaConsumerEvent] = [
      .endOfPartition(partition: 0, offset: 4000), .offsetOutOfRange(partition: 0, offset: 4000),
    ]
    ZoneObservations.noteEnds(lost, &trust, &reading)
    #expect(trust.unreached == [0], "what the heartbeat covers may be what is still to come")
    #expect(!reading.hasReached([0: 3, 1: 7]))
    ZoneObservations.noteEnds([.endOfPartition(partition: 0, offset: 3)], &trust, &reading)
    #expect(trust.unreached == [] && reading.hasReached([0: 3, 1: 7]))
  }

  @Test func `what is read does not hide that not all of it is`() throws {
    let telemetry = Telemetry(component: "governance", build: BuildInfo(version: "test"))
    let health = ZonesHealth(try telemetry.health.register("status", component: "test", role: .informative))
    func check() throws -> HealthReport.Check { try #require(telemetry.health.report().checks.first) }
    health.pass("z0", .progress)
    #expect(try check().status != .pass, "nothing was read yet")
    health.pass("z0", .reading)
    #expect(try check().status == .pass)
    health.degraded("z0", .progress, "en retard")
    health.pass("z0", .reading)
    #expect(try check().message == "en retard")
    health.degraded("z0", .reading, "absent")
    health.degraded("z1", .progress, "ailleurs")
    #expect(try check().message == "absent ; en retard ; ailleurs")
    health.pass("z0", .reading)
    health.drop("z1")
    #expect(try check().message == "en retard")
    health.pass("z0", .progress)
    #expect(try check().status == .pass)
  }
}
