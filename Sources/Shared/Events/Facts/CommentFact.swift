public import Foundation

/// That an operator has said something of a proposal for the policy. What, and who has said it, is for those who may read the
/// proposal.
public struct CommentFact: PublicFact {
  /// Its type on the bus.
  public static var type: String { EventType.comment }

  /// The epoch of the database.
  public var epoch: Int64
  /// The proposal's, by which comments are told apart: each has one of its own.
  public var revision: Int64
  /// The proposal.
  public var proposal: UUID
  /// The operator that it was said for.
  public var `operator`: String
  /// When, by the database's clock.
  public var at: Timestamp

  /// The record's key.
  public var key: String { "comment/\(proposal.uuidString.lowercased())/\(revision)" }

  /// What is told of a comment.
  public init(epoch: Int64, revision: Int64, proposal: UUID, operator: String, at: Timestamp) {
    self.epoch = epoch
    self.revision = revision
    self.proposal = proposal
    self.operator = `operator`
    self.at = at
  }
}
