public import Foundation

/// What has become of the move of one environment: which placement takes the place of which other one. Where both are, and
/// what they are called, is for those who may read them.
public struct MoveFact: PublicFact {
  /// How far it has come; the names are those of the steps of a move.
  public enum Step: String, Codable, Sendable, CaseIterable {
    case planned, approved, preparingTarget, targetReady, firstCopy, writesStopped, finalCopy, cutOver, verified
    case drainingSource, removed, done, rollingBack, rolledBack, failed
  }

  /// How it stands, beside its step.
  public enum Standing: String, Codable, Sendable, CaseIterable {
    case running, blocked, paused, ended
  }

  /// Its type on the bus.
  public static var type: String { EventType.move }

  /// The epoch of the database.
  public var epoch: Int64
  /// Grows with each state of it.
  public var revision: Int64
  /// The move.
  public var move: UUID
  /// The migration that it belongs to.
  public var migration: UUID
  /// The placement that goes.
  public var source: UUID
  /// The placement that takes its place; absent while it has none.
  public var target: UUID?
  /// How far it has come.
  public var step: Step
  /// How it stands.
  public var standing: Standing

  /// The record's key.
  public var key: String { "move/\(move.uuidString.lowercased())" }

  /// What is told of a move.
  public init(
    epoch: Int64, revision: Int64, move: UUID, migration: UUID, source: UUID, target: UUID?, step: Step,
    standing: Standing
  ) {
    self.epoch = epoch
    self.revision = revision
    self.move = move
    self.migration = migration
    self.source = source
    self.target = target
    self.step = step
    self.standing = standing
  }
}
