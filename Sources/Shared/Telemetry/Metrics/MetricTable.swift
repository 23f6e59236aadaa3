/// The registry's book-keeping as a plain value: which families exist, their series, and what was refused.
struct MetricTable {
  /// Why a metric's maker got a cell that counts nothing.
  enum Refusal: String {
    /// The metric has as many label sets as it may.
    case cardinality
    /// The name, or a line it would print, belongs to a metric of another kind.
    case conflict
    /// There are as many metrics as there may be.
    case metrics
  }

  struct Description {
    var help: String
    var buckets: [Double]?
  }

  private struct Family {
    let kind: MetricFamily.Kind
    let label: String
    var series: [LabelSet: any MetricCell] = [:]
  }

  private struct Dropped: Hashable {
    let metric: String
    let reason: Refusal
  }

  private let limits: MetricLimits
  private var families: [String: Family] = [:]
  private var descriptions: [String: Description] = [:]
  /// Which family prints lines of a name.
  private var owners: [String: String] = [:]
  private var dropped: [Dropped: UInt64] = [:]

  static let droppedName = "regie_metrics_dropped_series_total"

  init(limits: MetricLimits) {
    self.limits = limits
    owners[Self.droppedName] = Self.droppedName
  }

  mutating func describe(_ label: String, _ description: Description) {
    descriptions[label] = description
  }

  func buckets(_ label: String, default standard: [Double]) -> [Double] {
    descriptions[label]?.buckets ?? standard
  }

  /// The cell of a series, made by `make` if it is new; `nil` if it is refused.
  mutating func cell<Cell: MetricCell>(
    _ name: String, kind: MetricFamily.Kind, label: String, labels: LabelSet, make: () -> Cell
  ) -> Cell? {
    if let family = families[name] {
      guard family.kind == kind else { return refuse(name, .conflict) }
      if let cell = family.series[labels] {
        guard let cell = cell as? Cell else { return refuse(name, .conflict) }
        return cell
      }
      guard family.series.count < limits.seriesPerMetric else { return refuse(name, .cardinality) }
    } else if let refusal = claim(name, kind) {
      return refuse(name, refusal)
    }
    let cell = make()
    families[name, default: Family(kind: kind, label: label)].series[labels] = cell
    return cell
  }

  /// Forgets a series; its name is free again with its last one.
  mutating func remove(_ cell: any MetricCell) {
    for (name, family) in families {
      guard let labels = family.series.first(where: { $0.value === cell })?.key else { continue }
      families[name]?.series[labels] = nil
      if family.series.count == 1 { release(name, family.kind) }
      return
    }
  }

  /// All families and `collected` ones, by name; of two that claim one name the table's own is kept.
  mutating func gather(_ collected: [MetricFamily]) -> [MetricFamily] {
    var all: [MetricFamily] = families.map { name, family in
      MetricFamily(
        name: name, kind: family.kind, help: help(family.label),
        samples: family.series.sorted { $0.key.rendered < $1.key.rendered }.flatMap { $1.samples(labels: $0) })
    }
    var names = Set(owners.keys)
    for family in collected {
      let lines = MetricFamily.lineNames(family.name, family.kind)
      if names.isDisjoint(with: lines) {
        names.formUnion(lines)
        all.append(family)
      } else {
        dropped[Dropped(metric: family.name, reason: .conflict), default: 0] += 1
      }
    }
    all.append(droppedFamily)
    return all.sorted { $0.name < $1.name }
  }

  private mutating func refuse<Cell>(_ name: String, _ reason: Refusal) -> Cell? {
    // The names refused for want of room are themselves without bound.
    let metric = reason == .metrics ? "" : name
    dropped[Dropped(metric: metric, reason: reason), default: 0] += 1
    return nil
  }

  private mutating func claim(_ name: String, _ kind: MetricFamily.Kind) -> Refusal? {
    let lines = MetricFamily.lineNames(name, kind)
    if lines.contains(where: { owners[$0] != nil }) { return .conflict }
    if families.count >= limits.metrics { return .metrics }
    for line in lines { owners[line] = name }
    return nil
  }

  private mutating func release(_ name: String, _ kind: MetricFamily.Kind) {
    families[name] = nil
    for line in MetricFamily.lineNames(name, kind) { owners[line] = nil }
  }

  private func help(_ label: String) -> String {
    descriptions[label]?.help ?? "Recorded by the program as \(label)."
  }

  private var droppedFamily: MetricFamily {
    let values = dropped.map { key, count in
      (LabelSet([("metric", key.metric), ("reason", key.reason.rawValue)]), Double(count))
    }
    return .counter(
      Self.droppedName, help: "Times a metric was refused a series: too many label sets, or a name already taken.",
      values.isEmpty ? [(.empty, 0)] : values.sorted { $0.0.rendered < $1.0.rendered })
  }
}
