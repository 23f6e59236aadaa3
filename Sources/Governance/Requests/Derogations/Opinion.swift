public import Events

/// What somebody who is asked thinks of a request for a derogation.
public struct Opinion: Codable, Sendable, Hashable {
  /// Whose opinion it is.
  public enum Party: Codable, Sendable, Hashable {
    /// An operator's.
    case `operator`(String)
    /// The homologation authority's, which answers for the security of the whole.
    case homologation
  }

  /// What it comes to.
  public enum Position: String, Codable, Sendable, CaseIterable {
    case favourable
    /// Favourable, under the conditions that the text says.
    case reserved
    case unfavourable
  }

  /// Whose opinion it is.
  public var party: Party
  /// What it comes to.
  public var position: Position
  /// The opinion.
  public var text: String
  /// The person who gives it, where somebody else writes it down.
  public var author: String?
  /// Who has written it down.
  public var principal: String
  /// When, by the database's clock.
  public var at: Timestamp

  /// An opinion.
  public init(
    party: Party, position: Position, text: String, author: String? = nil, principal: String, at: Timestamp
  ) {
    self.party = party
    self.position = position
    self.text = text
    self.author = author
    self.principal = principal
    self.at = at
  }
}

/// What was decided on a request.
public struct Verdict: Codable, Sendable, Hashable {
  /// Yes or no.
  public enum Outcome: String, Codable, Sendable, CaseIterable {
    case granted
    case refused
  }

  /// Yes or no.
  public var outcome: Outcome
  /// Why.
  public var reason: String
  /// Who has decided.
  public var principal: String
  /// When, by the database's clock.
  public var at: Timestamp

  /// A verdict.
  public init(_ outcome: Outcome, reason: String, principal: String, at: Timestamp) {
    self.outcome = outcome
    self.reason = reason
    self.principal = principal
    self.at = at
  }
}
