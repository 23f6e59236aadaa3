public import Events
public import Model

/// What happens to a request for a derogation.
public enum DerogationEvent: Sendable, Hashable {
  /// Somebody who is asked says what he thinks. The homologation authority's opinion names its author.
  case opined(Opinion.Party, Opinion.Position, text: String, author: String?)
  /// It is granted or refused. Nothing takes effect by that.
  case decided(Verdict.Outcome, reason: String)
  /// The decision is made known to the applicant: only this makes it count.
  case notified
  /// A derogation that was notified is taken back.
  case revoked(reason: String)
  /// It is asked for no more.
  case withdrawn(reason: String?)
  /// Time has passed.
  case clock
}

/// What follows from an event, to be done in the transaction that stores the request.
public enum DerogationAction: Sendable, Hashable {
  /// Write the derogation that the engine reads.
  case apply(DerogationSpec)
  /// End the derogation that the engine reads.
  case end
  /// Tell the audit trail.
  case tell(Deed)

  /// What the audit trail tells.
  public enum Deed: String, Sendable, CaseIterable {
    case opined
    case decided
    case notified
    case revoked
    case withdrawn
    /// Its end is near.
    case expiring
    case expired
  }
}

/// What the rules look at besides the request: the database's clock, the policy in force, who is an operator.
public struct DerogationMoment: Sendable, Hashable {
  /// Now, by the database's clock.
  public var at: Timestamp
  /// The policy in force.
  public var policy: PolicySpec?
  /// The operators that there are.
  public var operators: [String]

  /// A moment.
  public init(at: Timestamp, policy: PolicySpec?, operators: [String]) {
    self.at = at
    self.policy = policy
    self.operators = operators
  }
}
