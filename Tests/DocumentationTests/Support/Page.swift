import Foundation

/// A page of Markdown, as far as the tests look at it.
struct Page: CustomStringConvertible, Sendable {
  /// A fenced block.
  struct Block: Sendable {
    /// What stands behind the opening fence.
    var language: String
    /// The line of the opening fence, from 1.
    var line: Int
    /// The line of the closing fence.
    var end: Int
    var text: String
  }

  /// The path from the project's folder.
  let path: String
  let lines: [String]
  /// In the order of the page.
  let blocks: [Block]
  /// The lines outside of blocks, with their numbers.
  let prose: [(number: Int, text: String)]

  var description: String { path }

  init(_ path: String) throws {
    self.init(path, text: try Repository.text(path))
  }

  init(_ path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var blocks: [Block] = []
    var prose: [(Int, String)] = []
    var open: Block?
    for (index, line) in lines.enumerated() {
      if var block = open {
        if line.hasPrefix("```") {
          block.end = index + 1
          blocks.append(block)
          open = nil
        } else {
          block.text += line + "\n"
          open = block
        }
      } else if line.hasPrefix("```") {
        open = Block(language: String(line.dropFirst(3)), line: index + 1, end: index + 1, text: "")
      } else {
        prose.append((index + 1, line))
      }
    }
    self.blocks = blocks
    self.prose = prose
  }

  /// The targets of links, with their lines.
  var links: [(line: Int, target: String)] {
    prose.flatMap { line in
      line.text.replacing(/`[^`]*`/, with: "").matches(of: /\]\(([^)\s]+)\)/).map { (line.number, String($0.1)) }
    }
  }

  /// The texts between backquotes, with their lines.
  var codeSpans: [(line: Int, text: String)] {
    prose.flatMap { line in line.text.matches(of: /`([^`]+)`/).map { (line.number, String($0.1)) } }
  }

  /// The anchors of the headings, made as GitHub makes them.
  var anchors: Set<String> {
    var seen: [String: Int] = [:]
    var anchors: Set<String> = []
    for line in prose {
      guard let heading = line.text.firstMatch(of: /^#{1,6} +(.*)$/)?.1 else { continue }
      let title = heading.replacing(/\[([^\]]*)\]\([^)]*\)/) { $0.1 }.lowercased()
      let kept = title.filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
      let slug = kept.replacing(" ", with: "-")
      let count = seen[slug, default: 0]
      anchors.insert(count == 0 ? slug : "\(slug)-\(count)")
      seen[slug] = count + 1
    }
    return anchors
  }

  /// The rows of the first table under a heading, without its header.
  func table(under heading: String) -> [[String]] {
    let start = prose.firstIndex { $0.text.hasPrefix("#") && $0.text.hasSuffix(" " + heading) }
    let after = prose[(start.map { $0 + 1 } ?? prose.endIndex)...].drop { !$0.text.hasPrefix("|") }
    return Self.rows(after.prefix { $0.text.hasPrefix("|") }.map(\.text))
  }

  /// The cells of the rows of a table, without header and rule; `\|` is a bar within a cell.
  static func rows(_ table: [String]) -> [[String]] {
    table.filter { $0.hasPrefix("|") }.dropFirst(2).map { line in
      line.replacing("\\|", with: "\u{1}").split(separator: "|", omittingEmptySubsequences: false)
        .dropFirst().dropLast()
        .map { $0.replacing("\u{1}", with: "|").trimmingCharacters(in: .whitespaces) }
    }
  }
}
