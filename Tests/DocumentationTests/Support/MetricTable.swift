import Foundation

/// The metrics that the sources record or collect. Their labels and meanings are written by people, and kept.
enum MetricTable {
  struct Metric: Hashable {
    var name: String
    var kind: String
    var program: String
  }

  /// Every metric, by name.
  static func all() throws -> [Metric] {
    let found = try Repository.files(below: "Sources", suffix: ".swift").flatMap { file in
      metrics(in: try Repository.text(file), program: program(of: file))
    }
    return Array(Set(found)).sorted { ($0.name, $0.kind) < ($1.name, $1.kind) }
  }

  /// Rows in the order of names: name, kind, program, labels, meaning.
  static func text(present: [String]) throws -> String {
    let known = Dictionary(Page.rows(present).filter { $0.count == 5 }.map { ($0[0], $0) }) { first, _ in first }
    let rows = try all().map { metric in
      let name = "`\(metric.name)`"
      return [name, metric.kind, metric.program, known[name]?[3] ?? "", known[name]?[4] ?? ""]
    }
    return GeneratedTable.text(["metric", "kind", "program", "labels", "meaning"], rows)
  }

  private static func program(of file: String) -> String {
    if file.hasPrefix("Sources/Governance/") { return "governance" }
    return file.hasPrefix("Sources/RegionAgent/") ? "region-agent" : "both"
  }

  private static func metrics(in source: String, program: String) -> [Metric] {
    let recorded = source.matches(of: /\b(Counter|Gauge|Timer)\(\s*label: "([^"\\]+)"/).map { match in
      Metric(name: name(String(match.2), String(match.1)), kind: kind(String(match.1)), program: program)
    }
    // KafkaMetrics puts its names together.
    let composed = source.matches(of: /= gauge\("([a-z0-9_]+)"\)/).map { match in
      Metric(name: "kafka_client_\(match.1)", kind: "gauge", program: program)
    }
    let collected = source.matches(of: /\.(counter|gauge)\(\s*"([a-z_]+)"/).map { match in
      Metric(name: String(match.2), kind: String(match.1), program: program)
    }
    let refused = source.matches(of: /droppedName = "([a-z_]+)"/).map { match in
      Metric(name: String(match.1), kind: "counter", program: program)
    }
    return recorded + composed + collected + refused
  }

  private static func kind(_ type: String) -> String { type == "Timer" ? "histogram" : type.lowercased() }

  /// As Telemetry makes names of labels: dots become lines, and counters and timers get their suffix.
  private static func name(_ label: String, _ type: String) -> String {
    let name = label.replacing(".", with: "_")
    let suffix = ["Counter": "_total", "Timer": "_seconds"][type] ?? ""
    return name.hasSuffix(suffix) ? name : name + suffix
  }
}
