import Foundation

/// What stands within a line: code, strong words, links and escaped marks.
struct MarkdownInline {
  private var html = ""
  private var rest: Substring
  private var isStrong = false

  /// The text as HTML.
  static func html(_ text: some StringProtocol) -> String {
    let text = String(text)
    var inline = MarkdownInline(rest: text[...])
    while let character = inline.rest.first { inline.read(character) }
    if inline.isStrong { inline.html += "</strong>" }
    return inline.html
  }

  private init(rest: Substring) { self.rest = rest }

  private mutating func read(_ character: Character) {
    switch character {
    case "\\":
      rest.removeFirst()
      // Before anything else than a mark it is itself.
      if let mark = rest.first, mark.isASCII, mark.isPunctuation || mark.isSymbol {
        html += MarkdownPage.escaped(String(mark))
        rest.removeFirst()
      } else {
        html += "\\"
      }
    case "`": code()
    case "*" where rest.hasPrefix("**"):
      rest = rest.dropFirst(2)
      isStrong.toggle()
      html += isStrong ? "<strong>" : "</strong>"
    case "[": link()
    default:
      html += MarkdownPage.escaped(String(character))
      rest.removeFirst()
    }
  }

  private mutating func code() {
    let inner = rest.dropFirst()
    guard let end = inner.firstIndex(of: "`") else {
      html += "`"
      rest = inner
      return
    }
    html += "<code>\(MarkdownPage.escaped(inner[..<end]))</code>"
    rest = inner[inner.index(after: end)...]
  }

  /// Only addresses that lead to a page, a mailbox or a place of this one; any other is text.
  private mutating func link() {
    guard let match = rest.prefixMatch(of: /\[([^\]\[\\]+)\]\((https?:\/\/[^\s()]+|mailto:[^\s()]+|#[^\s()]+)\)/) else {
      html += "["
      rest.removeFirst()
      return
    }
    html += "<a href=\"\(MarkdownPage.escaped(match.2))\">\(MarkdownPage.escaped(match.1))</a>"
    rest = rest[match.range.upperBound...]
  }
}
