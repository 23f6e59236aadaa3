import Telemetry

extension PrometheusRegistry {
  /// The value of a series, by its whole name, as Prometheus reads it; nil where there is no such series.
  func value(_ series: String) -> Double? {
    let lines = String(decoding: scrape(), as: UTF8.self).split(separator: "\n")
    return lines.first { $0.hasPrefix(series + " ") }.flatMap { Double($0.dropFirst(series.count + 1)) }
  }
}
