public import Events
public import Foundation
public import Model

/// A request for a derogation, from its motive to the end of what it was granted for: a value whose
/// ``handle(_:by:at:)`` says what follows.
public struct DerogationRequest: Codable, Sendable, Hashable {
  /// How far it has come.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// It is asked for, and opinions are missing.
    case requested
    /// An operator and the homologation authority have said what they think.
    case examined
    /// It is granted or refused, and nobody has been told.
    case decided
    /// It is granted and notified: it counts, within its period.
    case notified
    /// Its refusal is notified.
    case declined
    /// Its period is over.
    case expired
    /// It was taken back.
    case revoked
    /// It is asked for no more.
    case withdrawn
  }

  /// What is waived, and for how long.
  public struct Scope: Codable, Sendable, Hashable {
    /// The project's name.
    public var project: String
    /// The ids of the rules; at least one.
    public var rules: [String]
    /// The stages in which they are waived; all where absent.
    public var stages: [String]?
    /// First day of effect, not before the notification.
    public var validFrom: CalendarDay?
    /// Last day of effect; for good where absent.
    public var validUntil: CalendarDay?

    /// A scope.
    public init(
      project: String, rules: [String], stages: [String]? = nil, validFrom: CalendarDay? = nil,
      validUntil: CalendarDay? = nil
    ) {
      self.project = project
      self.rules = rules
      self.stages = stages
      self.validFrom = validFrom
      self.validUntil = validUntil
    }
  }

  /// The applicant's word that it bears the whole cost of ownership that the exception brings about.
  public struct CostAcceptance: Codable, Sendable, Hashable {
    /// The person who gives it, in the name of the *direction d’application*.
    public var author: String
    /// Who has written it down.
    public var principal: String
    /// When, by the database's clock.
    public var at: Timestamp

    /// An acceptance.
    public init(author: String, principal: String, at: Timestamp) {
      self.author = author
      self.principal = principal
      self.at = at
    }
  }

  /// How it came to an end before its time.
  public struct Ending: Codable, Sendable, Hashable {
    /// Why.
    public var reason: String?
    /// Who has ended it.
    public var principal: String

    /// An ending.
    public init(reason: String?, principal: String) {
      self.reason = reason
      self.principal = principal
    }
  }

  /// The identifier.
  public let id: UUID
  /// What is waived, and for how long.
  public let scope: Scope
  /// Why it is asked for.
  public let motive: String
  /// The applicant's word on the cost.
  public let cost: CostAcceptance
  /// Who has asked.
  public let principal: String
  /// When it was asked for.
  public let requestedAt: Timestamp
  /// How far it has come.
  public internal(set) var state = State.requested
  /// Every opinion that was given, in the order of time; of a party the last one counts.
  public internal(set) var opinions: [Opinion] = []
  /// What was decided.
  public internal(set) var verdict: Verdict?
  /// When the decision was notified.
  public internal(set) var notifiedAt: Timestamp?
  /// Who has notified it.
  public internal(set) var notifiedBy: String?
  /// Days before its end from which on it is told to be ending, as the policy said at the notification.
  public internal(set) var noticeDays: Int?
  /// When it was told to be ending.
  public internal(set) var warnedAt: Timestamp?
  /// When it came to its end.
  public internal(set) var endedAt: Timestamp?
  /// How it came to an end before its time.
  public internal(set) var ending: Ending?

  /// Notice of an end, in days, where the policy says nothing.
  public static let standardNotice = 30

  /// A new request.
  ///
  /// - Parameter costAcceptedBy: the person who accepts the cost; nil where nobody does, which is refused.
  /// - Throws: ``RequestRefusal``.
  public init(
    id: UUID, scope: Scope, motive: String, costAcceptedBy: String?, by actor: RequestActor, at moment: DerogationMoment
  ) throws(RequestRefusal) {
    try actor.mustBeApplicant()
    guard let author = costAcceptedBy else { throw Self.costNotAccepted }
    try RequestText.check(author, at: "costAcceptedBy")
    try RequestText.check(motive, at: "motive")
    self.id = id
    self.scope = scope
    self.motive = motive
    cost = CostAcceptance(author: author, principal: actor.principal, at: moment.at)
    principal = actor.principal
    requestedAt = moment.at
    try checkScope(at: moment)
  }

  private static let costNotAccepted = RequestRefusal(
    .costNotAccepted, path: "costAcceptedBy", "the applicant has to accept the whole extra cost of ownership",
    fr: "le demandeur doit accepter le surcoût complet de possession",
    accepted: "the name of who accepts it / le nom de qui l’accepte")

  /// The resource that the engine reads, once it is notified.
  public var resourceName: String { "derogation-\(id.uuidString.lowercased())" }

  /// When its period is over; nil where it is for good.
  public var periodEnd: Timestamp? { scope.validUntil.map { ParisTime.start(of: $0.adding(days: 1)) } }

  /// From when on it is told to be ending.
  public var noticeAt: Timestamp? {
    guard let noticeDays, let last = scope.validUntil else { return nil }
    return ParisTime.start(of: last.adding(days: 1 - noticeDays))
  }

  /// Whether the engine takes it into account at a moment.
  public func isInEffect(at moment: Timestamp) -> Bool {
    guard state == .notified, let notifiedAt, notifiedAt <= moment else { return false }
    let day = ParisTime.day(of: moment)
    return scope.validFrom.map { $0 <= day } ?? true && scope.validUntil.map { day <= $0 } ?? true
  }

  /// When time alone changes something next; nil where it never does.
  public var next: Timestamp? {
    switch state {
    case .requested, .examined, .decided: periodEnd
    case .notified: warnedAt == nil ? noticeAt ?? periodEnd : periodEnd
    case .declined, .expired, .revoked, .withdrawn: nil
    }
  }

  /// Who has not yet said what has to be said before it is decided.
  public var missing: [LocalizedText] {
    var missing: [LocalizedText] = []
    if !opinions.contains(where: { if case .operator = $0.party { true } else { false } }) {
      missing.append(LocalizedText(fr: "un opérateur", en: "an operator"))
    }
    if !opinions.contains(where: { $0.party == .homologation }) {
      missing.append(LocalizedText(fr: "l’autorité d’homologation", en: "the homologation authority"))
    }
    return missing
  }
}

extension DerogationRequest.State {
  /// The state for people.
  public var name: LocalizedText {
    switch self {
    case .requested: LocalizedText(fr: "demandée", en: "requested")
    case .examined: LocalizedText(fr: "instruite", en: "examined")
    case .decided: LocalizedText(fr: "décidée, non notifiée", en: "decided, not notified")
    case .notified: LocalizedText(fr: "accordée et notifiée", en: "granted and notified")
    case .declined: LocalizedText(fr: "refusée et notifiée", en: "refused and notified")
    case .expired: LocalizedText(fr: "échue", en: "expired")
    case .revoked: LocalizedText(fr: "révoquée", en: "revoked")
    case .withdrawn: LocalizedText(fr: "retirée", en: "withdrawn")
    }
  }
}
