public import Board
public import Events
public import Model

/// What puts a draft to the vote.
public struct ProposalWish: Codable, Sendable, Hashable {
  /// Why.
  public var motive: LocalizedText
  /// When it is to take effect; as soon as it is ratified where absent.
  public var effectiveAt: Timestamp?
  /// The operator that is acted for.
  public var `operator`: String?

  /// A wish.
  public init(motive: LocalizedText, effectiveAt: Timestamp? = nil, operator: String? = nil) {
    self.motive = motive
    self.effectiveAt = effectiveAt
    self.operator = `operator`
  }
}

/// A vote that is cast.
public struct VoteWish: Codable, Sendable, Hashable {
  /// For, against, or neither.
  public var choice: Vote.Choice
  /// Why.
  public var reason: String?
  /// Whether it is cast though nobody knows yet what the proposal would change; nil is no.
  public var withoutImpact: Bool?

  /// A vote.
  public init(choice: Vote.Choice, reason: String? = nil, withoutImpact: Bool? = nil) {
    self.choice = choice
    self.reason = reason
    self.withoutImpact = withoutImpact
  }
}

/// Something to be said of a proposal.
public struct CommentWish: Codable, Sendable, Hashable {
  /// What.
  public var text: String
  /// The operator that is acted for.
  public var `operator`: String?

  /// Something to be said.
  public init(text: String, operator: String? = nil) {
    self.text = text
    self.operator = `operator`
  }
}

/// What takes a proposal back.
public struct WithdrawalWish: Codable, Sendable, Hashable {
  /// Why.
  public var reason: String?
  /// The operator that is acted for.
  public var `operator`: String?

  /// A wish.
  public init(reason: String? = nil, operator: String? = nil) {
    self.reason = reason
    self.operator = `operator`
  }
}
