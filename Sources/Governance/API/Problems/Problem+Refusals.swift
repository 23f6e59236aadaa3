import Contract
import Model

/// What the routes refuse by themselves.
extension Problem {
  /// The document can not be understood; `problems` says where.
  static func malformed(_ problems: [FieldProblem], _ language: Language) -> Problem {
    Problem(
      status: 400, .malformed, title: language.say("Document refusé", "Document refused"),
      detail: problems.first.map { language.say($0.descriptionFR, $0.description) } ?? "", errors: problems)
  }

  /// The resource is understood, and wrong by itself.
  static func invalid(_ problems: [FieldProblem], _ language: Language) -> Problem {
    Problem(
      status: 422, .invalid, title: language.say("Ressource refusée", "Resource refused"),
      detail: problems.first.map { language.say($0.descriptionFR, $0.description) } ?? "", errors: problems)
  }

  /// A query parameter, header or part of the address that is not of the form wanted. What was found is cut at 80
  /// characters, as it is for fields.
  static func badParameter(_ name: String, found: String, accepted: String, _ language: Language) -> Problem {
    let found = found.count > 80 ? found.prefix(79) + "…" : found
    return Problem(
      status: 400, .badParameter, title: language.say("Paramètre refusé", "Bad parameter"),
      detail: language.say(
        "\(name)=\(found) n’est pas accepté ; le serait : \(accepted)",
        "\(name)=\(found) is not accepted; would be: \(accepted)"))
  }

  /// What is read is not at a version that `If-Match` names.
  static func versionMismatch(present: String, _ language: Language) -> Problem {
    Problem(
      status: 412, .versionMismatch, title: language.say("Version dépassée", "Version mismatch"),
      detail: language.say(
        "la ressource est à la version \(present)", "the resource is at version \(present)"))
  }

  /// What is written over, or spoken of, has to be named.
  ///
  /// - Parameter orAny: whether `*` will do.
  static func preconditionRequired(_ language: Language, orAny: Bool = true) -> Problem {
    Problem(
      status: 428, .preconditionRequired, title: language.say("Version à nommer", "Version wanted"),
      detail: language.say(
        "If-Match est exigé : l’ETag de ce qui a été lu\(orAny ? ", ou *" : "")",
        "If-Match is wanted: the ETag of what was read\(orAny ? ", or *" : "")"))
  }

  static func notFound(_ fr: String, _ en: String, _ language: Language) -> Problem {
    Problem(
      status: 404, .notFound, title: language.say("Introuvable", "Not found"), detail: language.say(fr, en))
  }
}

extension Language {
  /// The text in this language.
  func say(_ fr: String, _ en: String) -> String { self == .fr ? fr : en }
}
