public import Events

/// What one operator has to do for a flow: to open its ends of it within the guaranteed delay, or to reject it.
public struct FlowTask: Codable, Sendable, Hashable {
  /// The operator.
  public let `operator`: String
  /// The operator's ends.
  public internal(set) var ends: [FlowEnd]
  /// When the operator was asked.
  public let askedAt: Timestamp
  /// The end of the guaranteed delay.
  public let dueAt: Timestamp
  /// Who has opened its ends.
  public internal(set) var opened: NetworkFlow.Act?
  /// When the operator was reminded.
  public internal(set) var remindedAt: Timestamp?
  /// When it was put before the board that the operator has let the delay pass.
  public internal(set) var escalatedAt: Timestamp?

  init(operator: String, ends: [FlowEnd], delayDays: Int, at moment: Timestamp) {
    self.operator = `operator`
    self.ends = ends
    askedAt = moment
    dueAt = WorkingDays.adding(delayDays, to: moment)
  }

  /// Whether the operator has yet to act.
  public var isWaiting: Bool { opened == nil }

  /// Whether the delay has passed, and the operator has not acted.
  public func isOverdue(at moment: Timestamp) -> Bool { isWaiting && dueAt <= moment }

  /// When the operator is reminded: a working day ahead.
  public var reminderAt: Timestamp { WorkingDays.moving(dueAt, by: -1) }

  /// When it is put before the board: a working day after the delay has passed.
  public var escalationAt: Timestamp { WorkingDays.moving(dueAt, by: 1) }

  /// When time alone changes something next; nil where it never does.
  var next: Timestamp? {
    guard isWaiting else { return nil }
    if remindedAt == nil { return reminderAt }
    return escalatedAt == nil ? escalationAt : nil
  }

  /// Whether it is about these places and no others.
  func isAbout(_ others: [FlowEnd]) -> Bool { Set(ends.map(\.place)) == Set(others.map(\.place)) }

  /// Whether it is about all these places, and maybe others.
  func covers(_ others: [FlowEnd]) -> Bool { Set(ends.map(\.place)).isSuperset(of: others.map(\.place)) }

  /// Leaves it at these places. Where they are the same it stays as it was asked.
  mutating func narrow(to others: [FlowEnd]) {
    if !isAbout(others) { ends = others }
  }
}
