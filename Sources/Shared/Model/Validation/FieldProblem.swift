/// Something wrong with a field: where, what was found, and what would be accepted.
public struct FieldProblem: Codable, Sendable, Hashable {
  /// Whether the resource is refused.
  public enum Severity: String, Codable, Sendable, CaseIterable {
    /// The resource is refused.
    case error
    /// The resource is taken; a person should know.
    case warning
  }

  /// Where: `spec.zones[1].slug`. Empty for the whole document.
  public var path: String
  /// What is wrong, in French.
  public var messageFR: String
  /// What is wrong, in English.
  public var message: String
  /// What was found, cut at 80 characters.
  public var value: String?
  /// What would be accepted, cut at 2000 characters.
  public var accepted: String?
  /// Whether the resource is refused.
  public var severity: Severity
  /// The resource at fault, `Cluster/idf-1`, where several were looked at.
  public var resource: String?
  /// The line in the text, from 1, where known.
  public var line: Int?
  /// The column in the line, from 1, where known.
  public var column: Int?

  /// A problem.
  public init(
    path: String, message: String, messageFR: String, value: String? = nil, accepted: String? = nil,
    severity: Severity = .error, resource: String? = nil, line: Int? = nil, column: Int? = nil
  ) {
    self.path = path
    self.message = message
    self.messageFR = messageFR
    self.value = value.map { Self.cut($0, at: 80) }
    self.accepted = accepted.map { Self.cut($0, at: 2000) }
    self.severity = severity
    self.resource = resource
    self.line = line
    self.column = column
  }

  /// The beginning of a text that is longer than anyone reads; texts are not counted to their end.
  private static func cut(_ text: String, at length: Int) -> String {
    guard let end = text.index(text.startIndex, offsetBy: length, limitedBy: text.endIndex), end < text.endIndex
    else { return text }
    return text.prefix(length - 1) + "…"
  }

  init(
    path: String, message: String, messageFR: String, value: String? = nil, accepted: String? = nil,
    position: SourcePosition?
  ) {
    self.init(
      path: path, message: message, messageFR: messageFR, value: value, accepted: accepted, line: position?.line,
      column: position?.column)
  }
}

extension FieldProblem {
  static let unknownAttribute = "unknown attribute"
  static let duplicate = "stands twice in the list"

  /// Whether a selector names an attribute that there is not.
  public var isUnknownAttribute: Bool { message.hasPrefix(Self.unknownAttribute) }
  /// Whether something that must be unique in a list is not.
  public var isDuplicate: Bool { message == Self.duplicate }
}

extension FieldProblem: CustomStringConvertible {
  /// One English line: place, message, what was found, what is accepted.
  public var description: String {
    text(message, found: { "found “\($0)”" }, accepted: { "accepted: \($0)" }, line: "line")
  }

  /// The same line in French.
  public var descriptionFR: String {
    text(messageFR, found: { "trouvé « \($0) »" }, accepted: { "accepté : \($0)" }, line: "ligne")
  }

  private func text(
    _ message: String, found: (String) -> String, accepted: (String) -> String, line word: String
  ) -> String {
    var place = [resource, path.isEmpty ? nil : path].compactMap(\.self).joined(separator: " ")
    if let line { place += place.isEmpty ? "\(word) \(line)" : " (\(word) \(line))" }
    let details = [value.map(found), self.accepted.map(accepted)].compactMap(\.self)
    let sentence = ([message] + details).joined(separator: "; ")
    return place.isEmpty ? sentence : "\(place): \(sentence)"
  }
}
