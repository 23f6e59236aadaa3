public import Foundation

/// What has become of a network flow that was put before the board, because an operator has let the guaranteed delay pass.
/// Whose it is, between what and why, is for those who may read the flow.
public struct FlowFact: PublicFact {
  /// How far it has come.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// An operator has to act.
    case pending
    /// All its ends are open.
    case opened
    /// The system is reached from nowhere.
    case suspended
    /// An operator has rejected it.
    case rejected
    /// It is asked for no more.
    case withdrawn
    /// The environment is placed nowhere any more.
    case lapsed
  }

  /// Its type on the bus.
  public static var type: String { EventType.flow }

  /// The epoch of the database.
  public var epoch: Int64
  /// Grows with each state of it that is told.
  public var revision: Int64
  /// The flow.
  public var flow: UUID
  /// How far it has come.
  public var state: State
  /// The operators that were put before the board and have not acted yet, by name.
  public var late: [String]

  /// The record's key.
  public var key: String { "flow/\(flow.uuidString.lowercased())" }

  /// What is told of a flow.
  public init(epoch: Int64, revision: Int64, flow: UUID, state: State, late: [String]) {
    self.epoch = epoch
    self.revision = revision
    self.flow = flow
    self.state = state
    self.late = late
  }
}
