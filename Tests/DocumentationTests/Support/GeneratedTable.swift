import Foundation

/// A table that the code knows better than its writers. It stands between two comments of a page:
/// `<!-- generated: NAME -->` and `<!-- end -->`.
struct GeneratedTable: Sendable {
  var name: String
  /// What should stand between the comments, given what does.
  var make: @Sendable (_ present: [String]) throws -> String

  /// Whether pages are to be rewritten rather than judged.
  static var isRewriting: Bool { ProcessInfo.processInfo.environment["REGIE_UPDATE_DOCS"] != nil }

  /// One place of a page.
  struct Place {
    var name: String
    /// The lines between the comments.
    var range: Range<Int>
  }

  /// The places of a page.
  static func places(in page: Page) -> [Place] {
    page.lines.indices.compactMap { start in
      guard let name = page.lines[start].firstMatch(of: /^<!-- generated: ([a-z-]+) -->$/)?.1 else { return nil }
      let end = page.lines[start...].firstIndex(of: "<!-- end -->") ?? page.lines.endIndex
      return Place(name: String(name), range: (start + 1)..<end)
    }
  }

  /// A table in Markdown.
  static func text(_ header: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
    return line(header) + "|" + String(repeating: "---|", count: header.count) + "\n" + rows.map(line).joined()
  }
}
