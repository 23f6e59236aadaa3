import NIOConcurrencyHelpers

/// Something that is read when Prometheus asks, rather than counted as it happens.
public protocol MetricsCollector: Sendable {
  /// Called at each scrape, on the request's task: it must neither wait nor compute much.
  func collect() -> [MetricFamily]
}

/// All metrics of the process, and their exposition.
///
/// Recording touches only the series' own cell: an atomic, or for histograms a short lock; nothing is allocated.
public final class PrometheusRegistry: Sendable {
  private let limits: MetricLimits
  private let table: NIOLockedValueBox<MetricTable>
  private let collectors = NIOLockedValueBox<[any MetricsCollector]>([])

  /// An empty registry.
  public init(limits: MetricLimits = MetricLimits()) {
    self.limits = limits
    self.table = NIOLockedValueBox(MetricTable(limits: limits))
  }

  /// Gives a metric its help text and, for a histogram, its buckets.
  ///
  /// - Parameters:
  ///   - label: as the program names the metric in swift-metrics.
  ///   - buckets: upper bounds, in seconds for a timer; sorted here. They hold for series made afterwards.
  public func describe(_ label: String, _ help: String, buckets: [Double]? = nil) {
    let bounds = buckets.map { Set($0.filter(\.isFinite)).sorted() }
    table.withLockedValue { $0.describe(label, .init(help: help, buckets: bounds)) }
  }

  /// Adds something to be read at each scrape.
  public func add(_ collector: some MetricsCollector) {
    collectors.withLockedValue { $0.append(collector) }
  }

  /// The text of `/metrics` now.
  public func scrape() -> [UInt8] {
    // Collectors run outside the table's lock: they may themselves record.
    let collected = collectors.withLockedValue { $0 }.flatMap { $0.collect() }
    return PrometheusText.render(table.withLockedValue { $0.gather(collected) })
  }

  func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterCell? {
    table.withLockedValue {
      $0.cell(MetricName.counter(label), kind: .counter, label: label, labels: LabelSet(dimensions)) { CounterCell() }
    }
  }

  func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeCell? {
    table.withLockedValue {
      $0.cell(MetricName.sanitised(label), kind: .gauge, label: label, labels: LabelSet(dimensions)) { GaugeCell() }
    }
  }

  func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramCell? {
    histogram(MetricName.sanitised(label), label, dimensions, standard: limits.recorderBuckets)
  }

  func timer(_ label: String, _ dimensions: [(String, String)]) -> HistogramCell? {
    histogram(MetricName.timer(label), label, dimensions, standard: limits.timerBuckets)
  }

  /// Takes whatever a factory handed out; what is not a cell of a registry (a refused series) has nothing to remove.
  func remove(_ handler: AnyObject) {
    guard let cell = handler as? any MetricCell else { return }
    table.withLockedValue { $0.remove(cell) }
  }

  private func histogram(
    _ name: String, _ label: String, _ dimensions: [(String, String)], standard: [Double]
  ) -> HistogramCell? {
    table.withLockedValue { table in
      let bounds = table.buckets(label, default: standard)
      return table.cell(name, kind: .histogram, label: label, labels: LabelSet(dimensions)) {
        HistogramCell(bounds: bounds)
      }
    }
  }
}
