import Metrics
import Testing

@testable import Telemetry

struct MetricCellTests {
  private func value(_ cell: some MetricCell) -> Double? { cell.samples(labels: .empty).first?.value }

  @Test func `a counter adds whole and fractional amounts and never falls`() {
    let cell = CounterCell()
    cell.increment(by: Int64(2))
    cell.increment(by: 0.5)
    cell.increment(by: Int64(-5))
    cell.increment(by: -0.5)
    cell.increment(by: Double.nan)
    cell.increment(by: Double.infinity)
    #expect(value(cell) == 2.5)
    cell.reset()
    #expect(value(cell) == 0)
  }

  @Test func `a gauge goes up, down and wherever it is set`() {
    let cell = GaugeCell()
    cell.set(Int64(3))
    cell.increment(by: 2)
    cell.decrement(by: 0.5)
    #expect(value(cell) == 4.5)
    cell.set(1.5)
    #expect(value(cell) == 1.5)
    cell.record(Int64(9))
    #expect(value(cell) == 9)
    cell.record(-1.25)
    #expect(value(cell) == -1.25)
  }

  @Test func `a histogram puts a value on a bound into that bound's bucket`() {
    let cell = HistogramCell(bounds: [1, 2, 3])
    for observed in [1.0, 1.5, 2, 3, 3.5, -1, .infinity] { cell.record(observed) }
    cell.record(Double.nan)
    let samples = cell.samples(labels: .empty)
    #expect(samples.map(\.value) == [2, 4, 5, 7, .infinity, 7])
    #expect(samples.map(\.suffix) == ["_bucket", "_bucket", "_bucket", "_bucket", "_sum", "_count"])
  }

  @Test func `a histogram without bounds still counts`() {
    let cell = HistogramCell(bounds: [])
    cell.record(Int64(4))
    cell.recordNanoseconds(1_500_000_000)
    #expect(cell.samples(labels: .empty).map(\.value) == [2, 5.5, 2])
  }

  @Test func `sixteen tasks lose no increment, and each scrape agrees with itself`() async {
    let registry = PrometheusRegistry(limits: MetricLimits(timerBuckets: [1]))
    let factory = PrometheusMetricsFactory(registry: registry)
    await withTaskGroup { group in
      for task in 0..<16 {
        group.addTask {
          // Made anew in each task: all must reach the same series.
          let whole = Counter(label: "whole", factory: factory)
          let part = FloatingPointCounter(label: "part", factory: factory)
          let meter = Meter(label: "meter", factory: factory)
          let timer = Timer(label: "timer", factory: factory)
          let own = Counter(label: "own", dimensions: [("task", "\(task)")], factory: factory)
          for _ in 0..<2000 {
            whole.increment()
            part.increment(by: 0.5)
            meter.increment(by: 2)
            meter.decrement()
            timer.recordSeconds(2)
            own.increment()
          }
        }
      }
      group.addTask {
        for _ in 0..<50 {
          let lines = text(registry.scrape()).split(separator: "\n")
          let infinity = lines.first { $0.hasPrefix(#"timer_seconds_bucket{le="+Inf"}"#) }?.split(separator: " ").last
          let count = lines.first { $0.hasPrefix("timer_seconds_count") }?.split(separator: " ").last
          let sum = lines.first { $0.hasPrefix("timer_seconds_sum") }?.split(separator: " ").last
          #expect(infinity == count)
          #expect(sum.flatMap { Double($0) } == count.flatMap { Double($0) }.map { $0 * 2 })
        }
      }
    }
    let lines = text(registry.scrape()).split(separator: "\n")
    #expect(lines.contains("whole_total 32000"))
    #expect(lines.contains("part_total 16000"))
    #expect(lines.contains("meter 32000"))
    #expect(lines.contains("timer_seconds_count 32000"))
    #expect(lines.filter { $0.hasPrefix("own_total{") && $0.hasSuffix(" 2000") }.count == 16)
  }
}
