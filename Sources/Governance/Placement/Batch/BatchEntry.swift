/// What becomes of one project of a batch.
public struct BatchEntry: Codable, Sendable, Hashable {
  /// How it ended for the project.
  public enum Status: String, Codable, Sendable, CaseIterable {
    /// It has a place.
    case placed
    /// It would have a place, but not every project has, and all or nothing was asked for.
    case withheld
    /// It has a place by itself, but none beside the others.
    case crowdedOut
    /// It has a place only if a replica moves: which the batch does not allow, or which has to be done first.
    case wouldMove
    /// It has no place even by itself.
    case unplaceable
    /// Its own search ran out of nodes.
    case undecided
    /// A project of the same name comes before it in the batch.
    case repeated
  }

  /// The project's name.
  public var project: String
  /// Its place in the request, from 0.
  public var position: Int
  /// How it ended.
  public var status: Status
  /// If placed: where, as decided after all the entries before this one. The scores and the ledger's versions are those
  /// of that moment; versions do not count what the batch itself adds.
  ///
  /// If crowded out: what stands in its way after all that are placed. If withheld: where it would be by itself, and if
  /// it would move, where to, or what has to move first; neither is to be followed. Absent if repeated. Otherwise what
  /// stands in its way even by itself.
  public var plan: Plan?
  /// Whether the plan is the very one that the engine gives for the project by itself at that moment. If not, something
  /// better was left to another project, or what it prefers came before an even load, which a decision weighs together.
  public var isFirstChoice: Bool

  /// An entry.
  public init(project: String, position: Int, status: Status, plan: Plan?, isFirstChoice: Bool) {
    self.project = project
    self.position = position
    self.status = status
    self.plan = plan
    self.isFirstChoice = isFirstChoice
  }
}
