public import Events
import Foundation
import Model
import Postgres
public import Requests

/// A network flow as it is stored.
public struct FlowRecord: Sendable, Hashable, Codable {
  /// The flow.
  public internal(set) var flow: NetworkFlow
  /// Counts its changes, from 1; the value of the `ETag`.
  public internal(set) var revision: Int64
  /// Grows with the order of asking.
  public internal(set) var number: Int64
  /// Of which moment this is, by the database's clock.
  public internal(set) var asOf: Timestamp
  /// Whether this is the stored answer to an earlier request.
  public internal(set) var isReplay = false

  private enum CodingKeys: String, CodingKey {
    case flow, revision, number, asOf
  }

  init(_ flow: NetworkFlow, revision: Int64, number: Int64, asOf: Timestamp) {
    self.flow = flow
    self.revision = revision
    self.number = number
    self.asOf = asOf
  }

  init(row: PostgresRow, asOf: Timestamp) throws {
    flow = try row.decode(PostgresJSON.self, "body").model(NetworkFlow.self)
    revision = try row.decode("revision")
    number = try row.decode("number")
    self.asOf = asOf
  }

  static let columns: PostgresQuery = "number, revision, body"

  var replayed: FlowRecord {
    var copy = self
    copy.isReplay = true
    return copy
  }
}

/// Which flows are wanted.
public struct FlowFilter: Sendable, Hashable {
  /// Of this project only, as the one that asks or as the one at the other end; all where nil.
  public var project: String?
  /// Of this operator only; all where nil.
  public var `operator`: String?
  /// In this state only; all where nil.
  public var state: NetworkFlow.State?
  /// Only those of which a delay has passed.
  public var isOverdue: Bool
  /// Only those that are before the board.
  public var isEscalated: Bool

  /// A filter.
  public init(
    project: String? = nil, operator: String? = nil, state: NetworkFlow.State? = nil, isOverdue: Bool = false,
    isEscalated: Bool = false
  ) {
    self.project = project
    self.operator = `operator`
    self.state = state
    self.isOverdue = isOverdue
    self.isEscalated = isEscalated
  }
}

/// What an operator is late with.
public struct OverdueFlows: Sendable, Hashable {
  /// The operator.
  public let `operator`: String
  /// How many flows wait for it beyond the guaranteed delay.
  public let count: Int
  /// How long ago the oldest of these delays has passed.
  public let oldest: Duration
}
