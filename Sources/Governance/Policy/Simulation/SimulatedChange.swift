import Placement

/// What becomes of a project from one simulation to another.
public struct SimulatedChange: Codable, Sendable, Hashable {
  /// The kinds of change, mildest last.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// It was placed, and is so no more.
    case noLongerPlaced
    /// Some of it would go elsewhere.
    case moves
    /// It is placed now, and was not.
    case newlyPlaced
    /// It fits nowhere, before and after.
    case stillNotPlaced
    /// Everything stays where it is, and another chain delivers to it.
    case rechained
    /// Everything stays as it is.
    case same
  }

  /// The project's name.
  public var project: String
  /// What becomes of it.
  public var change: Kind
  /// Before.
  public var before: SimulatedProject
  /// After; its violations say which replicas do not comply any more, and why.
  public var after: SimulatedProject

  init(before: SimulatedProject, after: SimulatedProject) {
    project = after.project
    self.before = before
    self.after = after
    change =
      switch (before.outcome == .placed, after.outcome == .placed) {
      case (true, false): .noLongerPlaced
      case (false, true): .newlyPlaced
      case (false, false): .stillNotPlaced
      case (true, true):
        Self.homes(before) != Self.homes(after) ? .moves : before.chain != after.chain ? .rechained : .same
      }
  }

  private static func homes(_ project: SimulatedProject) -> [[String]] {
    project.places.map { [$0.environment, "\($0.replica)", $0.cluster] }
  }
}
