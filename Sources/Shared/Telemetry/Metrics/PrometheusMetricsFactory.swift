public import Metrics

/// The swift-metrics backend over a ``PrometheusRegistry``.
///
/// A series the registry refuses gets a handler that counts nothing; the refusal itself is counted.
public struct PrometheusMetricsFactory: MetricsFactory {
  private let registry: PrometheusRegistry

  /// A factory that makes all its metrics in `registry`.
  public init(registry: PrometheusRegistry) {
    self.registry = registry
  }

  /// A counter, whole increments.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    registry.counter(label, dimensions) ?? NOOPMetricsHandler.instance
  }

  /// A counter, fractional increments; the same series as a whole one of its name.
  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    registry.counter(label, dimensions) ?? NOOPMetricsHandler.instance
  }

  /// A gauge.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    registry.gauge(label, dimensions) ?? NOOPMetricsHandler.instance
  }

  /// Aggregating recorders are histograms, the others gauges.
  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    if aggregate { return registry.histogram(label, dimensions) ?? NOOPMetricsHandler.instance }
    return registry.gauge(label, dimensions) ?? NOOPMetricsHandler.instance
  }

  /// A histogram in seconds.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    registry.timer(label, dimensions) ?? NOOPMetricsHandler.instance
  }

  /// Forgets the series.
  public func destroyCounter(_ handler: any CounterHandler) { registry.remove(handler) }
  /// Forgets the series.
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { registry.remove(handler) }
  /// Forgets the series.
  public func destroyMeter(_ handler: any MeterHandler) { registry.remove(handler) }
  /// Forgets the series.
  public func destroyRecorder(_ handler: any RecorderHandler) { registry.remove(handler) }
  /// Forgets the series.
  public func destroyTimer(_ handler: any TimerHandler) { registry.remove(handler) }
}
