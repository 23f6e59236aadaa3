/// The Prometheus text exposition format 0.0.4.
public enum PrometheusText {
  /// What `/metrics` declares.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// Families in the order given, each with HELP, TYPE and its lines; a family without lines is left out.
  public static func render(_ families: [MetricFamily]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(families.reduce(0) { $0 + 120 + 80 * $1.samples.count })
    for family in families where !family.samples.isEmpty {
      append("# HELP ", family.name, " ", escaped(help: family.help), "\n", to: &text)
      append("# TYPE ", family.name, " ", family.kind.rawValue, "\n", to: &text)
      for sample in family.samples {
        append(family.name, sample.suffix, to: &text)
        if !sample.labels.rendered.isEmpty { append("{", sample.labels.rendered, "}", to: &text) }
        append(" ", number(sample.value), "\n", to: &text)
      }
    }
    return text
  }

  /// As the Go client prints it: no fraction on whole numbers, `+Inf`, `-Inf`, `NaN`.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    // Beyond 2^53 a Double no longer names one integer: leave it in scientific form.
    if value == value.rounded(), abs(value) <= 9_007_199_254_740_992 { return String(Int64(value)) }
    return value.description
  }

  static func escaped(labelValue text: String) -> String { escaped(text, quotes: true) }

  static func escaped(help text: String) -> String { escaped(text, quotes: false) }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    guard text.utf8.contains(where: { needsEscape($0, quotes: quotes) }) else { return text }
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if needsEscape(byte, quotes: quotes) { bytes.append(UInt8(ascii: "\\")) }
      bytes.append(byte == UInt8(ascii: "\n") ? UInt8(ascii: "n") : byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func needsEscape(_ byte: UInt8, quotes: Bool) -> Bool {
    byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\n") || (quotes && byte == UInt8(ascii: "\""))
  }

  private static func append(_ parts: String..., to text: inout [UInt8]) {
    for part in parts { text.append(contentsOf: part.utf8) }
  }
}
