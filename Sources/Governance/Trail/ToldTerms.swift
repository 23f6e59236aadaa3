public import Events
public import Foundation

/// What a proposal is besides its text, from the moment on that it is voted on: who proposes what, how it is counted and until when.
public struct ToldTerms: Sendable, Hashable, Decodable {
  /// How one proposal is voted on.
  public struct Rules: Sendable, Hashable, Decodable {
    /// Votes in favour that are needed.
    public var quorum: Int
    /// How many of the votes must be in favour besides.
    public var majority: String
    /// Days the vote stays open.
    public var votingDays: Int
    /// Days an emergency restriction holds, and has to find its second operator.
    public var emergencyDays: Int
    /// The operators that have a vote, by name.
    public var voters: [String]

    /// Rules.
    public init(quorum: Int, majority: String, votingDays: Int, emergencyDays: Int, voters: [String]) {
      self.quorum = quorum
      self.majority = majority
      self.votingDays = votingDays
      self.emergencyDays = emergencyDays
      self.voters = voters
    }
  }

  /// The operator that it was written for.
  public var `operator`: String?
  /// The version that it is based on.
  public var base: Int64?
  /// What it is to become.
  public var kind: String?
  /// When it is to take effect, as it says.
  public var effectiveAt: Timestamp?
  /// Why it is proposed, by language.
  public var motive: [String: String]?
  /// The vote's deadline.
  public var closesAt: Timestamp?
  /// The proposal that it amends.
  public var amends: UUID?
  /// The older version whose text it brings back.
  public var restores: Int64?
  /// How it is voted on; nil for drafts, and where an earlier program has told of it.
  public var rules: Rules?

  /// Terms.
  public init(
    operator: String? = nil, base: Int64? = nil, kind: String? = nil, effectiveAt: Timestamp? = nil,
    motive: [String: String]? = nil, closesAt: Timestamp? = nil, amends: UUID? = nil, restores: Int64? = nil,
    rules: Rules? = nil
  ) {
    self.operator = `operator`
    self.base = base
    self.kind = kind
    self.effectiveAt = effectiveAt
    self.motive = motive
    self.closesAt = closesAt
    self.amends = amends
    self.restores = restores
    self.rules = rules
  }

  /// Whether `other`, stored or told later, is the same, as far as these tell of it.
  func agree(with other: ToldTerms) -> Bool {
    var known = other
    if `operator` == nil { known.operator = nil }
    if base == nil { known.base = nil }
    if kind == nil { known.kind = nil }
    if rules == nil { known.rules = nil }
    return self == known
  }
}
