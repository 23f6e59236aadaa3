import Foundation
import Mustache

/// The templates that runbooks are written with: those of the house, and an operator's own in the place of some.
public struct RunbookTemplates: Sendable {
  private let templates: [RunbookTemplateName: MustacheTemplate]
  /// How the service body is reached, whatever the templates say; nil where nobody has said so.
  public var serviceContact: String?

  /// Templates of the house, but for `overrides`: texts by the names of their files.
  ///
  /// Every tag of every template is looked at: a name that is not known where it stands is refused, here and not when
  /// something is written with it.
  ///
  /// - Throws: ``RunbookTemplateError`` with everything that is wrong.
  public init(overrides: [String: String]) throws(RunbookTemplateError) {
    let known = Set(RunbookTemplateName.all.map(\.fileName))
    var problems = overrides.keys.filter { !known.contains($0) }.sorted().map {
      RunbookTemplateProblem(
        code: .unknownTemplate, template: $0, line: nil, placeholder: nil, accepted: known.sorted())
    }
    var templates: [RunbookTemplateName: MustacheTemplate] = [:]
    for name in RunbookTemplateName.all {
      let text = overrides[name.fileName] ?? Self.standard(name)
      problems += TemplateCheck(name, text).problems
      // The check knows every fault that the parser knows, of all that it lets pass.
      templates[name] = try? MustacheTemplate(string: Self.head + text)
    }
    guard problems.isEmpty else { throw RunbookTemplateError(problems: problems) }
    self.templates = templates
  }

  /// The house's own, none of which is wrong: a test checks every tag of them.
  public static let house = RunbookTemplates()

  private init() {
    templates = Dictionary(
      RunbookTemplateName.all.compactMap { name in
        (try? MustacheTemplate(string: Self.head + Self.standard(name))).map { (name, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The house's own text of a template, to begin an override with.
  public static func standard(_ name: RunbookTemplateName) -> String {
    String(decoding: EmbeddedTemplates.bytes(of: name), as: UTF8.self)
  }

  func render(_ name: RunbookTemplateName, _ values: [String: Any]) -> String {
    templates[name]?.render(values) ?? ""
  }

  /// Values come escaped for what is written, so that no template can forget to.
  private static let head = "{{% CONTENT_TYPE:TEXT}}\n"
}
