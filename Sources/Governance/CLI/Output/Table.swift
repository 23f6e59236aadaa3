import Model

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
    // What somebody has written makes no line of its own, and turns no terminal.
    rows.append(cells.map { PlainText.shown($0, onOneLine: true) })
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
