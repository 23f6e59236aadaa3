public import Model

/// What is wrong with templates that somebody has written. Nothing is written with any of them.
public struct RunbookTemplateError: Error, Sendable, Hashable {
  /// Everything that was found, by template and line; never empty.
  public let problems: [RunbookTemplateProblem]
}

/// One thing that is wrong with a template.
public struct RunbookTemplateProblem: Sendable, Hashable {
  /// The kind of fault.
  public enum Code: String, Sendable, CaseIterable {
    /// There is no template of the name.
    case unknownTemplate
    /// A section is not closed or closed twice, or braces are left open.
    case unbalanced
    /// There is no such placeholder at this place.
    case unknownPlaceholder
    /// It is a section, and can not be put in.
    case notAValue
    /// It is a value, and opens no section.
    case notASection
    /// A sort of tag that templates may not have.
    case notAllowed
    /// Something that has to be used is not.
    case missing
  }

  /// The kind of fault.
  public let code: Code
  /// The template's file.
  public let template: String
  /// The line, from 1; nil where the whole template is meant.
  public let line: Int?
  /// The placeholder or the tag at fault; nil where it is none.
  public let placeholder: String?
  /// What would be accepted.
  public let accepted: [String]

  /// What is wrong, and what would be accepted.
  public var sentence: LocalizedText {
    let at = line.map { "\(template):\($0)" } ?? template
    let name = placeholder.map { "{{\($0)}}" } ?? ""
    let (fr, en) = fault(name)
    let list = accepted.joined(separator: ", ")
    guard !list.isEmpty else { return LocalizedText(fr: "\(at) : \(fr).", en: "\(at): \(en).") }
    return LocalizedText(fr: "\(at) : \(fr). Accepté : \(list).", en: "\(at): \(en). Accepted: \(list).")
  }

  private func fault(_ name: String) -> (fr: String, en: String) {
    switch code {
    case .unknownTemplate: ("il n’y a pas de modèle de ce nom", "there is no template of this name")
    case .unbalanced: ("une section ou une accolade n’est pas fermée", "a section or a brace is not closed")
    case .unknownPlaceholder: ("\(name) n’existe pas ici", "there is no \(name) here")
    case .notAValue: ("\(name) est une section", "\(name) is a section")
    case .notASection: ("\(name) n’ouvre pas de section", "\(name) opens no section")
    case .notAllowed: ("\(name) n’est pas une balise admise", "\(name) is no tag that is allowed")
    case .missing: ("il manque \(name)", "\(name) is missing")
    }
  }
}
