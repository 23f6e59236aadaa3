public import Foundation

/// What an operator has said to a proposal for the policy, as it stands. It is the operator's: who has cast it, and why, is for
/// those who may read the proposal.
public struct VoteFact: PublicFact {
  /// Its type on the bus.
  public static var type: String { EventType.vote }

  /// The epoch of the database.
  public var epoch: Int64
  /// The proposal's, which grows with each vote.
  public var revision: Int64
  /// The proposal.
  public var proposal: UUID
  /// The operator.
  public var `operator`: String
  /// `for`, `against` or `abstain`.
  public var choice: String
  /// When, by the database's clock.
  public var at: Timestamp

  /// The record's key.
  public var key: String { "vote/\(proposal.uuidString.lowercased())/\(`operator`)" }

  /// What is told of a vote.
  public init(epoch: Int64, revision: Int64, proposal: UUID, operator: String, choice: String, at: Timestamp) {
    self.epoch = epoch
    self.revision = revision
    self.proposal = proposal
    self.operator = `operator`
    self.choice = choice
    self.at = at
  }
}
