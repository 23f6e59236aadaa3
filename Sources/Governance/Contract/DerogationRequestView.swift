public import Events
public import Foundation
public import Model
public import Requests

/// A request for a derogation.
public struct DerogationRequestView: Codable, Sendable, Hashable {
  /// Who is asked what he thinks.
  public enum Party: String, Codable, Sendable, CaseIterable {
    /// Operators.
    case `operator`
    /// The homologation authority.
    case homologation
  }

  /// What somebody thinks of it.
  public struct OpinionView: Codable, Sendable, Hashable {
    /// Whose opinion it is.
    public var party: Party
    /// The operator, where it is one's.
    public var `operator`: String?
    /// What it comes to.
    public var position: Opinion.Position
    /// The opinion.
    public var text: String
    /// The person who gives it, where somebody else has written it down.
    public var author: String?
    /// Who has written it down.
    public var principal: String
    /// When.
    public var at: Timestamp

    /// A view of an opinion.
    public init(_ opinion: Opinion) {
      switch opinion.party {
      case .operator(let name): (party, self.operator) = (.operator, name)
      case .homologation: (party, self.operator) = (.homologation, nil)
      }
      position = opinion.position
      text = opinion.text
      author = opinion.author
      principal = opinion.principal
      at = opinion.at
    }
  }

  /// The identifier.
  public var id: UUID
  /// Grows with the order of asking.
  public var number: Int64
  /// How far it has come.
  public var state: DerogationRequest.State
  /// Whether decisions take it into account at the moment.
  public var inEffect: Bool
  /// The derogation that decisions read and explanations name, once it is notified.
  public var derogation: String?
  /// The project.
  public var project: String
  /// The ids of the rules.
  public var rules: [String]
  /// The stages in which they are waived; all where absent.
  public var stages: [String]?
  /// Why it is asked for.
  public var motive: String
  /// First day of effect.
  public var validFrom: CalendarDay?
  /// Last day of effect; for good where absent.
  public var validUntil: CalendarDay?
  /// The applicant's word that it bears the whole extra cost.
  public var cost: DerogationRequest.CostAcceptance
  /// Who has asked.
  public var principal: String
  /// When it was asked for.
  public var requestedAt: Timestamp
  /// Every opinion, in the order of time.
  public var opinions: [OpinionView]
  /// Whose opinion is missing before it can be decided.
  public var missing: [Party]
  /// What was decided.
  public var verdict: Verdict?
  /// When the decision was notified.
  public var notifiedAt: Timestamp?
  /// Who has notified it.
  public var notifiedBy: String?
  /// From when on it is told to be ending.
  public var noticeAt: Timestamp?
  /// When it was told to be ending.
  public var warnedAt: Timestamp?
  /// When its period is over.
  public var endsAt: Timestamp?
  /// When it came to its end.
  public var endedAt: Timestamp?
  /// How it came to an end before its time.
  public var ending: DerogationRequest.Ending?
  /// Counts its changes; the value of the `ETag`.
  public var revision: Int64
  /// Of which moment this is, by the database's clock.
  public var asOf: Timestamp

  /// A view of a request.
  public init(_ request: DerogationRequest, number: Int64, revision: Int64, asOf: Timestamp) {
    id = request.id
    self.number = number
    state = request.state
    inEffect = request.isInEffect(at: asOf)
    derogation = request.state == .notified ? request.resourceName : nil
    project = request.scope.project
    rules = request.scope.rules
    stages = request.scope.stages
    motive = request.motive
    validFrom = request.scope.validFrom
    validUntil = request.scope.validUntil
    cost = request.cost
    principal = request.principal
    requestedAt = request.requestedAt
    opinions = request.opinions.map(OpinionView.init)
    let given = Set(opinions.map(\.party))
    missing = request.state == .requested ? Party.allCases.filter { !given.contains($0) } : []
    verdict = request.verdict
    notifiedAt = request.notifiedAt
    notifiedBy = request.notifiedBy
    noticeAt = request.noticeAt
    warnedAt = request.warnedAt
    endsAt = request.periodEnd
    endedAt = request.endedAt
    ending = request.ending
    self.revision = revision
    self.asOf = asOf
  }
}
