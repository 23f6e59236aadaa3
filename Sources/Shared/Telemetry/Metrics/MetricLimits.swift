/// What the registry lets grow, and the default buckets of its histograms.
public struct MetricLimits: Sendable {
  /// Label sets of one metric; further ones are refused and counted. A histogram's set is about 18 lines.
  public var seriesPerMetric: Int
  /// Metrics in all.
  public var metrics: Int
  /// Upper bounds in seconds, rising, for timers without their own.
  public var timerBuckets: [Double]
  /// Upper bounds, rising, for aggregating recorders without their own.
  public var recorderBuckets: [Double]

  /// Half a millisecond to half a minute for timers; 1, 2, 5 … 100 000 for sizes and counts.
  public init(
    seriesPerMetric: Int = 500, metrics: Int = 1000,
    timerBuckets: [Double] = [
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ],
    recorderBuckets: [Double] = [
      1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000,
    ]
  ) {
    self.seriesPerMetric = seriesPerMetric
    self.metrics = metrics
    self.timerBuckets = timerBuckets
    self.recorderBuckets = recorderBuckets
  }
}
