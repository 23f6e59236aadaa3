/// How the free labels of swift-metrics become names that Prometheus accepts and its users expect.
enum MetricName {
  /// `[a-zA-Z_][a-zA-Z0-9_]*`: any other character becomes `_` (colons too: they belong to recording rules).
  static func sanitised(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 1)
    for scalar in text.unicodeScalars {
      bytes.append(isLegal(scalar) ? UInt8(ascii: scalar) : UInt8(ascii: "_"))
    }
    if let first = bytes.first, UInt8(ascii: "0")...UInt8(ascii: "9") ~= first {
      bytes.insert(UInt8(ascii: "_"), at: 0)
    }
    return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
  }

  /// As a metric name, plus two rules: `__` at the front is Prometheus' own, and `le` belongs to histograms.
  static func label(_ text: String) -> String {
    var name = sanitised(text)
    while name.hasPrefix("__") { name.removeFirst() }
    return name == "le" ? "exported_le" : name
  }

  static func counter(_ label: String) -> String { suffixed(label, "_total") }

  static func timer(_ label: String) -> String { suffixed(label, "_seconds") }

  private static func suffixed(_ label: String, _ suffix: String) -> String {
    let name = sanitised(label)
    return name.hasSuffix(suffix) ? name : name + suffix
  }

  private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_": true
    default: false
    }
  }
}
