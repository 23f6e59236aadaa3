/// Durations as people write them: `250ms`, `5s`, `1m30s`, `2h`, `7d`.
enum DurationText {
  static let accepted = "a duration such as 250ms, 5s, 1m30s, 2h or 7d"

  /// Units from large to small, each at most once, with their milliseconds.
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
  ]

  /// `nil` unless `text` is whole numbers with units in falling order.
  static func parse(_ text: String) -> Duration? {
    var rest = Substring(text)
    var left = units[...]
    var total: Int64 = 0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { !($0.isASCII && $0.isNumber) }
      rest = rest.dropFirst(name.count)
      guard let number = Int64(digits), let index = left.firstIndex(where: { $0.name == name }) else { return nil }
      let (part, partOverflows) = number.multipliedReportingOverflow(by: left[index].milliseconds)
      let (sum, sumOverflows) = total.addingReportingOverflow(part)
      guard !partOverflows, !sumOverflows else { return nil }
      total = sum
      left = left[(index + 1)...]
    }
    return text.isEmpty ? nil : .milliseconds(total)
  }

  /// The shortest text that reads back as the same duration, cut to milliseconds; never negative.
  static func format(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    var rest = max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    var text = ""
    for unit in units where rest >= unit.milliseconds {
      text += "\(rest / unit.milliseconds)\(unit.name)"
      rest %= unit.milliseconds
    }
    return text.isEmpty ? "0s" : text
  }
}
