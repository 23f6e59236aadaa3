/// A table for people: columns as wide as their widest cell, two spaces between them.
struct Table {
  private let header: [String]
  private var rows: [[String]] = []

  /// A table with these column names.
  init(_ header: String...) {
    self.header = header
  }

  /// A table with these column names.
  init(_ header: [String]) {
    self.header = header
  }

  /// Adds a row with one cell per column.
  mutating func add(_ cells: String...) {
    add(cells)
  }

  /// Adds a row with one cell per column.
  mutating func add(_ cells: [String]) {
    rows.append(cells.map(Self.onOneLine))
  }

  /// What somebody has written makes no line of its own, and turns no terminal.
  private static func onOneLine(_ cell: String) -> String {
    guard cell.unicodeScalars.contains(where: isUnruly) else { return cell }
    return String(String.UnicodeScalarView(cell.unicodeScalars.map { isUnruly($0) ? "\u{FFFD}" : $0 }))
  }

  private static func isUnruly(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// The lines, without trailing spaces; the last column is never padded.
  func render(indent: String = "") -> String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let line = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
        .joined(separator: "  ")
      return indent + trimmed(line)
    }.joined(separator: "\n")
  }

  private func trimmed(_ line: String) -> String {
    var line = Substring(line)
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}
