public import Model
public import Requests

/// What asks for a derogation.
public struct DerogationWish: Codable, Sendable, Hashable {
  /// The project.
  public var project: String
  /// The ids of the rules; at least one.
  public var rules: [String]
  /// The stages in which they are to be waived; all where absent.
  public var stages: [String]?
  /// Why.
  public var motive: String
  /// The person who accepts, in the applicant's name, to bear the whole extra cost of ownership.
  public var costAcceptedBy: String?
  /// First day of effect.
  public var validFrom: CalendarDay?
  /// Last day of effect; for good where absent.
  public var validUntil: CalendarDay?

  /// A wish.
  public init(
    project: String, rules: [String], stages: [String]? = nil, motive: String, costAcceptedBy: String?,
    validFrom: CalendarDay? = nil, validUntil: CalendarDay? = nil
  ) {
    self.project = project
    self.rules = rules
    self.stages = stages
    self.motive = motive
    self.costAcceptedBy = costAcceptedBy
    self.validFrom = validFrom
    self.validUntil = validUntil
  }
}

/// An opinion on a request.
public struct OpinionWish: Codable, Sendable, Hashable {
  /// Whose it is.
  public var party: DerogationRequestView.Party
  /// The operator that is spoken for, where it is one's.
  public var `operator`: String?
  /// What it comes to.
  public var position: Opinion.Position
  /// The opinion.
  public var text: String
  /// The person who gives it; always where it is the homologation authority's.
  public var author: String?

  /// An opinion.
  public init(
    party: DerogationRequestView.Party, operator: String? = nil, position: Opinion.Position, text: String,
    author: String? = nil
  ) {
    self.party = party
    self.operator = `operator`
    self.position = position
    self.text = text
    self.author = author
  }
}

/// A decision on a request.
public struct VerdictWish: Codable, Sendable, Hashable {
  /// Yes or no.
  public var outcome: Verdict.Outcome
  /// Why.
  public var reason: String

  /// A decision.
  public init(outcome: Verdict.Outcome, reason: String) {
    self.outcome = outcome
    self.reason = reason
  }
}

/// Why something is ended.
public struct ReasonWish: Codable, Sendable, Hashable {
  /// Why.
  public var reason: String?

  /// A reason.
  public init(reason: String? = nil) {
    self.reason = reason
  }
}
