import Migration
import Model

/// What templates are, what they may put in, and the words that people read for a program's.
enum RunbookTables {
  static func templates() -> String {
    let parts = RunbookTemplateName.all.filter { $0.language == .fr }
    return GeneratedTable.text(
      ["template", "has to use", "makes"],
      parts.map { name in
        let files = RunbookLanguage.allCases.map { "`\(RunbookTemplateName(name.part, $0).fileName)`" }
        return [
          files.joined(separator: ", "), name.required.map { "`\($0)`" }.joined(separator: ", "), made(name.part),
        ]
      })
  }

  private static func made(_ part: RunbookTemplateName.Part) -> String {
    switch part {
    case .runbook: "the runbook of any party, with sections for each"
    case .guide: "the guide of a team"
    case .page: "the page around both, where they are HTML"
    case .task(let kind): "the text of the task: \(kind.title.en ?? "")"
    }
  }

  static func placeholders() -> String {
    GeneratedTable.text(
      ["placeholder", "known", "is", "français", "English"],
      RunbookPlaceholder.all.map { placeholder in
        [
          "`\(placeholder.name)`", known(placeholder.scope), placeholder.form.rawValue, placeholder.meaning.fr,
          placeholder.meaning.en ?? "",
        ]
      })
  }

  private static func known(_ scope: RunbookPlaceholder.Scope) -> String {
    switch scope {
    case .document: "everywhere but in the page"
    case .page: "in the page"
    case .wave: "in `waves`"
    case .move: "in `moves`, in texts of tasks"
    case .task: "in `tasks`, in texts of tasks"
    case .listedTask: "in `tasks`"
    case .contact: "in `contacts`"
    case .service: "in `services`"
    case .interconnection: "in `interconnections`"
    case .flow: "in `flows`"
    case .approval: "in `approvals`"
    case .obstacle: "in `obstacles`"
    case .awaited: "in `awaited`"
    case .otherTask: "in `otherTasks`"
    case .blocked: "in `blocked`"
    }
  }

  static func words() -> String {
    func row(_ sort: String, _ name: String, _ title: LocalizedText, _ sentence: LocalizedText) -> [String] {
      [sort, "`\(name)`", title.fr, title.en ?? "", sentence.fr]
    }
    let steps = MigrationStep.allCases.map { row("step", $0.rawValue, $0.title, $0.sentence) }
    let tasks = MigrationTask.Kind.allCases.map { row("task", $0.rawValue, $0.title, $0.sentence) }
    return GeneratedTable.text(["of a", "name", "français", "English", "en toutes lettres"], steps + tasks)
  }
}
