public import Events
import Foundation
import Model
import Postgres
public import Requests

/// A request for a derogation as it is stored.
public struct DerogationRecord: Sendable, Hashable, Codable {
  /// The request.
  public internal(set) var request: DerogationRequest
  /// Counts its changes, from 1; the value of the `ETag`.
  public internal(set) var revision: Int64
  /// Grows with the order of asking.
  public internal(set) var number: Int64
  /// Of which moment this is, by the database's clock.
  public internal(set) var asOf: Timestamp
  /// Whether this is the stored answer to an earlier request.
  public internal(set) var isReplay = false

  private enum CodingKeys: String, CodingKey {
    case request, revision, number, asOf
  }

  init(_ request: DerogationRequest, revision: Int64, number: Int64, asOf: Timestamp) {
    self.request = request
    self.revision = revision
    self.number = number
    self.asOf = asOf
  }

  init(row: PostgresRow, asOf: Timestamp) throws {
    request = try row.decode(PostgresJSON.self, "body").model(DerogationRequest.self)
    revision = try row.decode("revision")
    number = try row.decode("number")
    self.asOf = asOf
  }

  static let columns: PostgresQuery = "number, revision, body"

  var replayed: DerogationRecord {
    var copy = self
    copy.isReplay = true
    return copy
  }
}

/// Which requests for derogations are wanted.
public struct DerogationFilter: Sendable, Hashable {
  /// Of these projects only; all where nil.
  public var projects: [String]?
  /// In these states only; all where nil.
  public var states: [DerogationRequest.State]?

  /// A filter.
  public init(projects: [String]? = nil, states: [DerogationRequest.State]? = nil) {
    self.projects = projects
    self.states = states
  }
}
