/// Health as metrics: one series per check and status, 1 for the one that holds.
struct HealthCollector: MetricsCollector {
  let registry: HealthRegistry

  func collect() -> [MetricFamily] {
    let report = registry.report()
    return [
      .gauge("regie_health_status", help: "1 for the status the process has.", states(report.status, [])),
      .gauge(
        "regie_health_check_status", help: "1 for the status the check has.",
        report.checks.flatMap { states($0.status, [("check", $0.name), ("component", $0.component)]) }),
    ]
  }

  private func states(_ current: HealthStatus, _ labels: [(String, String)]) -> [(LabelSet, Double)] {
    HealthStatus.allCases.map { (LabelSet(labels + [("status", $0.rawValue)]), $0 == current ? 1 : 0) }
  }
}
