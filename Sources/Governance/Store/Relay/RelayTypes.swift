public import Events
import Foundation

/// Who the relay is. The term fences: with a later one begun, nothing can be claimed under this one.
public struct RelayLease: Sendable, Hashable {
  /// The instance.
  public let holder: String
  /// Grows with every leader.
  public let term: Int64
  /// The server process of the connection that holds the relay's advisory lock.
  public let backendPID: Int32
  /// When it was last renewed, by the database's clock.
  public let renewedAt: Timestamp
  /// How long ago that is, by the database's clock.
  public let age: Duration
  /// For how long, from now on, a message of the leaders before this one may still wait in the queue of its producer; zero where
  /// none may.
  public let earlier: Duration

  /// No leader lets a message wait for longer.
  public static let longestMessageTimeout: Duration = .seconds(120)
}

/// The latest committed state of a placement, to be published.
public struct OutboxClaim: Sendable, Hashable {
  /// What is to be published.
  public let state: DesiredState
  /// The outbox rows that publishing it settles.
  public let ids: [Int64]
  /// When the oldest of them was written, by the database's clock.
  public let oldest: Timestamp
  /// The trace of the request that made the revision.
  public let traceparent: String?
}

/// What the bus has acknowledged.
public struct OutboxAck: Sendable, Hashable {
  /// The rows of one ``OutboxClaim``.
  public var ids: [Int64]
  /// The topic.
  public var topic: String
  /// The partition.
  public var partition: Int32
  /// The record's offset.
  public var offset: Int64
  /// What was sent, for the zone's record.
  public var state: PublishedState?

  /// An acknowledgement.
  public init(ids: [Int64], topic: String, partition: Int32, offset: Int64, state: PublishedState? = nil) {
    self.state = state
    self.ids = ids
    self.topic = topic
    self.partition = partition
    self.offset = offset
  }
}
