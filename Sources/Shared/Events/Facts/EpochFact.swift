/// That a database which had been restored was recovered, and has begun another epoch. What other public facts say of an
/// earlier epoch does not hold any more, unless it was said again: it is of a life that was lost.
public struct EpochFact: PublicFact {
  /// Its type on the bus.
  public static var type: String { EventType.epoch }

  /// The epoch that has begun.
  public var epoch: Int64
  /// The epoch as well: one fact for each.
  public var revision: Int64
  /// When it began, by the database's clock.
  public var begunAt: Timestamp

  /// The record's key: there is one database.
  public var key: String { "epoch" }

  /// What is told of an epoch.
  public init(epoch: Int64, begunAt: Timestamp) {
    self.epoch = epoch
    revision = epoch
    self.begunAt = begunAt
  }
}
