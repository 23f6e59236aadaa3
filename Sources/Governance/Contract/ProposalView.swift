public import Board
public import Events
public import Foundation
public import Model
public import Policy

/// A draft or proposal for the policy.
public struct ProposalView: Codable, Sendable, Hashable {
  /// The votes as they count.
  public struct Count: Codable, Sendable, Hashable {
    /// Votes in favour.
    public var `for`: Int
    /// Votes against.
    public var against: Int
    /// Those who abstain.
    public var abstain: Int
    /// Voters that have said nothing.
    public var silent: Int

    /// A count.
    public init(_ tally: Tally) {
      `for` = tally.for
      against = tally.against
      abstain = tally.abstain
      silent = tally.silent
    }
  }

  /// Something of an emergency restriction that would not end with it.
  public struct Permanence: Codable, Sendable, Hashable {
    /// Which part of the policy it belongs to.
    public var part: PolicyPart
    /// Its name in that part: a rule's id.
    public var name: String?
    /// What people read: what it says that the text that would come back does not.
    public var sentence: LocalizedText

    init(_ entry: PolicyDifference.Entry) { (part, name, sentence) = (entry.part, entry.name, entry.sentence) }
  }

  /// The identifier, the same as a draft and as a proposal.
  public var id: UUID
  /// What it is to become.
  public var kind: Proposal.Kind
  /// How far it has come.
  public var state: Proposal.State
  /// Whether the vote is over by the clock, and only to be counted yet.
  public var closing: Bool
  /// Whether it is not based on the version that it would replace.
  public var outdated: Bool
  /// The version that it is based on.
  public var base: Int64
  /// The version that it would replace, or that a draft is to be based on.
  public var replaces: Int64?
  /// The operator that it was written for.
  public var author: String
  /// Who has written it.
  public var principal: String
  /// When it was begun.
  public var createdAt: Timestamp
  /// The older version whose text it brings back.
  public var restores: Int64?
  /// The proposal that it amends.
  public var amends: UUID?
  /// The proposal that amends it.
  public var amendedBy: UUID?
  /// Why it is proposed.
  public var motive: LocalizedText?
  /// When it is to take effect; absent for as soon as it is ratified.
  public var effectiveAt: Timestamp?
  /// When it was proposed.
  public var proposedAt: Timestamp?
  /// The vote's deadline.
  public var closesAt: Timestamp?
  /// How it is voted on, by the policy that was in force when it was proposed.
  public var rules: VotingRules?
  /// The votes that count, by operator.
  public var votes: [Vote]
  /// How they add up; at the end as they did then.
  public var count: Count?
  /// Those who have a vote, and name nobody who could cast it; while the vote is open.
  public var withoutVoice: [String]?
  /// What it would have stay of an emergency restriction that ends without it; absent where there is nothing, and in lists.
  public var makesPermanent: [Permanence]?
  /// What it would change, and how far that has been worked out; absent for drafts.
  public var impact: ImpactView?
  /// When it came to its end.
  public var closedAt: Timestamp?
  /// Why it was rejected.
  public var rejection: Proposal.Rejection?
  /// Why it was withdrawn.
  public var withdrawal: String?
  /// The version that it has become.
  public var version: Int64?
  /// Counts its changes; the value of the `ETag`.
  public var revision: Int64
  /// Of which moment this is, by the database's clock.
  public var asOf: Timestamp
  /// SHA-256 of the text, hexadecimal, as the audit trail has it.
  public var digest: String
  /// The text; absent in lists.
  public var spec: PolicySpec?
  /// What is wrong with a draft's text, and keeps it from being proposed.
  public var problems: [FieldProblem]?

  /// A view of a draft or proposal.
  public init(
    _ proposal: Proposal, revision: Int64, replaces: Int64?, outdated: Bool, tally: Tally?, impact: ImpactView? = nil,
    withoutVoice: [String] = [], makesPermanent: [PolicyDifference.Entry] = [], asOf: Timestamp, digest: String,
    isWhole: Bool
  ) {
    id = proposal.id
    kind = proposal.kind
    state = proposal.state
    closing = proposal.isClosing(at: asOf)
    self.outdated = outdated
    base = proposal.base
    self.replaces = replaces
    author = proposal.author
    principal = proposal.principal
    createdAt = proposal.createdAt
    restores = proposal.restores
    amends = proposal.amends
    amendedBy = proposal.amendedBy
    motive = proposal.motive
    effectiveAt = proposal.effectiveAt
    proposedAt = proposal.proposedAt
    closesAt = proposal.closesAt
    rules = proposal.rules
    votes = proposal.votes
    count = tally.map(Count.init)
    let unheard = (proposal.rules?.voters ?? []).filter(withoutVoice.contains)
    self.withoutVoice = proposal.state == .open && !unheard.isEmpty ? unheard : nil
    self.makesPermanent = makesPermanent.isEmpty ? nil : makesPermanent.map(Permanence.init)
    self.impact = impact
    closedAt = proposal.closedAt
    rejection = proposal.rejection
    withdrawal = proposal.withdrawal
    version = proposal.version
    self.revision = revision
    self.asOf = asOf
    self.digest = digest
    spec = isWhole ? proposal.spec : nil
    let wrong = Resource("policy", proposal.spec).problems.filter { $0.severity == .error }
    problems = isWhole && proposal.state == .draft && !wrong.isEmpty ? wrong : nil
  }
}
