/// Texts of people, made such that Markdown takes nothing in them for its own.
enum MarkdownText {
  private static let marks: Set<Character> = ["\\", "`", "*", "_", "[", "]", "<", ">", "#", "|", "~", "&", "!"]

  /// The text as prose: one line, with every mark escaped.
  static func prose(_ text: String) -> String {
    var escaped = ""
    for character in oneLine(text) {
      if marks.contains(character) { escaped.append("\\") }
      escaped.append(character)
    }
    return escaped
  }

  /// The text as it is within code: one line, without what would end it.
  static func code(_ text: String) -> String { oneLine(text).filter { $0 != "`" } }

  /// The text without the gaps that sections leave which are not there. Code stays as it is. Lines of a template may
  /// end as on Windows; these end alike.
  static func tidied(_ text: String) -> String {
    var lines: [Substring] = []
    var isCode = false
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      if line.hasPrefix("```") { isCode.toggle() }
      let isGap = !isCode && line.allSatisfy(\.isWhitespace)
      if !isGap || lines.last?.isEmpty == false { lines.append(isGap ? "" : line) }
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 32 } ? " " : $0 })
  }
}
