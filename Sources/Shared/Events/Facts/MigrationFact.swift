public import Foundation

/// What has become of a migration. What it moves, where and why is for those who may read it.
public struct MigrationFact: PublicFact {
  /// How far it has come.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// It is to be agreed to, and to be started.
    case planned
    /// Its moves begin.
    case running
    /// No move begins for now.
    case paused
    /// No move begins any more.
    case cancelling
    /// It was cancelled.
    case cancelled
    /// All its moves have ended.
    case done
  }

  /// Its type on the bus.
  public static var type: String { EventType.migration }

  /// The epoch of the database.
  public var epoch: Int64
  /// Grows with each state of it.
  public var revision: Int64
  /// The migration.
  public var migration: UUID
  /// How far it has come.
  public var state: State

  /// The record's key.
  public var key: String { "migration/\(migration.uuidString.lowercased())" }

  /// What is told of a migration.
  public init(epoch: Int64, revision: Int64, migration: UUID, state: State) {
    self.epoch = epoch
    self.revision = revision
    self.migration = migration
    self.state = state
  }
}
