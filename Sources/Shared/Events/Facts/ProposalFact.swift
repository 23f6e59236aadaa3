public import Foundation

/// What a proposal for the policy has come to. Who voted how, and what was said, is for those who may read the
/// proposal.
public struct ProposalFact: PublicFact {
  /// How far it has come.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Operators vote.
    case open
    /// It has become a version.
    case ratified
    /// It has not.
    case rejected
    /// Its author took it back.
    case withdrawn
    /// Its author has proposed another text in its place.
    case amended
  }

  /// The votes as they counted at the end.
  public struct Result: Codable, Sendable, Hashable {
    /// Votes in favour.
    public var `for`: Int
    /// Votes against.
    public var against: Int
    /// Those who abstained.
    public var abstain: Int
    /// Voters that said nothing.
    public var silent: Int

    /// A result.
    public init(for favour: Int, against: Int, abstain: Int, silent: Int) {
      self.for = favour
      self.against = against
      self.abstain = abstain
      self.silent = silent
    }
  }

  /// Its type on the bus.
  public static var type: String { EventType.proposal }

  /// The epoch of the database.
  public var epoch: Int64
  /// Grows with each state of it, from 1.
  public var revision: Int64
  /// The proposal.
  public var proposal: UUID
  /// How far it has come.
  public var state: State
  /// `version`, or `emergency` for a restriction for a time.
  public var kind: String
  /// The operator that it was written for.
  public var `operator`: String
  /// The version that it is based on.
  public var base: Int64
  /// SHA-256 of its text, 64 hexadecimal digits.
  public var digest: String
  /// When it was proposed.
  public var proposedAt: Timestamp
  /// The vote's deadline.
  public var closesAt: Timestamp
  /// When it is to take effect; absent for as soon as it is ratified.
  public var effectiveAt: Timestamp?
  /// The older version whose text it brings back.
  public var restores: Int64?
  /// The proposal that it amends.
  public var amends: UUID?
  /// The proposal that amends it.
  public var amendedBy: UUID?
  /// `votes` or `outdated`, where it was rejected.
  public var rejection: String?
  /// The votes as they counted, once the vote has ended.
  public var result: Result?
  /// The version that it has become.
  public var version: Int64?

  /// The record's key.
  public var key: String { "proposal/\(proposal.uuidString.lowercased())" }

  /// What is told of a proposal.
  public init(
    epoch: Int64, revision: Int64, proposal: UUID, state: State, kind: String, operator: String, base: Int64,
    digest: String, proposedAt: Timestamp, closesAt: Timestamp, effectiveAt: Timestamp? = nil, restores: Int64? = nil,
    amends: UUID? = nil, amendedBy: UUID? = nil, rejection: String? = nil, result: Result? = nil, version: Int64? = nil
  ) {
    self.epoch = epoch
    self.revision = revision
    self.proposal = proposal
    self.state = state
    self.kind = kind
    self.operator = `operator`
    self.base = base
    self.digest = digest
    self.proposedAt = proposedAt
    self.closesAt = closesAt
    self.effectiveAt = effectiveAt
    self.restores = restores
    self.amends = amends
    self.amendedBy = amendedBy
    self.rejection = rejection
    self.result = result
    self.version = version
  }
}
