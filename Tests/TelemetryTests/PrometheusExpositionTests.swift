import Metrics
import Testing

@testable import Telemetry

struct PrometheusExpositionTests {
  private let registry = PrometheusRegistry(
    limits: MetricLimits(timerBuckets: [0.1, 1], recorderBuckets: [10, 100]))
  private var factory: PrometheusMetricsFactory { PrometheusMetricsFactory(registry: registry) }

  private let quiet = """
    # HELP regie_metrics_dropped_series_total Times a metric was refused a series: too many label sets, \
    or a name already taken.
    # TYPE regie_metrics_dropped_series_total counter
    regie_metrics_dropped_series_total 0

    """

  @Test func `golden: every kind`() {
    registry.describe("regie.relay.published", "Records that\nreached \\ the \"bus\".")
    Counter(label: "regie.relay.published", dimensions: [("zone", "usuel"), ("a", "1")], factory: factory)
      .increment(by: 3)
    FloatingPointCounter(label: "energy", factory: factory).increment(by: 0.5)
    Meter(label: "depth", factory: factory).set(7)
    Gauge(label: "age", factory: factory).record(1.25)
    let timer = Timer(label: "apply", factory: factory)
    timer.recordMilliseconds(100)
    timer.recordMilliseconds(101)
    timer.recordSeconds(2)
    Recorder(label: "size", factory: factory).record(11)
    #expect(
      text(registry.scrape()) == """
        # HELP age Recorded by the program as age.
        # TYPE age gauge
        age 1.25
        # HELP apply_seconds Recorded by the program as apply.
        # TYPE apply_seconds histogram
        apply_seconds_bucket{le="0.1"} 1
        apply_seconds_bucket{le="1"} 2
        apply_seconds_bucket{le="+Inf"} 3
        apply_seconds_sum 2.201
        apply_seconds_count 3
        # HELP depth Recorded by the program as depth.
        # TYPE depth gauge
        depth 7
        # HELP energy_total Recorded by the program as energy.
        # TYPE energy_total counter
        energy_total 0.5

        """ + quiet + #"""
          # HELP regie_relay_published_total Records that\nreached \\ the "bus".
          # TYPE regie_relay_published_total counter
          regie_relay_published_total{a="1",zone="usuel"} 3
          # HELP size Recorded by the program as size.
          # TYPE size histogram
          size_bucket{le="10"} 0
          size_bucket{le="100"} 1
          size_bucket{le="+Inf"} 1
          size_sum 11
          size_count 1

          """#)
  }

  @Test func `golden: an empty registry says that nothing was refused`() {
    #expect(text(registry.scrape()) == quiet)
  }

  @Test func `label values are escaped`() {
    #expect(LabelSet([("a", "q\"b\\n\nz")]).rendered == #"a="q\"b\\n\nz""#)
  }

  @Test func `label names become legal, and two that become one keep both values`() {
    #expect(LabelSet([("http.route", "/x"), ("1st", "y")]).rendered == #"_1st="y",http_route="/x""#)
    #expect(LabelSet([("a.b", "1"), ("a_b", "2")]).rendered == #"a_b="1;2""#)
    #expect(LabelSet([("le", "1"), ("__name__", "x"), ("", "z")]).rendered == #"_="z",_name__="x",exported_le="1""#)
  }

  @Test func `the order of labels makes no other series`() {
    #expect(LabelSet([("a", "1"), ("b", "2")]) == LabelSet([("b", "2"), ("a", "1")]))
    #expect(LabelSet.empty.appending("le", "1") == LabelSet([("a", "1")]).appending("le", "1") ? false : true)
  }

  @Test(arguments: [
    ("plain", "plain"), ("a.b-c:d", "a_b_c_d"), ("9lives", "_9lives"), ("", "_"), ("é", "_"), ("Ok_1", "Ok_1"),
  ])
  func `metric names become legal`(label: String, name: String) {
    #expect(MetricName.sanitised(label) == name)
  }

  @Test func `units and totals are not said twice`() {
    #expect(MetricName.counter("a.total") == "a_total")
    #expect(MetricName.timer("a.seconds") == "a_seconds")
  }

  @Test(
    arguments: [
      (0, "0"), (-3, "-3"), (0.1, "0.1"), (1e15, "1000000000000000"), (1e300, "1e+300"), (.nan, "NaN"),
      (.infinity, "+Inf"), (-.infinity, "-Inf"), (0.0005, "0.0005"),
    ] as [(Double, String)])
  func `numbers read as Prometheus prints them`(value: Double, text: String) {
    #expect(PrometheusText.number(value) == text)
    #expect(value.isNaN || Double(text) == value)
  }

  @Test func `buckets of one's own are sorted, each once, and end at infinity`() {
    registry.describe("apply", "Time to apply.", buckets: [5, 0.5, 5, .infinity])
    Timer(label: "apply", factory: factory).recordSeconds(1)
    let lines = text(registry.scrape()).split(separator: "\n").filter { $0.contains("_bucket") }
    #expect(
      lines == [
        #"apply_seconds_bucket{le="0.5"} 0"#, #"apply_seconds_bucket{le="5"} 1"#,
        #"apply_seconds_bucket{le="+Inf"} 1"#,
      ])
  }
}
