import Events
import Foundation
public import Model

/// Something to be told to the destinations of an operator, of a project, or of both; or to those of the service body.
///
/// It holds what both may know: no place, quota or name of a person, whatever is known of them here.
public struct WebhookNote: Sendable, Hashable {
  /// What it is about, by identifiers.
  public struct Subject: Codable, Sendable, Hashable {
    /// What kind of thing.
    public var kind: String
    /// Its identifier.
    public var id: String
    /// The project.
    public var project: String?
    /// The environment.
    public var environment: String?
    /// The operator that is told, or is concerned.
    public var `operator`: String?
    /// How it stands.
    public var state: String?
    /// Until when something is to happen.
    public var dueAt: String?

    /// A subject.
    public init(
      kind: String, id: String, project: String? = nil, environment: String? = nil, operator: String? = nil,
      state: String? = nil, dueAt: String? = nil
    ) {
      self.kind = kind
      self.id = id
      self.project = project
      self.environment = environment
      self.operator = `operator`
      self.state = state
      self.dueAt = dueAt
    }
  }

  /// What has happened.
  public var event: WebhookEvent
  /// The operator whose destinations are told.
  public var `operator`: String?
  /// The project whose destinations are told.
  public var project: String?
  /// Whether the destinations of the service body are told.
  public var isForServiceBody: Bool
  /// The sentence for people.
  public var text: LocalizedText
  /// What it is about.
  public var subject: Subject

  /// A note.
  public init(
    _ event: WebhookEvent, operator: String? = nil, project: String? = nil, isForServiceBody: Bool = false,
    text: LocalizedText, subject: Subject
  ) {
    self.event = event
    self.operator = `operator`
    self.project = project
    self.isForServiceBody = isForServiceBody
    self.text = text
    self.subject = subject
  }

  /// The body of a delivery: what Mattermost's incoming webhooks take (`text`, in Markdown), and for programs the same by
  /// identifiers. French comes first.
  public func body(at moment: String) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let lines = ["**Régie** — \(text.fr)"] + (text.en.map { ["*\($0)*"] } ?? [])
    return Array(
      try encoder.encode(
        Body(text: lines.joined(separator: "\n"), event: event.rawValue, at: moment, subject: subject)))
  }

  private struct Body: Encodable {
    var text: String
    var event: String
    var at: String
    var subject: Subject
  }

  /// Words of others inside Markdown: nothing of them is a link, a mention or an end of the line.
  static func plain(_ text: String) -> String {
    var plain = ""
    for character in text.prefix(300) {
      switch character {
      case "\n", "\r", "\r\n", "\t": plain.append(" ")
      case "*", "_", "`", "[", "]", "<", ">", "\\", "~", "|", "#", "!": plain.append("\\\(character)")
      // A mention would call people, whoever wrote it.
      case "@": plain.append("@\u{200B}")
      default: plain.append(character)
      }
    }
    return plain
  }
}
