import Contract
import HTTPTypes
import Model
import Policy

/// What a person should know of something that is accepted all the same, as `Warning` headers: as Kubernetes tells it.
struct Warnings {
  /// So many are told one by one; of more the number is told.
  private static let most = 20
  /// So many bytes of headers are told, at the most. Many a proxy takes no more than 4 KiB of an answer's head, and says 502
  /// for a longer one: of what is written by then.
  private static let mostBytes = 3072
  /// Of one so many scalars are told, so that one alone does not take all of the room.
  private static let longest = 500

  private let texts: [String]

  init(_ problems: [FieldProblem], _ findings: [Finding], _ language: Language) {
    texts =
      problems.map { language.say($0.descriptionFR, $0.description) } + findings.map { $0.text(language) }
  }

  /// Adds a header for each, as far as there is room.
  func add(to headers: inout HTTPFields, _ language: Language) {
    var told = 0
    var room = Self.mostBytes
    for text in texts.prefix(Self.most) {
      let field = HTTPField(name: .warning, value: Self.value(text))
      // With ": " and the end of the line.
      room -= field.name.rawName.utf8.count + field.value.utf8.count + 4
      guard room >= 0 else { break }
      headers.append(field)
      told += 1
    }
    let left = texts.count - told
    guard left > 0 else { return }
    let others = Counted.fr(left, "autre", "autres")
    let more = language.say("et \(others) : regie policy lint", "and \(left) more: regie policy lint")
    headers.append(HTTPField(name: .warning, value: Self.value(more)))
  }

  /// `299 - "text"` (RFC 7234): a text of one line, in quotes. What is to be escaped is looked for among the scalars: a quote
  /// that bears an accent is another character, and would end the text all the same.
  private static func value(_ text: String) -> String {
    let line = String(cut(text).map { $0.isNewline || $0 == "\t" ? " " : $0 })
    var quoted = String.UnicodeScalarView()
    for scalar in line.unicodeScalars {
      if scalar == "\\" || scalar == "\"" { quoted.append("\\") }
      quoted.append(scalar)
    }
    return "299 - \"\(String(quoted))\""
  }

  private static func cut(_ text: String) -> String {
    let scalars = text.unicodeScalars
    return scalars.count > longest ? String(scalars.prefix(longest - 1)) + "…" : text
  }
}

extension Finding {
  /// Where, what and which code.
  func text(_ language: Language) -> String {
    "\(path): \(language.say(message.fr, message.en ?? message.fr)) [\(code.rawValue)]"
  }

  /// As the field at fault.
  var problem: FieldProblem {
    FieldProblem(
      path: path, message: "\(message.en ?? message.fr) [\(code.rawValue)]",
      messageFR: "\(message.fr) [\(code.rawValue)]")
  }
}

extension PolicyFinding {
  /// A finding in one language.
  init(_ finding: Finding, _ language: Language) {
    self.init(
      code: finding.code.rawValue, severity: finding.severity == .error ? .error : .warning,
      basis: finding.kind == .textual ? .text : .presentOffer, path: finding.path,
      message: language.say(finding.message.fr, finding.message.en ?? finding.message.fr))
  }
}

extension HTTPField.Name {
  static let warning = required("Warning")
}
