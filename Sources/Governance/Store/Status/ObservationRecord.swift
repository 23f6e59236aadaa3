public import Events
public import Foundation

/// One record of `regie.<zone>.observed`, as the consumer read it.
public struct ObservationRecord: Sendable {
  /// The partition.
  public var partition: Int32
  /// The offset.
  public var offset: Int64
  /// What it says; nil for a record that was refused, a tombstone or a key that is not known: only the offset moves on.
  public var observation: BusCodec.Observation?

  /// A record.
  public init(partition: Int32, offset: Int64, observation: BusCodec.Observation?) {
    self.partition = partition
    self.offset = offset
    self.observation = observation
  }
}

/// What a batch of observations did.
public struct ObservationResult: Sendable, Hashable {
  /// Placements whose observed state was replaced.
  public var applied: [UUID] = []
  /// Reports that were not newer than what is stored.
  public var stale = 0
  /// Reports of placements that are unknown or of another zone.
  public var foreign = 0
  /// Placements whose removal was observed now: their capacity is free.
  public var removed: [UUID] = []
  /// Heartbeats that were newer than all before: what comes late, twice, or of a life that another has followed says nothing of
  /// the agent whose word counts.
  public var heard = 0
  /// The latest life of the agent that is known, where there were heartbeats.
  public var life: Int64?
  /// The latest of those that spoke after it; nil where none did.
  public var earlierLife: Int64?
  /// Placements that are published again because an agent asked for it.
  public var republished = 0
}

/// The latest heartbeat of a zone's agent.
public struct AgentRecord: Sendable, Hashable {
  /// The heartbeat.
  public let status: AgentStatus
  /// When it was stored, by the database's clock.
  public let storedAt: Timestamp
  /// For how long the centre has listened since, and heard nothing.
  public let silence: Duration
}
