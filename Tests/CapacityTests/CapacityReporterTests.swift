import Capacity
import Events
import Model
import Testing

/// Of a cluster that changes all the time, only what matters is told.
struct CapacityReporterTests {
  private let start = Timestamp(microseconds: 1_795_000_000_000_000)

  private func after(_ seconds: Int64) -> Timestamp {
    Timestamp(microseconds: start.microseconds + seconds * 1_000_000)
  }

  private func amounts(_ cpu: Int64) -> ResourceAmounts { ResourceAmounts(cpu: cpu, memory: 64 << 30, pods: 100) }

  @Test func `the first measurement is told, rounded down`() {
    var reporter = CapacityReporter()
    #expect(reporter.report == nil)
    let isNews = reporter.take(ResourceAmounts(cpu: 10_099, memory: 65 << 20, pods: 7), nodes: 3, at: start)
    let wanted = ResourceAmounts(cpu: 10_000, memory: 64 << 20, pods: 7)
    #expect(isNews && reporter.report == MeasuredCapacity(asOf: start, nodes: 3, amounts: wanted))
  }

  @Test func `a little more waits for an hour, much more does not; the moment of what is told goes on`() {
    var reporter = CapacityReporter()
    let news = [
      reporter.take(amounts(10_000), nodes: 3, at: start), reporter.take(amounts(10_400), nodes: 3, at: after(10)),
      reporter.take(amounts(10_600), nodes: 3, at: after(20)),
      reporter.take(amounts(10_700), nodes: 3, at: after(3_619)),
    ]
    #expect(news == [true, false, true, false])
    #expect(reporter.report?.amounts.cpu == 10_600 && reporter.report?.asOf == after(3_619))
    let later = reporter.take(amounts(10_700), nodes: 3, at: after(3_620))
    #expect(later && reporter.report?.amounts.cpu == 10_700)
    let same = reporter.take(amounts(10_700), nodes: 3, at: after(90_000))
    #expect(!same)
  }

  @Test func `less is told at once, or half a minute after what was told last where it is little`() {
    var reporter = CapacityReporter()
    let news = [
      reporter.take(amounts(10_000), nodes: 3, at: start), reporter.take(amounts(9_600), nodes: 3, at: after(29)),
      reporter.take(amounts(9_600), nodes: 3, at: after(30)), reporter.take(amounts(9_000), nodes: 3, at: after(31)),
      reporter.take(amounts(8_900), nodes: 3, at: after(60)), reporter.take(amounts(8_900), nodes: 3, at: after(61)),
      reporter.take(amounts(8_900), nodes: 3, at: after(900)), reporter.take(amounts(8_800), nodes: 3, at: after(905)),
    ]
    #expect(news == [true, false, true, true, false, true, false, true])
    #expect(reporter.report?.amounts.cpu == 8_800 && reporter.report?.asOf == after(905))
  }

  @Test func `less of one resource is less, whatever there is more of`() {
    var reporter = CapacityReporter()
    _ = reporter.take(amounts(10_000), nodes: 3, at: start)
    let mixed = ResourceAmounts(cpu: 10_300, memory: 64 << 30, pods: 99)
    let news = [reporter.take(mixed, nodes: 3, at: after(29)), reporter.take(mixed, nodes: 3, at: after(30))]
    #expect(news == [false, true] && reporter.report?.amounts == mixed)
  }

  @Test func `what is there no more is not vouched for`() {
    var reporter = CapacityReporter()
    _ = reporter.take(amounts(10_000), nodes: 3, at: start)
    _ = reporter.take(amounts(10_000), nodes: 3, at: after(5))
    _ = reporter.take(amounts(9_900), nodes: 3, at: after(10))
    #expect(reporter.report?.amounts.cpu == 10_000 && reporter.report?.asOf == after(5))
    _ = reporter.take(amounts(10_100), nodes: 3, at: after(15))
    #expect(reporter.report?.amounts.cpu == 10_000 && reporter.report?.asOf == after(15), "there is that much again")
  }

  @Test func `that there is nothing left, or something again, is told at once`() {
    var reporter = CapacityReporter()
    _ = reporter.take(amounts(100), nodes: 1, at: start)
    let news = [
      reporter.take(amounts(99), nodes: 1, at: after(1)), reporter.take(amounts(100), nodes: 1, at: after(2)),
    ]
    #expect(news == [true, true])
  }
}
