public import Events

/// What an operator says to a proposal. It is the operator's, whoever has cast it for the operator.
public struct Vote: Codable, Sendable, Hashable {
  /// What a vote can be.
  public enum Choice: String, Codable, Sendable, CaseIterable {
    case `for`
    case against
    case abstain
  }

  /// The operator.
  public var `operator`: String
  /// For, against, or neither.
  public var choice: Choice
  /// Why.
  public var reason: String?
  /// Who has cast it.
  public var principal: String
  /// When, by the database's clock.
  public var at: Timestamp

  /// A vote.
  public init(operator: String, choice: Choice, reason: String?, principal: String, at: Timestamp) {
    self.operator = `operator`
    self.choice = choice
    self.reason = reason
    self.principal = principal
    self.at = at
  }
}
