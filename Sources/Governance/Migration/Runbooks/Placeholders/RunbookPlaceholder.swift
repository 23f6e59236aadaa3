public import Model

/// A name that templates may use in double braces.
public struct RunbookPlaceholder: Sendable, Hashable {
  /// What stands behind a name.
  public enum Form: String, Sendable, CaseIterable {
    /// Words, already escaped for what is written.
    case text
    /// Words that may be missing: `{{#name}}…{{/name}}` is there only where they are.
    case optionalText
    /// What belongs into code: a command, an identifier.
    case code
    /// Something that is already written, and is put in as it is.
    case written
    /// Yes or no: `{{#name}}…{{/name}}` or `{{^name}}…{{/name}}`.
    case flag
    /// A section that is there once for each: `{{#name}}…{{/name}}`; what it has names for is in its own scope.
    case list

    /// Whether it is put in: `{{name}}`.
    var isValue: Bool { self != .flag && self != .list }
    /// Whether it may open a section.
    var isSection: Bool { self == .flag || self == .list || self == .optionalText }
  }

  /// Where names are known. Within a section of a list those around it are known, too.
  public enum Scope: String, Sendable, CaseIterable {
    /// Everywhere but in the page.
    case document
    /// Within `contacts`.
    case contact
    /// Within `waves`.
    case wave
    /// Within `moves`, and in the texts of tasks.
    case move
    /// Within `services`.
    case service
    /// Within `interconnections`.
    case interconnection
    /// Within `flows`.
    case flow
    /// Within `approvals`.
    case approval
    /// Within `obstacles`.
    case obstacle
    /// Within `awaited`.
    case awaited
    /// Within `tasks`, and in the texts of tasks.
    case task
    /// Within `tasks` alone.
    case listedTask
    /// Within `otherTasks`.
    case otherTask
    /// Within `blocked`.
    case blocked
    /// In the page.
    case page
  }

  /// The name.
  public let name: String
  /// Where it is known.
  public let scope: Scope
  /// What stands behind it.
  public let form: Form
  /// What it means.
  public let meaning: LocalizedText
  /// The scopes that its section opens.
  let opens: [Scope]

  init(_ name: String, _ scope: Scope, _ form: Form, _ fr: String, _ en: String, opens: [Scope] = []) {
    self.name = name
    self.scope = scope
    self.form = form
    self.meaning = LocalizedText(fr: fr, en: en)
    self.opens = opens
  }

  /// The scopes that a part's templates begin in.
  static func scopes(of part: RunbookTemplateName.Part) -> [Scope] {
    switch part {
    case .runbook, .guide: [.document]
    case .page: [.page]
    case .task: [.document, .move, .task]
    }
  }

  /// The names that are known in some scopes, by name.
  static func known(in scopes: [Scope]) -> [String: RunbookPlaceholder] {
    guard !scopes.isEmpty else { return [:] }
    let known = all.filter { scopes.contains($0.scope) }
    return Dictionary(known.map { ($0.name, $0) }) { first, _ in first }
  }
}
