/// Which template: its file's name is `PART.LANGUAGE.md`, of the page `page.LANGUAGE.html`.
public struct RunbookTemplateName: Sendable, Hashable {
  /// What a template makes.
  public enum Part: Sendable, Hashable {
    /// The runbook of any party.
    case runbook
    /// The guide of a project's team.
    case guide
    /// The page around both, where they are to be HTML.
    case page
    /// The text of a task, which runbook and guide put in.
    case task(MigrationTask.Kind)

    /// All of them, in the order in which they are shown.
    static let all: [Part] = [.runbook, .guide, .page] + MigrationTask.Kind.allCases.map { .task($0) }

    /// As in the file's name.
    var text: String {
      switch self {
      case .runbook: "runbook"
      case .guide: "guide"
      case .page: "page"
      case .task(let kind): kind.rawValue
      }
    }
  }

  /// What it makes.
  public var part: Part
  /// The language it is in.
  public var language: RunbookLanguage

  /// A name.
  public init(_ part: Part, _ language: RunbookLanguage) {
    self.part = part
    self.language = language
  }

  /// Every template there is.
  public static let all: [RunbookTemplateName] = Part.all.flatMap { part in
    RunbookLanguage.allCases.map { RunbookTemplateName(part, $0) }
  }

  /// The name of its file, by which it is overridden.
  public var fileName: String { "\(part.text).\(language.rawValue).\(part == .page ? "html" : "md")" }

  /// What every template of the part has to use: without it a runbook would lack what it is for.
  public var required: [String] {
    switch part {
    case .runbook: ["waves", "moves", "tasks", "taskText", "rollbackCommand"]
    case .guide: ["waves", "moves", "rollbackCommand"]
    case .page: ["title", "body"]
    case .task: ["doneCommand"]
    }
  }
}
