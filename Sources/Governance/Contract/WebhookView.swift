public import Events
public import Foundation
public import Requests

/// A destination that is told of what concerns its owner.
public struct WebhookView: Codable, Sendable, Hashable {
  /// The identifier.
  public var id: UUID
  /// The operator whose it is.
  public var `operator`: String?
  /// The project whose it is.
  public var project: String?
  /// Whether it is the service body's; absent where not.
  public var serviceBody: Bool?
  /// What may be shown of the address.
  public var address: String
  /// What is told there.
  public var events: [WebhookEvent]
  /// Who has made it.
  public var principal: String
  /// When.
  public var createdAt: Timestamp
  /// How many attempts have failed in a row.
  public var failures: Int
  /// How much waits to be delivered.
  public var pending: Int
  /// How much was given up.
  public var dead: Int
  /// Whether it was made by a key that has ended since: nothing is delivered there any more. Absent where not.
  public var ended: Bool?
  /// When it ends with the key that has made it; absent where a person has made it, or it has ended.
  public var endsAt: Timestamp?
  /// What deliveries are signed with, in hexadecimal digits: shown once, where it is made.
  public var secret: String?

  /// A view of a destination.
  public init(
    id: UUID, operator: String?, project: String?, address: String, events: [WebhookEvent], principal: String,
    createdAt: Timestamp, failures: Int, pending: Int, dead: Int, ended: Bool = false, endsAt: Timestamp? = nil,
    secret: String? = nil, isServiceBody: Bool = false
  ) {
    self.id = id
    self.operator = `operator`
    self.project = project
    serviceBody = isServiceBody ? true : nil
    self.address = address
    self.events = events
    self.principal = principal
    self.createdAt = createdAt
    self.failures = failures
    self.pending = pending
    self.dead = dead
    self.ended = ended ? true : nil
    self.endsAt = endsAt
    self.secret = secret
  }
}

/// What makes a destination.
public struct WebhookWish: Codable, Sendable, Hashable {
  /// The operator whose it is to be.
  public var `operator`: String?
  /// The project whose it is to be.
  public var project: String?
  /// Whether it is to be the service body's; absent where not.
  public var serviceBody: Bool?
  /// The address.
  public var url: String
  /// What is to be told; everything where absent.
  public var events: [WebhookEvent]?

  /// A wish.
  public init(
    operator: String? = nil, project: String? = nil, isServiceBody: Bool = false, url: String,
    events: [WebhookEvent]? = nil
  ) {
    self.operator = `operator`
    self.project = project
    serviceBody = isServiceBody ? true : nil
    self.url = url
    self.events = events
  }
}

/// Something that was, or is to be, delivered.
public struct DeliveryView: Codable, Sendable, Hashable {
  /// The identifier, which each attempt carries.
  public var id: UUID
  /// What has happened.
  public var event: String
  /// `pending`, `delivered` or `dead`.
  public var state: String
  /// When it became so.
  public var at: Timestamp
  /// How often it was sent.
  public var attempts: Int
  /// The status of the last answer.
  public var status: Int?
  /// Why the last attempt has failed.
  public var failure: String?
  /// When it was taken, or given up.
  public var settledAt: Timestamp?

  /// A view of a delivery.
  public init(
    id: UUID, event: String, state: String, at: Timestamp, attempts: Int, status: Int? = nil, failure: String? = nil,
    settledAt: Timestamp? = nil
  ) {
    self.id = id
    self.event = event
    self.state = state
    self.at = at
    self.attempts = attempts
    self.status = status
    self.failure = failure
    self.settledAt = settledAt
  }
}
