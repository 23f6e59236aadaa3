import Foundation

/// Looks at every tag of a template: whether its name is known where it stands, and used for what it is.
struct TemplateCheck {
  let name: RunbookTemplateName
  private(set) var problems: [RunbookTemplateProblem] = []
  private var line = 1
  /// The sections around, with what is known in each.
  private var sections: [(name: String, known: [String: RunbookPlaceholder])] = []
  private let known: [String: RunbookPlaceholder]
  private var used: Set<String> = []

  init(_ name: RunbookTemplateName, _ text: String) {
    self.name = name
    known = RunbookPlaceholder.known(in: RunbookPlaceholder.scopes(of: name.part))
    read(text)
    guard problems.isEmpty else { return }
    for required in name.required where !used.contains(required) {
      report(.missing, required, accepted: [], at: nil)
    }
  }

  private mutating func read(_ text: String) {
    var rest = text[...]
    while let start = rest.range(of: "{{") {
      line += rest[..<start.lowerBound].count(where: \.isNewline)
      rest = rest[start.upperBound...]
      let isTriple = rest.first == "{"
      guard let end = rest.range(of: isTriple ? "}}}" : "}}") else { return report(.unbalanced, nil) }
      let tag = rest[..<end.lowerBound].dropFirst(isTriple ? 1 : 0)
      judge(isTriple ? "&" + tag : String(tag))
      line += tag.count(where: \.isNewline)
      rest = rest[end.upperBound...]
    }
    if let open = sections.last { report(.unbalanced, open.name, accepted: ["{{/\(open.name)}}"]) }
  }

  private mutating func judge(_ tag: String) {
    let mark = tag.first.map { "#^/&!<>$%=".contains($0) ? String($0) : "" } ?? ""
    let word = tag.dropFirst(mark.count).trimmingCharacters(in: .whitespaces)
    switch mark {
    case "!": return
    case "", "&": use(word) { $0.isValue ? nil : .notAValue }
    case "#", "^":
      let placeholder = use(word) { $0.isSection ? nil : .notASection }
      // What is not there has nothing within.
      let opened = mark == "#" ? RunbookPlaceholder.known(in: placeholder?.opens ?? []) : [:]
      sections.append((word, knownHere.merging(opened) { $1 }))
    case "/":
      guard let open = sections.popLast(), open.name == word else {
        return report(.unbalanced, "/" + word, accepted: [])
      }
    default: report(.notAllowed, tag, accepted: ["{{name}}", "{{#name}}", "{{^name}}", "{{/name}}", "{{! … }}"])
    }
  }

  private var knownHere: [String: RunbookPlaceholder] { sections.last?.known ?? known }

  @discardableResult
  private mutating func use(
    _ word: String, _ fault: (RunbookPlaceholder.Form) -> RunbookTemplateProblem.Code?
  ) -> RunbookPlaceholder? {
    guard let placeholder = knownHere[word] else {
      let names = knownHere.values.filter { fault($0.form) == nil }.map(\.name).sorted()
      report(.unknownPlaceholder, word, accepted: names)
      return nil
    }
    used.insert(word)
    if let code = fault(placeholder.form) {
      report(code, word, accepted: [code == .notAValue ? "{{#\(word)}}…{{/\(word)}}" : "{{\(word)}}"])
    }
    return placeholder
  }

  private mutating func report(
    _ code: RunbookTemplateProblem.Code, _ placeholder: String?, accepted: [String] = []
  ) {
    report(code, placeholder, accepted: accepted, at: line)
  }

  private mutating func report(
    _ code: RunbookTemplateProblem.Code, _ placeholder: String?, accepted: [String], at line: Int?
  ) {
    problems.append(
      RunbookTemplateProblem(
        code: code, template: name.fileName, line: line, placeholder: placeholder, accepted: accepted))
  }
}
