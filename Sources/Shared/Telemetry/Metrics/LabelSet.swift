/// The labels of one series: names made legal, sorted, each once.
public struct LabelSet: Sendable, Hashable {
  /// `a="1",b="2"`, escaped for the text format; also what makes two sets equal.
  let rendered: String

  /// No label.
  public static let empty = LabelSet([])

  /// - Parameter pairs: names are made legal. Values of names that become the same are joined by `;`, so that
  ///   neither is lost and the exposition stays valid.
  public init(_ pairs: [(String, String)]) {
    var values: [String: String] = [:]
    for (name, value) in pairs {
      let legal = MetricName.label(name)
      values[legal] = values[legal].map { "\($0);\(value)" } ?? value
    }
    rendered = values.sorted { $0.key < $1.key }
      .map { "\($0.key)=\"\(PrometheusText.escaped(labelValue: $0.value))\"" }
      .joined(separator: ",")
  }

  private init(rendered: String) {
    self.rendered = rendered
  }

  /// This set and one more label, last. The caller sees to it that the name is legal and new.
  func appending(_ name: String, _ value: String) -> LabelSet {
    LabelSet(rendered: rendered.isEmpty ? "\(name)=\"\(value)\"" : "\(rendered),\(name)=\"\(value)\"")
  }
}
