public import Logging
import Metrics
import NIOConcurrencyHelpers

/// What a program holds of its own observability: logs and metrics are installed process-wide, health is kept here.
public struct Telemetry: Sendable {
  /// The program's name.
  public let component: String
  /// Which build it is.
  public let build: BuildInfo
  /// What `/metrics` shows.
  public let metrics: PrometheusRegistry
  /// The checks behind `/health` and `/readyz`.
  public let health: HealthRegistry

  private static let installed = NIOLockedValueBox(false)

  /// Everything wired together, nothing installed process-wide; for tests, and programs with several instances.
  public init(
    component: String, build: BuildInfo, limits: MetricLimits = MetricLimits(), clock: TelemetryClock = .system
  ) {
    self.component = component
    self.build = build
    self.metrics = PrometheusRegistry(limits: limits)
    self.health = HealthRegistry(component: component, version: build.version, clock: clock)
    metrics.add(ProcessCollector())
    metrics.add(HealthCollector(registry: health))
    metrics.add(BuildCollector(family: build.family(component: component)))
  }

  /// Installs JSON logs and Prometheus metrics as the backends of swift-log and swift-metrics.
  ///
  /// - Parameter level: read it with ``EnvironmentReader/logLevel()``, from `LOG_LEVEL`.
  /// - Throws: ``TelemetryError/alreadyBootstrapped`` the second time in a process.
  public static func bootstrap(
    component: String, build: BuildInfo, level: Logger.Level, output: LogOutput = .standardOutput,
    limits: MetricLimits = MetricLimits()
  ) throws(TelemetryError) -> Telemetry {
    let first = installed.withLockedValue { installed in
      defer { installed = true }
      return !installed
    }
    guard first else { throw .alreadyBootstrapped }
    let telemetry = Telemetry(component: component, build: build, limits: limits)
    LoggingSystem.bootstrap(
      { label, provider in
        JSONLogHandler(label: label, level: level, output: output, metadataProvider: provider)
      }, metadataProvider: .trace)
    MetricsSystem.bootstrap(PrometheusMetricsFactory(registry: telemetry.metrics))
    telemetry.metrics.add(LogCollector(output: output))
    return telemetry
  }
}

/// A mistake in how telemetry is set up.
public enum TelemetryError: Error, Hashable, CustomStringConvertible {
  /// swift-log and swift-metrics take one backend per process.
  case alreadyBootstrapped

  /// What to do about it.
  public var description: String {
    "Telemetry.bootstrap was called twice; call it once, at the start of the program"
  }
}

private struct BuildCollector: MetricsCollector {
  let family: MetricFamily

  func collect() -> [MetricFamily] { [family] }
}

private struct LogCollector: MetricsCollector {
  let output: LogOutput

  func collect() -> [MetricFamily] {
    [
      .counter(
        "regie_log_lines_lost_total", help: "Log lines that could not be written.",
        [(.empty, Double(output.linesLost))])
    ]
  }
}
