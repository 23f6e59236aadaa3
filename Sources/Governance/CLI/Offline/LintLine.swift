import Contract
import Model
import Policy

/// One finding with its place, as it is printed: for people, editors and machines.
struct LintLine: Codable, Hashable {
  var file: String
  var line: Int?
  var column: Int?
  var severity: Finding.Severity
  var code: FindingCode
  var kind: Finding.Kind
  /// Where in the resource.
  var path: String
  var message: LocalizedText

  init(_ problem: FieldProblem, in file: String) {
    self.file = file
    (line, column) = (problem.line, problem.column)
    severity = problem.severity == .error ? .error : .warning
    (code, kind) = (.invalidDocument, .textual)
    path = problem.path
    var bare = problem
    (bare.line, bare.column) = (nil, nil)
    message = LocalizedText(fr: bare.descriptionFR, en: bare.description)
  }

  init(_ finding: Finding, in file: String) {
    self.file = file
    (line, column) = (finding.line, finding.column)
    (severity, code, kind) = (finding.severity, finding.code, finding.kind)
    path = finding.path
    message = finding.message
  }

  /// `FILE:LINE:COLUMN: error: …`, as compilers write it.
  func text(_ language: Language) -> String {
    let place = [file] + [line, column].compactMap { $0.map(String.init) }
    let isOffer = kind == .onPresentOffer
    let origin =
      language == .fr ? (isOffer ? "offre actuelle" : "texte") : (isOffer ? "present offer" : "text")
    return
      "\(place.joined(separator: ":")): \(severity.rawValue): \(message.text(language)) [\(code.rawValue), \(origin)]"
  }
}

extension LocalizedText {
  /// The text in a language; French where there is no English.
  func text(_ language: Language) -> String { language == .en ? en ?? fr : fr }
}
