/// Writes runbooks and guides.
public struct RunbookWriter: Sendable {
  private let templates: RunbookTemplates

  /// A writer that uses these templates.
  public init(_ templates: RunbookTemplates) { self.templates = templates }

  /// What a party does, in order: the living version where the facts have states, else the blank one.
  public func runbook(
    _ facts: RunbookFacts, for reader: RunbookReader, in language: RunbookLanguage, as format: RunbookFormat
  ) -> Runbook {
    write(.runbook, facts, reader, language, format)
  }

  /// What a project's team should know before it begins: what becomes otherwise, and what that means for what it uses.
  public func guide(
    _ facts: RunbookFacts, project: String, in language: RunbookLanguage, as format: RunbookFormat
  ) -> Runbook {
    write(.guide, facts, .projectTeam(project), language, format)
  }

  private func write(
    _ part: RunbookTemplateName.Part, _ facts: RunbookFacts, _ reader: RunbookReader, _ language: RunbookLanguage,
    _ format: RunbookFormat
  ) -> Runbook {
    let scene = RunbookScene(facts.asRead(by: reader), reader, language, templates)
    let markdown = MarkdownText.tidied(templates.render(RunbookTemplateName(part, language), scene.document))
    let name = [reader.name, reader.party.rawValue, part.text, language.rawValue, format.rawValue]
    var runbook = Runbook(
      fileName: name.compactMap(\.self).joined(separator: "."), language: language, format: format, text: markdown)
    if format == .html {
      let page = MarkdownPage(markdown)
      runbook.text = templates.render(
        RunbookTemplateName(.page, language), ["title": page.title, "body": page.html])
    }
    return runbook
  }
}
