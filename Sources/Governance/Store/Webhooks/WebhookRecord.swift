public import Events
public import Foundation
import Model
import Postgres
public import Requests

/// A destination, as it may be shown.
public struct WebhookRecord: Sendable, Hashable {
  /// Whose destination it is.
  public enum Owner: Sendable, Hashable {
    /// An operator's.
    case `operator`(String)
    /// A project's.
    case project(String)
    /// The service body's: it is told what is its own to do, and what comes before the board.
    case serviceBody

    /// What stands in the column of operators for the service body: no operator can be called so. An instance of an
    /// earlier version takes it for one that has nothing to be told.
    static let serviceBodyName = "service:body"
  }

  /// The identifier.
  public let id: UUID
  /// Grows with the order of making.
  public let number: Int64
  /// Whose it is.
  public let owner: Owner
  /// What may be shown of the address.
  public let shown: String
  /// What is told there.
  public let events: [WebhookEvent]
  /// Who has made it.
  public let principal: String
  /// When.
  public let createdAt: Timestamp
  /// How many attempts have failed in a row.
  public let failures: Int
  /// What waits to be delivered.
  public let pending: Int
  /// What was given up.
  public let dead: Int
  /// Whether it was made by a key that has ended since: nothing is delivered there any more.
  public let isEnded: Bool
  /// When it ends with the key that has made it; nil where a person has made it, or it has ended.
  public let endsAt: Timestamp?

  init(row: PostgresRow) throws {
    id = try row.decode("id")
    number = try row.decode("number")
    if let name = try row.decode(String?.self, "operator") {
      owner = name == Owner.serviceBodyName ? .serviceBody : .operator(name)
    } else {
      owner = .project(try row.decode("project"))
    }
    shown = try row.decode("shown")
    // One that a later version knows is not told by this one.
    events = try row.decode([String].self, "events").compactMap(WebhookEvent.init)
    principal = try row.decode("created_by")
    createdAt = Timestamp(try row.decode(Date.self, "created_at"))
    failures = Int(try row.decode(Int32.self, "failures"))
    pending = Int(try row.decode(Int64.self, "pending"))
    dead = Int(try row.decode(Int64.self, "dead"))
    isEnded = try row.decode("ended")
    endsAt = isEnded ? nil : try row.decode(Date?.self, "ends_at").map(Timestamp.init)
  }

  static let columns: PostgresQuery = """
    w.id, w.number, w.operator, w.project, w.shown, w.events, w.created_by, w.created_at, w.failures,
    (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook = w.id AND d.state = 'pending') AS pending,
    (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook = w.id AND d.state = 'dead') AS dead,
    \(isEnded) AS ended, (SELECT k.expires_at FROM api_keys k WHERE w.created_by = 'key:' || k.id) AS ends_at
    """

  /// Whether whoever has made `w` is known to have no right to it any more. Of keys that is known; what groups somebody is in is
  /// known while he shows a token, and at no other time.
  static let isEnded: PostgresQuery = """
    (w.created_by LIKE 'key:%' AND NOT EXISTS (SELECT FROM api_keys k WHERE k.id = substr(w.created_by, 5)
      AND k.revoked_at IS NULL AND k.expires_at > clock_timestamp()))
    """
}

/// Something that was, or is to be, delivered.
public struct DeliveryRecord: Sendable, Hashable {
  /// How far it has come.
  public enum State: String, Sendable, CaseIterable {
    /// It is to be delivered.
    case pending
    /// The destination has taken it.
    case delivered
    /// It was tried for long enough.
    case dead
  }

  /// The identifier, which each attempt carries.
  public let id: UUID
  /// Grows with the order of writing.
  public let number: Int64
  /// What has happened.
  public let event: String
  /// How far it has come.
  public let state: State
  /// When it became so.
  public let at: Timestamp
  /// How often it was sent.
  public let attempts: Int
  /// The status of the last answer.
  public let status: Int?
  /// Why the last attempt has failed.
  public let failure: String?
  /// When it was taken, or given up.
  public let settledAt: Timestamp?

  init(row: PostgresRow) throws {
    id = try row.decode("id")
    number = try row.decode("number")
    event = try row.decode("event")
    state = State(rawValue: try row.decode("state")) ?? .pending
    at = Timestamp(try row.decode(Date.self, "at"))
    attempts = Int(try row.decode(Int32.self, "attempts"))
    status = try row.decode(Int32?.self, "status").map(Int.init)
    failure = try row.decode("failure")
    settledAt = try row.decode(Date?.self, "settled_at").map(Timestamp.init)
  }

  static let columns: PostgresQuery = "id, number, event, state, at, attempts, status, failure, settled_at"
}
