import Foundation

/// The part of Markdown that runbooks are written in, as HTML: headings, paragraphs, lists with boxes, tables, quotes,
/// code and links. Everything else is text, HTML above all: what stands in a template or was written by somebody never
/// becomes an element.
struct MarkdownPage {
  /// The first heading's words, escaped; empty where there is none.
  private(set) var title = ""
  /// The elements of the body.
  private(set) var html = ""
  private var lines: ArraySlice<Substring>
  private var anchors: [String: Int] = [:]

  init(_ markdown: String) {
    lines = markdown.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
    while let line = lines.first { block(line) }
  }

  /// A text as HTML shows it.
  static func escaped(_ text: some StringProtocol) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.append(character)
      }
    }
    return escaped
  }

  private mutating func block(_ line: Substring) {
    if line.allSatisfy(\.isWhitespace) {
      lines.removeFirst()
    } else if line.hasPrefix("```") {
      code()
    } else if let level = Self.level(line) {
      lines.removeFirst()
      heading(level, line.dropFirst(level + 1))
    } else if line.hasPrefix("|") {
      table(take { $0.hasPrefix("|") })
    } else if line.hasPrefix("> ") {
      let text = take { $0.hasPrefix("> ") }.map { $0.dropFirst(2) }.joined(separator: "\n")
      html += "<blockquote><p>\(MarkdownInline.html(text))</p></blockquote>\n"
    } else if let marker = Self.marker(line) {
      list(isOrdered: marker.isOrdered)
    } else {
      let text = take { !$0.allSatisfy(\.isWhitespace) && !Self.begins($0) }.joined(separator: "\n")
      html += "<p>\(MarkdownInline.html(text))</p>\n"
    }
  }

  /// The lines from here on that belong together; always at least one.
  private mutating func take(while belongs: (Substring) -> Bool) -> [Substring] {
    var taken = [lines.removeFirst()]
    while let line = lines.first, belongs(line) {
      taken.append(line)
      lines.removeFirst()
    }
    return taken
  }

  /// Whether a line is no part of a paragraph before it.
  private static func begins(_ line: Substring) -> Bool {
    line.hasPrefix("```") || line.hasPrefix("|") || line.hasPrefix("> ") || level(line) != nil || marker(line) != nil
  }

  private static func level(_ line: Substring) -> Int? {
    let level = line.prefix { $0 == "#" }.count
    return (1...6).contains(level) && line.dropFirst(level).first == " " ? level : nil
  }

  /// The sign that an element of a list begins with, and what follows it.
  private static func marker(_ line: Substring) -> (isOrdered: Bool, text: Substring)? {
    if line.hasPrefix("- ") { return (false, line.dropFirst(2)) }
    let digits = line.prefix { $0.isASCII && $0.isNumber }
    let rest = line.dropFirst(digits.count)
    return !digits.isEmpty && rest.hasPrefix(". ") ? (true, rest.dropFirst(2)) : nil
  }

  private mutating func heading(_ level: Int, _ text: Substring) {
    let words = MarkdownInline.html(text)
    if title.isEmpty { title = words.replacing(/<[^>]*>/, with: "") }
    html += "<h\(level) id=\"\(anchor(text))\">\(words)</h\(level)>\n"
  }

  /// A name that no other heading has.
  private mutating func anchor(_ text: Substring) -> String {
    let kept = text.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }
    let slug = kept.replacing(" ", with: "-")
    let count = anchors[slug, default: 0]
    anchors[slug] = count + 1
    return count == 0 ? slug : "\(slug)-\(count)"
  }

  /// Code can be reached by keyboard, as it may have to be scrolled.
  private mutating func code() {
    lines.removeFirst()
    let code = lines.prefix { !$0.hasPrefix("```") }
    lines = lines.dropFirst(code.count + 1)
    html += "<pre tabindex=\"0\"><code>\(Self.escaped(code.joined(separator: "\n")))</code></pre>\n"
  }

  private mutating func list(isOrdered: Bool) {
    var items: [String] = []
    while let line = lines.first, let marker = Self.marker(line), marker.isOrdered == isOrdered {
      let more = take { $0.hasPrefix("  ") }.dropFirst().map { $0.drop(while: \.isWhitespace) }
      items.append(item(([marker.text] + more).joined(separator: "\n")))
    }
    let name = isOrdered ? "ol" : "ul"
    html += "<\(name)>\n\(items.joined())</\(name)>\n"
  }

  /// A box that is ticked says what was done, and is not to be changed; an empty one can be ticked by who reads.
  private func item(_ text: String) -> String {
    for (sign, state) in [("[ ] ", ""), ("[x] ", " checked disabled")] where text.hasPrefix(sign) {
      let words = MarkdownInline.html(text.dropFirst(sign.count))
      return "<li class=\"box\"><label><input type=\"checkbox\"\(state)> <span>\(words)</span></label></li>\n"
    }
    return "<li>\(MarkdownInline.html(text))</li>\n"
  }

  /// Where the first word of the header is missing the first column names the rows; a header without any word is left out.
  private mutating func table(_ rows: [Substring]) {
    let cells = rows.map(Self.cells)
    let isRule = { (line: Substring) in line.allSatisfy { "|-: ".contains($0) } }
    let hasHeader = rows.count > 1 && isRule(rows[1])
    let namesRows = hasHeader && cells[0].first?.isEmpty == true
    html += "<div class=\"table\"><table>\n"
    if hasHeader, !cells[0].allSatisfy(\.isEmpty) {
      let header = cells[0].map { $0.isEmpty ? "<td></td>" : Self.cell($0, "col") }
      html += "<thead>\n<tr>\(header.joined())</tr>\n</thead>\n"
    }
    html += "<tbody>\n"
    for row in cells.dropFirst(hasHeader ? 2 : 0) {
      let words = row.enumerated().map { Self.cell($1, namesRows && $0 == 0 ? "row" : nil) }
      html += "<tr>\(words.joined())</tr>\n"
    }
    html += "</tbody>\n</table></div>\n"
  }

  /// A cell; with a scope it names what is in its row or column.
  private static func cell(_ text: String, _ scope: String?) -> String {
    let words = MarkdownInline.html(text)
    return scope.map { "<th scope=\"\($0)\">\(words)</th>" } ?? "<td>\(words)</td>"
  }

  /// The cells of a row; `\|` is a bar within one.
  private static func cells(_ line: Substring) -> [String] {
    var cells: [String] = [""]
    var isEscaped = false
    for character in line.dropFirst() {
      if character == "|", !isEscaped {
        cells.append("")
      } else {
        cells[cells.count - 1].append(character)
      }
      isEscaped = character == "\\" && !isEscaped
    }
    if line.last == "|", cells.last?.isEmpty == true { cells.removeLast() }
    return cells.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
