public import Events
public import Foundation
public import Model

/// A network flow between a project and a named system, from its motive to its opening: a value whose
/// ``handle(_:by:at:)`` says what follows.
public struct NetworkFlow: Codable, Sendable, Hashable {
  /// What is to be opened.
  public struct Wish: Codable, Sendable, Hashable {
    /// The project's name.
    public var project: String
    /// The environment's name.
    public var environment: String
    /// The system at the other end, by the name that it is known by.
    public var system: String
    /// Seen from the environment.
    public var direction: FlowRequestSpec.Direction
    /// Transport protocol.
    public var `protocol`: FlowRequestSpec.TransportProtocol
    /// 1 to 65535; at least one.
    public var ports: [Int]
    /// Why.
    public var motive: String

    /// A wish.
    public init(
      project: String, environment: String, system: String, direction: FlowRequestSpec.Direction,
      protocol: FlowRequestSpec.TransportProtocol, ports: [Int], motive: String
    ) {
      self.project = project
      self.environment = environment
      self.system = system
      self.direction = direction
      self.protocol = `protocol`
      self.ports = ports
      self.motive = motive
    }
  }

  /// How far it has come.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// An operator has to act.
    case pending
    /// All its ends are open.
    case opened
    /// An operator has rejected it.
    case rejected
    /// It is asked for no more.
    case withdrawn
  }

  /// Who has done what, and when.
  public struct Act: Codable, Sendable, Hashable {
    /// The operator.
    public var `operator`: String
    /// Who acted for it.
    public var principal: String
    /// When, by the database's clock.
    public var at: Timestamp

    /// An act.
    public init(operator: String, principal: String, at: Timestamp) {
      self.operator = `operator`
      self.principal = principal
      self.at = at
    }
  }

  /// The identifier.
  public let id: UUID
  /// What is to be opened.
  public let wish: Wish
  /// Where its ends were when it was asked for, and how their operators open flows.
  public let ends: [FlowEnd]
  /// What follows for it.
  public let rule: FlowRule
  /// Who has asked.
  public let principal: String
  /// When it was asked for.
  public let requestedAt: Timestamp
  /// The end of the guaranteed delay; nil where nobody has to act.
  public let dueAt: Timestamp?
  /// How far it has come.
  public internal(set) var state: State
  /// The operators that have opened their end.
  public internal(set) var openings: [Act] = []
  /// The operator that has rejected it.
  public internal(set) var rejection: Act?
  /// Why it was rejected, or withdrawn.
  public internal(set) var reason: String?
  /// When its operators were reminded.
  public internal(set) var remindedAt: Timestamp?
  /// When it was put before the board.
  public internal(set) var escalatedAt: Timestamp?
  /// When it was opened, rejected or withdrawn.
  public internal(set) var endedAt: Timestamp?

  /// A flow that is asked for. Where its rule says so it is open at once.
  ///
  /// - Parameter policyDelay: the delay that the policy says, in working days.
  /// - Throws: ``RequestRefusal``.
  public init(
    id: UUID, wish: Wish, ends: [FlowEnd], policyDelay: Int?, by actor: RequestActor, at moment: Timestamp
  ) throws(RequestRefusal) {
    try actor.mustBeApplicant()
    try wish.check()
    guard !ends.isEmpty else {
      throw RequestRefusal(
        .notPlaced, path: "environment", "it is placed nowhere: there is nothing to open",
        fr: "il n’est placé nulle part : il n’y a rien à ouvrir",
        accepted: "an environment that is placed / un environnement placé")
    }
    self.id = id
    self.wish = wish
    self.ends = ends
    rule = FlowRule(ends: ends, policyDelay: policyDelay)
    principal = actor.principal
    requestedAt = moment
    dueAt = rule.isAutomatic ? nil : WorkingDays.adding(rule.delayDays, to: moment)
    state = rule.isAutomatic ? .opened : .pending
    endedAt = rule.isAutomatic ? moment : nil
  }

  /// The operators that have not acted yet, by name.
  public var waiting: [String] {
    guard state == .pending else { return [] }
    return rule.operators.filter { name in !openings.contains { $0.operator == name } }
  }

  /// Whether its delay has passed, and somebody has not acted.
  public func isOverdue(at moment: Timestamp) -> Bool { state == .pending && dueAt.map { $0 <= moment } ?? false }

  /// When those who have to act are reminded: a working day ahead.
  public var reminderAt: Timestamp? { dueAt.map { WorkingDays.moving($0, by: -1) } }

  /// When it is put before the board: a working day after the delay has passed.
  public var escalationAt: Timestamp? { dueAt.map { WorkingDays.moving($0, by: 1) } }

  /// When time alone changes something next; nil where it never does.
  public var next: Timestamp? {
    guard state == .pending else { return nil }
    if remindedAt == nil { return reminderAt }
    return escalatedAt == nil ? escalationAt : nil
  }
}

extension NetworkFlow.Wish {
  fileprivate func check() throws(RequestRefusal) {
    try RequestText.check(motive, at: "motive")
    try RequestText.check(system, at: "system")
    guard !ports.isEmpty, Set(ports).count == ports.count, ports.allSatisfy((1...65_535).contains) else {
      throw RequestRefusal(
        .badText, path: "ports", "is empty, names a port twice, or one that there is not",
        fr: "est vide, nomme deux fois un port, ou un port qui n’existe pas", accepted: "1 … 65535")
    }
  }
}

extension NetworkFlow.State {
  /// The state for people.
  public var name: LocalizedText {
    switch self {
    case .pending: LocalizedText(fr: "à ouvrir", en: "to be opened")
    case .opened: LocalizedText(fr: "ouvert", en: "open")
    case .rejected: LocalizedText(fr: "rejeté", en: "rejected")
    case .withdrawn: LocalizedText(fr: "retiré", en: "withdrawn")
    }
  }
}
