import Contract
import HTTPTypes
import Model
import Policy

/// What a person should know of something that is accepted all the same, as `Warning` headers: as Kubernetes tells it.
struct Warnings {
  /// So many are told one by one; of more the number is told.
  private static let most = 20

  private let texts: [String]

  init(_ problems: [FieldProblem], _ findings: [Finding], _ language: Language) {
    texts =
      problems.map { language.say($0.descriptionFR, $0.description) } + findings.map { $0.text(language) }
  }

  /// Adds a header for each.
  func add(to headers: inout HTTPFields, _ language: Language) {
    for text in texts.prefix(Self.most) { headers.append(HTTPField(name: .warning, value: Self.value(text))) }
    let left = texts.count - Self.most
    guard left > 0 else { return }
    let others = Counted.fr(left, "autre", "autres")
    let more = language.say("et \(others) : regie policy lint", "and \(left) more: regie policy lint")
    headers.append(HTTPField(name: .warning, value: Self.value(more)))
  }

  /// `299 - "text"` (RFC 7234): a text of one line, in quotes.
  private static func value(_ text: String) -> String {
    let line = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
    let quoted = line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "299 - \"\(quoted)\""
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
