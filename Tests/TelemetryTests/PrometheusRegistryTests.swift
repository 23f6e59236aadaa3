import Metrics
import Testing

@testable import Telemetry

struct PrometheusRegistryTests {
  private struct Fixed: MetricsCollector {
    let families: [MetricFamily]

    func collect() -> [MetricFamily] { families }
  }

  private let registry = PrometheusRegistry(limits: MetricLimits(seriesPerMetric: 2, metrics: 6))
  private var factory: PrometheusMetricsFactory { PrometheusMetricsFactory(registry: registry) }

  private func lines() -> [Substring] {
    text(registry.scrape()).split(separator: "\n").filter { !$0.hasPrefix("#") }
  }

  @Test func `label sets over the limit count nothing, and are counted`() {
    for user in ["a", "b", "c", "d", "a"] {
      Counter(label: "logins", dimensions: [("user", user)], factory: factory).increment()
    }
    #expect(
      lines() == [
        #"logins_total{user="a"} 2"#, #"logins_total{user="b"} 1"#,
        #"regie_metrics_dropped_series_total{metric="logins_total",reason="cardinality"} 2"#,
      ])
  }

  @Test func `every kind is held to the limit`() {
    for user in 0..<3 {
      let labels = [("user", "\(user)")]
      FloatingPointCounter(label: "a", dimensions: labels, factory: factory).increment()
      Meter(label: "b", dimensions: labels, factory: factory).set(1)
      Gauge(label: "c", dimensions: labels, factory: factory).record(1)
      Recorder(label: "d", dimensions: labels, factory: factory).record(1)
      Timer(label: "e", dimensions: labels, factory: factory).recordSeconds(1)
    }
    let dropped = lines().filter { $0.hasPrefix("regie_metrics_dropped") }
    #expect(dropped.count == 5)
    #expect(dropped.allSatisfy { $0.hasSuffix(#"reason="cardinality"} 1"#) })
    #expect(!lines().contains { $0.contains(#"user="2""#) })
  }

  @Test func `a name is one kind of metric only, the first`() {
    Meter(label: "x", factory: factory).set(4)
    Recorder(label: "x", factory: factory).record(1)
    Timer(label: "h", factory: factory).recordSeconds(1)
    Meter(label: "h_seconds_count", factory: factory).set(1)
    Counter(label: "regie.metrics.dropped.series", factory: factory).increment(by: 1000)
    let lines = lines()
    #expect(lines.contains("x 4"))
    #expect(!lines.contains { $0.hasPrefix("x_bucket") })
    #expect(lines.filter { $0.hasPrefix("h_seconds_count") } == ["h_seconds_count 1"])
    #expect(lines.contains(#"regie_metrics_dropped_series_total{metric="x",reason="conflict"} 1"#))
    #expect(lines.contains(#"regie_metrics_dropped_series_total{metric="h_seconds_count",reason="conflict"} 1"#))
    #expect(!lines.contains { $0.hasSuffix(" 1000") })
  }

  @Test func `metrics over the limit are refused, their names not kept`() {
    for number in 0..<9 { Counter(label: "c\(number)", factory: factory).increment() }
    let lines = lines()
    #expect(lines.filter { $0.hasPrefix("c") }.count == 6)
    #expect(lines.contains(#"regie_metrics_dropped_series_total{metric="",reason="metrics"} 3"#))
  }

  @Test func `a destroyed series goes, makes room, and frees its name with the last`() {
    let first = factory.makeCounter(label: "n", dimensions: [("a", "1")])
    let second = factory.makeCounter(label: "n", dimensions: [("a", "2")])
    factory.destroyCounter(first)
    #expect(lines().first == #"n_total{a="2"} 0"#)
    factory.destroyCounter(second)
    factory.destroyCounter(second)
    Meter(label: "n_total", factory: factory).set(5)
    #expect(lines().first == "n_total 5")
  }

  @Test func `each kind can be destroyed, and a refused one has nothing to destroy`() {
    let part = factory.makeFloatingPointCounter(label: "a", dimensions: [])
    let meter = factory.makeMeter(label: "b", dimensions: [])
    let recorder = factory.makeRecorder(label: "c", dimensions: [], aggregate: true)
    let timer = factory.makeTimer(label: "d", dimensions: [])
    let refused = factory.makeRecorder(label: "b", dimensions: [], aggregate: true)
    factory.destroyRecorder(refused)
    #expect(lines().contains("b 0"))
    factory.destroyFloatingPointCounter(part)
    factory.destroyMeter(meter)
    factory.destroyRecorder(recorder)
    factory.destroyTimer(timer)
    #expect(lines().allSatisfy { $0.hasPrefix("regie_metrics_dropped") })
  }

  @Test func `what is collected joins in by name, and cannot take a name that is taken`() {
    Meter(label: "m", factory: factory).set(1)
    registry.add(
      Fixed(families: [
        .gauge("a.b", help: "h", [(.empty, 1)]), .counter("c", help: "h", [(.empty, 2)]),
        .gauge("m", help: "h", [(.empty, 3)]), .gauge("a_b", help: "h", [(.empty, 4)]),
        .gauge("none", help: "h", []),
      ]))
    #expect(
      lines() == [
        "a_b 1", "c_total 2", "m 1",
        #"regie_metrics_dropped_series_total{metric="a_b",reason="conflict"} 1"#,
        #"regie_metrics_dropped_series_total{metric="m",reason="conflict"} 1"#,
      ])
  }

  @Test func `a process's own line is read past any name it has`() throws {
    let line =
      "42 (a) b (c) S 1 42 42 0 -1 4194304 9 0 0 0 250 50 0 0 20 0 4 0 1000 5000000 300 18446744073709551615"
    let process = try #require(ProcessStatistics(stat: line, ticksPerSecond: 100, pageSize: 4096))
    #expect(process.cpuSeconds == 3)
    #expect(process.startedAfterBoot == 10)
    #expect(process.virtualBytes == 5_000_000)
    #expect(process.residentBytes == 1_228_800)
    for broken in ["", "42 (x S 1", "42 (x) S 1 2 3", line.replacing("250", with: "x")] {
      #expect(ProcessStatistics(stat: broken, ticksPerSecond: 100, pageSize: 4096) == nil)
    }
    #expect(ProcessStatistics.bootTime(stat: "cpu 1\nbtime 1700000000\nprocesses 1\n") == 1_700_000_000)
    #expect(ProcessStatistics.bootTime(stat: "cpu 1\n") == nil)
  }
}
