public import Events
public import Foundation
public import Model
public import Requests

/// A network flow.
public struct FlowView: Codable, Sendable, Hashable {
  /// One end of it.
  public struct End: Codable, Sendable, Hashable {
    /// Whose end it is.
    public var side: FlowEnd.Side
    /// The operator; absent where who reads is not to know before the flow is open.
    public var `operator`: String?
    /// The region; absent where it is the other project's, and not for who reads to know.
    public var region: String?
    /// The zone's sensitivity; absent likewise.
    public var sensitivity: Sensitivity?

    /// A view of an end.
    public init(_ end: FlowEnd, isKnown: Bool, isTold: Bool = true) {
      side = end.side
      self.operator = isKnown || isTold ? end.operator : nil
      region = isKnown ? end.region : nil
      sensitivity = isKnown ? end.sensitivity : nil
    }
  }

  /// What an operator has to do, or has done.
  public struct Task: Codable, Sendable, Hashable {
    /// The operator.
    public var `operator`: String
    /// When it was asked.
    public var askedAt: Timestamp
    /// The end of the guaranteed delay.
    public var dueAt: Timestamp
    /// Whether the delay has passed, and it has not acted.
    public var overdue: Bool
    /// When it has opened its ends.
    public var openedAt: Timestamp?
    /// Who acted for it.
    public var openedBy: String?
    /// When it was reminded.
    public var remindedAt: Timestamp?
    /// When it was put before the board.
    public var escalatedAt: Timestamp?

    /// A view of a task.
    public init(_ task: FlowTask, isLive: Bool, asOf: Timestamp) {
      self.operator = task.operator
      askedAt = task.askedAt
      dueAt = task.dueAt
      overdue = isLive && task.isOverdue(at: asOf)
      openedAt = task.opened?.at
      openedBy = task.opened?.principal
      remindedAt = task.remindedAt
      escalatedAt = task.escalatedAt
    }
  }

  /// The identifier.
  public var id: UUID
  /// Grows with the order of asking.
  public var number: Int64
  /// How far it has come.
  public var state: NetworkFlow.State
  /// The project.
  public var project: String
  /// The environment.
  public var environment: String
  /// The system at the other end.
  public var system: String
  /// Seen from the environment.
  public var direction: FlowRequestSpec.Direction
  /// Transport protocol.
  public var `protocol`: FlowRequestSpec.TransportProtocol
  /// The ports.
  public var ports: [Int]
  /// Why.
  public var motive: String
  /// Where its ends are.
  public var ends: [End]
  /// Whether it leads from one sensitivity into another; absent where who reads is not to know before the flow is open.
  public var crossesSensitivities: Bool?
  /// Whether it leads from one region into another; absent likewise.
  public var crossesRegions: Bool?
  /// Whether nobody has to act.
  public var automatic: Bool
  /// The guaranteed delay, in working days.
  public var delayDays: Int
  /// What operators have to do, or have done.
  public var tasks: [Task]
  /// The operators that have not acted yet.
  public var waiting: [String]
  /// The end of the delay of whoever has to act first.
  public var dueAt: Timestamp?
  /// Whether a delay has passed, and somebody has not acted.
  public var overdue: Bool
  /// Ends that were opened by hand and are wanted no more: their operators close them.
  public var leftOpen: [End]
  /// What operators have to do for that; absent where nothing is to be closed.
  public var closings: [Task]?
  /// The operator that has rejected it.
  public var rejectedBy: String?
  /// Why it was rejected, or withdrawn.
  public var reason: String?
  /// Who has asked.
  public var principal: String
  /// When it was asked for.
  public var requestedAt: Timestamp
  /// When the last of its ends was opened.
  public var openedAt: Timestamp?
  /// When it was rejected, was withdrawn or lapsed.
  public var endedAt: Timestamp?
  /// Counts its changes; the value of the `ETag`.
  public var revision: Int64
  /// Of which moment this is, by the database's clock.
  public var asOf: Timestamp

  /// A view of a flow.
  ///
  /// Of the far end of a flow that is not open who may not know its place learns nothing: not who answers for it, how many there
  /// are, or whether it is another sensitivity's. Otherwise asking would be enough to find out (protocol rule 6).
  ///
  /// - Parameter isKnown: which ends who reads may know the place of.
  public init(
    _ flow: NetworkFlow, number: Int64, revision: Int64, asOf: Timestamp, isKnown: (FlowEnd) -> Bool = { _ in true }
  ) {
    id = flow.id
    self.number = number
    state = flow.state
    project = flow.wish.project
    environment = flow.wish.environment
    system = flow.wish.system
    direction = flow.wish.direction
    self.protocol = flow.wish.protocol
    ports = flow.wish.ports
    motive = flow.wish.motive
    let isTold = flow.state == .opened || flow.ends.allSatisfy(isKnown)
    func told(_ ends: [FlowEnd]) -> [End] {
      let ends = ends.map { End($0, isKnown: isKnown($0), isTold: isTold) }
      return ends.enumerated().filter { place, end in isTold || !ends[..<place].contains(end) }.map(\.element)
    }
    ends = told(flow.ends)
    crossesSensitivities = isTold ? flow.rule.crossesSensitivities : nil
    crossesRegions = isTold ? flow.rule.crossesRegions : nil
    automatic = flow.rule.isAutomatic
    delayDays = flow.rule.delayDays
    let known = Set((flow.ends + flow.openEnds).filter(isKnown).map(\.operator))
    tasks = flow.tasks.filter { isTold || known.contains($0.operator) }
      .map { Task($0, isLive: flow.state == .pending, asOf: asOf) }
    waiting = flow.waiting.filter { isTold || known.contains($0) }
    dueAt = flow.dueAt
    overdue = flow.isOverdue(at: asOf)
    leftOpen = told(flow.leftOpen)
    closings = flow.closings?.filter { isTold || known.contains($0.operator) }
      .map { Task($0, isLive: true, asOf: asOf) }
    rejectedBy = flow.rejection.map(\.operator).flatMap { isTold || known.contains($0) ? $0 : nil }
    reason = flow.reason
    principal = flow.principal
    requestedAt = flow.requestedAt
    openedAt = flow.openedAt
    endedAt = flow.endedAt
    self.revision = revision
    self.asOf = asOf
  }
}

/// What an operator does with a flow.
public struct FlowActWish: Codable, Sendable, Hashable {
  /// The operator that is spoken for; may be left out by who speaks for one only.
  public var `operator`: String?
  /// Why; always where it is rejected.
  public var reason: String?

  /// An act.
  public init(operator: String? = nil, reason: String? = nil) {
    self.operator = `operator`
    self.reason = reason
  }
}
