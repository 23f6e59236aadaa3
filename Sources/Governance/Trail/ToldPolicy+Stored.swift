public import Events
public import Foundation

extension ToldPolicy {
  /// A vote as it was cast.
  public struct Ballot: Sendable, Hashable, Decodable {
    /// The operator.
    public var `operator`: String
    /// For, against, or neither.
    public var choice: String
    /// Why.
    public var reason: String?
    /// When, by the database's clock.
    public var at: Timestamp
    /// Who has cast it; nil where that is not known any more.
    public var principal: String?

    /// A vote.
    public init(operator: String, choice: String, reason: String?, at: Timestamp, principal: String? = nil) {
      self.operator = `operator`
      self.choice = choice
      self.reason = reason
      self.at = at
      self.principal = principal == AuditPerson.erased ? nil : principal
    }

    /// Whether it is the same.
    func agrees(with other: Ballot) -> Bool {
      guard (self.operator, choice, reason) == (other.operator, other.choice, other.reason), at == other.at else {
        return false
      }
      return ToldPolicy.agree(principal, other.principal)
    }
  }

  /// Something that was said of a proposal.
  public struct Comment: Sendable, Hashable, Decodable {
    /// The operator.
    public var `operator`: String
    /// When, by the database's clock.
    public var at: Timestamp
    /// SHA-256 of the words, hexadecimal.
    public var digest: String

    /// A comment.
    public init(operator: String, at: Timestamp, digest: String) {
      self.operator = `operator`
      self.at = at
      self.digest = digest
    }
  }

  /// A version of the policy as it is stored.
  public struct Version: Sendable, Hashable {
    /// From 1.
    public var number: Int64
    /// SHA-256 of the text, hexadecimal; nil where it can not be read.
    public var digest: String?
    /// From when on it is in force.
    public var effectiveAt: Timestamp
    /// How the board has made it; nil where it was applied directly.
    public var origin: String?
    /// The proposal that it was; nil where it was applied directly.
    public var proposal: UUID?
    /// Who has made it; nil where that is not known any more.
    public var principal: String?

    /// A version.
    public init(
      number: Int64, digest: String?, effectiveAt: Timestamp, origin: String?, proposal: UUID? = nil,
      principal: String? = nil
    ) {
      self.number = number
      self.digest = digest
      self.effectiveAt = effectiveAt
      self.origin = origin
      self.proposal = proposal
      self.principal = principal == AuditPerson.erased ? nil : principal
    }
  }

  /// The votes as they counted at the end.
  public struct Count: Sendable, Hashable, Decodable {
    /// Votes in favour.
    public var `for`: Int
    /// Votes against.
    public var against: Int
    /// Those who abstain.
    public var abstain: Int
    /// Voters that have said nothing.
    public var silent: Int
    /// Whether another operator than the author's is in favour.
    public var isBacked: Bool

    /// A count.
    public init(for favour: Int, against: Int, abstain: Int, silent: Int, isBacked: Bool) {
      self.for = favour
      self.against = against
      self.abstain = abstain
      self.silent = silent
      self.isBacked = isBacked
    }
  }

  /// A draft or proposal as it is stored; without text and votes where they can not be read.
  public struct Proposal: Sendable, Hashable {
    /// Its identifier.
    public var id: UUID
    /// How far it has come.
    public var state: String
    /// SHA-256 of the text, hexadecimal.
    public var digest: String?
    /// Whether what its row is looked for by is what it says itself: which it is, how far it has come, until when it is voted on.
    public var isWhole: Bool
    /// The votes that count, each operator's once.
    public var standing: [Ballot]
    /// Every vote that was cast, in its order.
    public var cast: [Ballot]
    /// What was said of it, in its order.
    public var comments: [Comment]
    /// What does not change while it is voted on, but for the text's digest.
    public var terms: ToldTerms
    /// How the votes counted at the end; nil before it.
    public var result: Count?
    /// Why it was rejected.
    public var rejection: String?
    /// Why it was withdrawn.
    public var withdrawal: String?
    /// When what happened to it, by whom it was written, and what became of it.
    public var course: ToldCourse
    /// SHA-256 of the text of which it was asked what it would change, hexadecimal; nil where nobody has asked.
    public var asked: String?

    /// A proposal.
    public init(
      id: UUID, state: String, digest: String?, isWhole: Bool = true, standing: [Ballot], cast: [Ballot],
      comments: [Comment] = [], terms: ToldTerms = ToldTerms(), result: Count? = nil, rejection: String? = nil,
      withdrawal: String? = nil,
      course: ToldCourse = ToldCourse(), asked: String? = nil
    ) {
      self.id = id
      self.state = state
      self.digest = digest
      self.isWhole = isWhole
      self.standing = standing
      self.cast = cast
      self.comments = comments
      self.terms = terms
      self.result = result
      self.rejection = rejection
      self.withdrawal = withdrawal
      self.course = course
      self.asked = asked
    }
  }
}
