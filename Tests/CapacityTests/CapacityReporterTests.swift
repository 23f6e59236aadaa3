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

  @Test func `small changes wait for an hour, large ones do not; the moment of what is told goes on`() {
    var reporter = CapacityReporter()
    let news = [
      reporter.take(amounts(10_000), nodes: 3, at: start), reporter.take(amounts(9_600), nodes: 3, at: after(10)),
      reporter.take(amounts(9_400), nodes: 3, at: after(20)), reporter.take(amounts(9_300), nodes: 3, at: after(3_619)),
    ]
    #expect(news == [true, false, true, false])
    #expect(reporter.report?.amounts.cpu == 9_400 && reporter.report?.asOf == after(3_619))
    let later = reporter.take(amounts(9_300), nodes: 3, at: after(3_620))
    #expect(later && reporter.report?.amounts.cpu == 9_300)
    let same = reporter.take(amounts(9_300), nodes: 3, at: after(90_000))
    #expect(!same)
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
