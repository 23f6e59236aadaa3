public import Events
public import Foundation
public import Model

/// A network flow between a project and a named system, from its motive to its opening and its end: a value whose
/// ``handle(_:by:at:)`` says what follows.
public struct NetworkFlow: Codable, Sendable, Hashable {
  /// How far it has come.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// An operator has to act.
    case pending
    /// All its ends are open.
    case opened
    /// The system is reached from nowhere: nobody has to act, and no delay runs.
    case suspended
    /// An operator has rejected it.
    case rejected
    /// It is asked for no more.
    case withdrawn
    /// The environment is placed nowhere any more.
    case lapsed

    /// Whether something may still happen to it.
    public var isLive: Bool { [.pending, .opened, .suspended].contains(self) }
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

  /// An end that somebody has opened by hand.
  struct Opening: Codable, Sendable, Hashable {
    var end: FlowEnd
    var act: Act
  }

  /// The identifier.
  public let id: UUID
  /// What is to be opened.
  public let wish: FlowWish
  /// Who has asked.
  public let principal: String
  /// When it was asked for.
  public let requestedAt: Timestamp
  /// Where its ends are, as of when they were last looked at, and how their operators open flows.
  public internal(set) var ends: [FlowEnd]
  /// What follows for it.
  public internal(set) var rule: FlowRule
  /// How far it has come.
  public internal(set) var state: State
  /// What operators have to do, or have done, by name; none where nobody has to act.
  public internal(set) var tasks: [FlowTask] = []
  /// Every end of it that somebody has said is open, whether it is wanted still or not.
  public internal(set) var openEnds: [FlowEnd] = []
  /// Which of its ends were opened by hand for it, and by whom, as long as they are its ends: a task that is about more ends by
  /// now says nothing of them. Nil where there are none, and in what an earlier program wrote.
  var openings: [Opening]?
  /// What operators have yet to close of it, by name; nil where nothing is to be closed.
  public internal(set) var closings: [FlowTask]?
  /// The operator that has rejected it.
  public internal(set) var rejection: Act?
  /// Why it was rejected, or withdrawn.
  public internal(set) var reason: String?
  /// Whether it was ever before the board, whatever has become of it since; nil in what an earlier program wrote.
  public internal(set) var wasBeforeBoard: Bool?
  /// When the last of its ends was opened; nil while it is not open.
  public internal(set) var openedAt: Timestamp?
  /// When it was rejected, was withdrawn or lapsed.
  public internal(set) var endedAt: Timestamp?

  /// A flow that is asked for. Where its rule says so it is open at once.
  ///
  /// - Parameters:
  ///   - policyDelay: the delay that the policy says, in working days.
  ///   - isCarriedOver: whether it is asked for in the place of another, whose texts were taken by the form of their day.
  /// - Throws: ``RequestRefusal``.
  public init(
    id: UUID, wish: FlowWish, ground: FlowGround, policyDelay: Int?, isCarriedOver: Bool = false,
    by actor: RequestActor, at moment: Timestamp
  ) throws(RequestRefusal) {
    try actor.mustBeApplicant()
    try wish.check(isStored: isCarriedOver)
    switch ground {
    case .unplaced: throw .notPlaced
    case .noSystem: throw .noSystem(wish.system)
    case .ends: break
    }
    self.id = id
    self.wish = wish
    principal = actor.principal
    requestedAt = moment
    ends = []
    rule = FlowRule(ends: [], policyDelay: policyDelay)
    state = .pending
    _ = settle(on: ground.ends, policyDelay: policyDelay, at: moment)
  }

  /// The operators that have not acted yet, by name.
  public var waiting: [String] { state == .pending ? tasks.filter(\.isWaiting).map(\.operator) : [] }

  /// Ends that were opened by hand and are wanted no more: their operators close them.
  public var leftOpen: [FlowEnd] {
    guard state.isLive else { return openEnds }
    let wanted = Set(ends.map(\.place))
    return openEnds.filter { !wanted.contains($0) }
  }

  /// What is open of it though it has ended, and what another flow, which asks for the same, wants.
  public func leftOpen(for other: NetworkFlow) -> [FlowEnd] {
    guard !state.isLive, wish.asks(forTheSameAs: other.wish) else { return [] }
    let wanted = Set(other.ends.map(\.place))
    return openEnds.filter(wanted.contains)
  }

  /// Takes for open what an earlier flow, which asked for the same, has left open: nobody closes it meanwhile, and with this
  /// one it is closed.
  public mutating func takeOver(_ places: [FlowEnd]) {
    openEnds += places.filter { !openEnds.contains($0) }
  }

  /// The operators that are, or were, concerned by it, by name.
  public var operators: [String] {
    Set((ends + openEnds).map(\.operator) + tasks.map(\.operator) + [rejection?.operator].compactMap(\.self)).sorted()
  }

  /// The end of the guaranteed delay of whoever has to act first; nil where nobody has to.
  public var dueAt: Timestamp? { state == .pending ? tasks.filter(\.isWaiting).map(\.dueAt).min() : nil }

  /// What operators have yet to do: to open, or to close.
  public var open: [FlowTask] { (state == .pending ? tasks.filter(\.isWaiting) : []) + (closings ?? []) }

  /// Whether a delay has passed, and somebody has not acted.
  public func isOverdue(at moment: Timestamp) -> Bool { open.contains { $0.isOverdue(at: moment) } }

  /// When time alone changes something next of what is to be opened; nil where it never does.
  public var nextOpening: Timestamp? { state == .pending ? tasks.compactMap(\.next).min() : nil }

  /// When time alone changes something next of what is to be closed; nil where it never does.
  public var nextClosing: Timestamp? { (closings ?? []).filter { $0.remindedAt == nil }.map(\.reminderAt).min() }

  /// When time alone changes something next; nil where it never does.
  public var next: Timestamp? { [nextOpening, nextClosing].compactMap(\.self).min() }
}

extension NetworkFlow.State {
  /// The state for people.
  public var name: LocalizedText {
    switch self {
    case .pending: LocalizedText(fr: "à ouvrir", en: "to be opened")
    case .opened: LocalizedText(fr: "ouvert", en: "open")
    case .suspended: LocalizedText(fr: "suspendu", en: "suspended")
    case .rejected: LocalizedText(fr: "rejeté", en: "rejected")
    case .withdrawn: LocalizedText(fr: "retiré", en: "withdrawn")
    case .lapsed: LocalizedText(fr: "caduc", en: "lapsed")
    }
  }
}

extension RequestRefusal {
  static let notPlaced = RequestRefusal(
    .notPlaced, path: "environment", "it is placed nowhere: there is nothing to open",
    fr: "il n’est placé nulle part : il n’y a rien à ouvrir",
    accepted: "an environment that is placed / un environnement placé")

  static func noSystem(_ name: String) -> RequestRefusal {
    RequestRefusal(
      .notPlaced, path: "system", "no region is connected to “\(name)”, and it is no environment that is placed",
      fr: "aucune région n’est reliée à « \(name) », qui n’est pas non plus un environnement placé",
      accepted: "an interconnection of a region, or project/environment / une interconnexion, ou projet/environnement")
  }
}
