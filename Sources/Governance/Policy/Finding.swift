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

  /// What was found.
  public enum Code: String, Codable, Sendable, CaseIterable {
    /// A field has a value that is not accepted; unknown attributes and stages are found here.
    case invalidField = "InvalidField"
    /// Two rules can not both be obeyed.
    case contradiction = "Contradiction"
    /// A rule stands behind another one that always holds first.
    case shadowedRule = "ShadowedRule"
    /// A rule, or one of its stages, is about nothing.
    case matchesNothing = "MatchesNothing"
    /// No place can host a class of data.
    case classWithoutHost = "ClassWithoutHost"
    /// A voter is no operator, or there are fewer voters than the quorum.
    case impossibleVote = "ImpossibleVote"
  }

  /// How bad it is.
  public var severity: Severity
  /// What it was decided from.
  public var kind: Kind
  /// What was found.
  public var code: Code
  /// Where: `spec.rules[2].places`.
  public var path: String
  /// What is wrong, and what would be right.
  public var message: LocalizedText
}
