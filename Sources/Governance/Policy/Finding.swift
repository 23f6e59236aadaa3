public import Model

/// Something that a person should know about a policy before it is proposed.
public struct Finding: Codable, Sendable, Hashable {
  /// How bad it is.
  public enum Severity: String, Codable, Sendable, CaseIterable {
    /// The policy can not be meant like this.
    case error
    /// The policy works, perhaps not as meant.
    case warning
  }

  /// What it was decided from.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// The policy's text alone: true whatever the offer is.
    case textual
    /// The present offer: another offer may do.
    case onPresentOffer
  }

  /// How bad it is.
  public var severity: Severity
  /// What it was decided from.
  public var kind: Kind
  /// What was found.
  public var code: FindingCode
  /// Where: `spec.rules[2].places`.
  public var path: String
  /// The line in the text, from 1, where the text is known.
  public var line: Int?
  /// The column in the line, from 1, where the text is known.
  public var column: Int?
  /// What is wrong, and what would be right.
  public var message: LocalizedText

  init(_ severity: Severity, _ kind: Kind, _ code: FindingCode, _ path: String, fr: String, en: String) {
    self.severity = severity
    self.kind = kind
    self.code = code
    self.path = path
    message = LocalizedText(fr: fr, en: en)
  }

  /// The finding with its place in the text that the policy was read from.
  public func placed(in document: ResourceDocument) -> Finding {
    var finding = self
    let position = document.position(of: path)
    (finding.line, finding.column) = (position.line, position.column)
    return finding
  }
}
