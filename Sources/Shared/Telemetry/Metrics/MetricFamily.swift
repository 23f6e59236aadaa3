/// What one scrape says about one metric: a value, ready to be rendered.
public struct MetricFamily: Sendable, Equatable {
  /// The TYPE line's word.
  public enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  /// One line of the exposition.
  public struct Sample: Sendable, Equatable {
    /// Appended to the family's name; empty except for `_bucket`, `_sum` and `_count`.
    let suffix: String
    let labels: LabelSet
    let value: Double

    init(suffix: String = "", labels: LabelSet, value: Double) {
      self.suffix = suffix
      self.labels = labels
      self.value = value
    }
  }

  let name: String
  let kind: Kind
  let help: String
  let samples: [Sample]

  init(name: String, kind: Kind, help: String, samples: [Sample]) {
    self.name = name
    self.kind = kind
    self.help = help
    self.samples = samples
  }

  /// A gauge read at scrape time.
  public static func gauge(_ name: String, help: String, _ values: [(LabelSet, Double)]) -> MetricFamily {
    MetricFamily(
      name: MetricName.sanitised(name), kind: .gauge, help: help,
      samples: values.map { Sample(labels: $0.0, value: $0.1) })
  }

  /// A counter read at scrape time; the name gets `_total` if it has none.
  public static func counter(_ name: String, help: String, _ values: [(LabelSet, Double)]) -> MetricFamily {
    MetricFamily(
      name: MetricName.counter(name), kind: .counter, help: help,
      samples: values.map { Sample(labels: $0.0, value: $0.1) })
  }

  /// Every name that a line of such a family can start with; no two families may share one.
  static func lineNames(_ name: String, _ kind: Kind) -> [String] {
    kind == .histogram ? [name, "\(name)_bucket", "\(name)_sum", "\(name)_count"] : [name]
  }
}
