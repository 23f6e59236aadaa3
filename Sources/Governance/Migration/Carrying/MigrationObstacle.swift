/// Why a move does not go on by itself. Each goes away with what it is about; nothing is ever deleted because of one.
public enum MigrationObstacle: Codable, Sendable, Hashable {
  /// There is no place for it: what the engine says.
  case noTarget([String])
  /// What the policy in force demands the target does not offer any more: the rules and codes.
  case targetIllegal([String])
  /// The target is not as it must be: quota, readiness, usage, heartbeat, a derogation about to end.
  case targetNotReady([String])
  /// The target, or what it was, is gone from its cluster.
  case targetGone
  /// The source is gone from its cluster, and nobody has ordered it.
  case sourceGone
  /// The source did not become what was ordered in time: its agent, its cluster or the bus is away.
  case sourceLate
  /// The target did not become what was ordered in time.
  case targetLate
  /// A task was not done in time.
  case overdue(MigrationTask.Kind)
  /// What is decided by hand was not, in the time of a task.
  case waiting(MigrationAct)
  /// Going back after the cut-over would lose what was written since: it needs the reverse copy, or somebody who accepts the
  /// loss.
  case wayBackLosesWrites
}
