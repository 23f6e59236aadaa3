public import Events
public import Foundation

/// What a zone's topics hold, the highest version of each placement: what a restored database is compared with (protocol
/// rule 13).
public struct BusEvidence: Sendable {
  /// The latest desired state of a placement, and where it stands.
  public struct Seen: Sendable, Hashable {
    /// The state, verified.
    public var state: DesiredState
    /// The digest of its bytes as carried.
    public var content: ContentDigest
    /// The record's partition.
    public var partition: Int32
    /// The record's offset.
    public var offset: Int64

    /// A state that was seen.
    public init(state: DesiredState, content: ContentDigest, partition: Int32, offset: Int64) {
      self.state = state
      self.content = content
      self.partition = partition
      self.offset = offset
    }
  }

  /// The zone's slug.
  public var zone: String
  /// By placement.
  public var desired: [UUID: Seen]
  /// The zone's record with the highest epoch and sequence.
  public var record: ZoneRecord?
  /// The latest report of each placement; empty where they were not read.
  public var observed: [UUID: ObservedState]
  /// Records that could not be believed: of another key, or damaged.
  public var refused: Int
  /// Whether the database knows the zone. Of one that it does not, only its topic was found.
  public var isDeclared: Bool
  /// Whether the database knows that the zone has left: its topics stay, and what they hold is known as well.
  public var hasLeft: Bool

  /// Evidence.
  public init(
    zone: String, desired: [UUID: Seen] = [:], record: ZoneRecord? = nil, observed: [UUID: ObservedState] = [:],
    refused: Int = 0, isDeclared: Bool = true, hasLeft: Bool = false
  ) {
    self.zone = zone
    self.desired = desired
    self.record = record
    self.observed = observed
    self.refused = refused
    self.isDeclared = isDeclared
    self.hasLeft = hasLeft
  }
}
