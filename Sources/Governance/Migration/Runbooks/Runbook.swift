/// A text for a party, ready to be printed, stored or sent.
public struct Runbook: Sendable, Hashable {
  /// A name for a file, such as `ccaf.projectTeam.runbook.fr.md`.
  public var fileName: String
  /// The language it is in.
  public var language: RunbookLanguage
  /// The form it is in.
  public var format: RunbookFormat
  /// The text.
  public var text: String
}

/// Languages that runbooks are written in.
public enum RunbookLanguage: String, Sendable, CaseIterable {
  case fr
  case en
}

/// Forms that runbooks are written in.
public enum RunbookFormat: String, Sendable, CaseIterable {
  /// Markdown with check lists, as code forges read it.
  case markdown = "md"
  /// One page that needs nothing else, to be read and printed.
  case html

  /// Its media type.
  public var mediaType: String {
    switch self {
    case .markdown: "text/markdown; charset=utf-8"
    case .html: "text/html; charset=utf-8"
    }
  }
}
