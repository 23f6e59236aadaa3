public import Events
public import Foundation
public import Model

/// What happens to a proposal.
public enum BoardEvent: Sendable, Hashable {
  /// Its text was written anew, based on a version.
  case edited(PolicySpec, base: Int64)
  /// It is given up before it was proposed.
  case discarded
  /// It is put to the vote.
  case proposed(motive: LocalizedText, effectiveAt: Timestamp?)
  /// An operator votes, or changes its vote; before it is known what would change only where it says that it does without.
  case voted(Vote.Choice, reason: String?, withoutImpact: Bool = false)
  /// An operator says something.
  case commented(String)
  /// It is taken back.
  case withdrawn(reason: String?)
  /// Another text is proposed in its place.
  case amended(by: UUID)
  /// Time has passed.
  case clock
  /// Nothing could be decided for a while, where that is known since when; where the database was restored, votes may be lost.
  case resumed(since: Timestamp?, isRestored: Bool)
}

/// What follows from an event, to be done in the transaction that stores the proposal.
public enum BoardAction: Sendable, Hashable {
  /// Keep a vote in the history.
  case keep(Vote)
  /// Keep a comment.
  case say(BoardComment)
  /// Write these versions of the policy.
  case write([BoardVersion])
  /// Tell the audit trail.
  case tell(Deed)

  /// What the audit trail tells.
  public enum Deed: String, Sendable, CaseIterable {
    case edited
    case discarded
    case proposed
    case voted
    case commented
    case withdrawn
    case amended
    case ratified
    case rejected
    case prolonged
  }
}

/// Something said of a proposal.
public struct BoardComment: Codable, Sendable, Hashable {
  /// The operator it was said for.
  public var `operator`: String
  /// Who said it.
  public var principal: String
  /// What.
  public var text: String
  /// When, by the database's clock.
  public var at: Timestamp

  /// A comment.
  public init(operator: String, principal: String, text: String, at: Timestamp) {
    self.operator = `operator`
    self.principal = principal
    self.text = text
    self.at = at
  }
}
