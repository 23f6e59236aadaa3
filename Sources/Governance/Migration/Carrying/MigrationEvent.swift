public import Foundation
public import Model

/// What a move learns: what people do, and what is seen.
public enum MigrationEvent: Sendable, Hashable {
  /// A party agrees.
  case approved(MigrationParty)
  /// It is to begin; `changes` is what of the plan's ground is otherwise by now, and `source` what the source is, where
  /// that is known.
  case started(changes: [String], source: PlacementPhase? = nil)
  /// The engine has found the target a place, and it was reserved in the same transaction.
  case placed(UUID)
  /// The engine has found none.
  case unplaceable([String])
  /// The target's reservation is no more: it expired, or was cancelled, before the environment was made.
  case placeLost
  /// What the policy in force says of the target now: why it may not be there; nothing where it may.
  case judged([String])
  /// An agent has reported on the source's or the target's present desired state.
  case observed(MigrationSide, Observation)
  /// What is wanted of a copy now was not seen yet: something of it was changed, and nobody has reported on that.
  case unseen(MigrationSide)
  /// A task was done.
  case done(MigrationTask.Kind, evidence: String)
  /// Users are to be led to the target. From here on the way back costs something.
  case cutOverBegins
  /// The source is to go; the environment's name was typed.
  case removalConfirmed(typed: String)
  /// A source that was given up for lost, and that nobody has seen since, is gone; the environment's name was typed.
  case goneDeclared(typed: String)
  /// The source is gone for good with what was not copied, and somebody answers for it.
  case sourceLost(acceptedLoss: String)
  /// It is to rest as it stands.
  case paused
  /// It is to go on.
  case resumed
  /// Back to the source; `acceptedLoss` is what of the target's new writes somebody gives up by name.
  case rolledBack(acceptedLoss: String?)
  /// After a rollback the target is to go although it was in use; its name was typed.
  case targetRemovalConfirmed(typed: String)
  /// It is given up as it stands.
  case givenUp(reason: String)
  /// The database was restored: what was done since is not known. It rests until somebody has looked at it; `source` is the
  /// phase that is wanted of the source by what the bus has kept, nil where it is gone.
  case recovered(source: PlacementPhase?)
  /// Time has passed.
  case clock

  /// What was seen of a placement: it counts only for the desired state that was written last.
  public struct Observation: Codable, Sendable, Hashable {
    /// The phase that is in place.
    public var phase: PlacementPhase
    /// What is not as it must be there; empty where all is well.
    public var faults: [String]
    /// Of a source that is gone: whether others of its environment's name are there; nil where none are.
    public var hasOthers: Bool?

    /// An observation.
    public init(_ phase: PlacementPhase, faults: [String] = [], hasOthers: Bool? = nil) {
      self.phase = phase
      self.faults = faults
      self.hasOthers = hasOthers
    }
  }
}

/// The two copies.
public enum MigrationSide: String, Codable, Sendable, CaseIterable, CodingKeyRepresentable {
  /// Where it is.
  case source
  /// Where it goes.
  case target
}

/// What is worth telling of what followed from an event.
public enum MigrationNotice: Sendable, Hashable {
  /// It has come to a step.
  case reached(MigrationStep)
  /// Somebody has something to do.
  case opened(MigrationTask.Kind)
  /// Something stands in the way now.
  case blocked(MigrationObstacle)
  /// Something stands in the way no more.
  case cleared(MigrationObstacle)
  /// Something has to be decided by hand.
  case awaited(MigrationAct)
  /// Half of the time for that has passed.
  case actReminder(MigrationAct)
  /// Half of the time for a task has passed.
  case reminder(MigrationTask.Kind)
  /// It rests, or goes on.
  case paused(Bool)
  /// The source is ordered to go.
  case removalOrdered
}
