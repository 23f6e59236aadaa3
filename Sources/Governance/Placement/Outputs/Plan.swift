public import Model

/// Where a project goes, or what stands in its way: a decision without the verdicts of the clusters.
public struct Plan: Codable, Sendable, Hashable {
  /// How the reasons against the project as a whole go together.
  public enum Conflict: String, Codable, Sendable, CaseIterable {
    /// Each of them, lifted alone, would make a full assignment exist.
    case alone
    /// None of them does alone; all of them together do, and none can be left out of the set.
    case together
  }

  /// The engine that decided.
  public var engineVersion: String
  /// The policy that was in force.
  public var policyVersion: Int64
  /// The project's name.
  public var project: String
  /// The day it was decided for.
  public var day: CalendarDay
  /// How it ended.
  public var outcome: Decision.Outcome
  /// The chain that delivers to all the places; absent unless placed.
  public var chain: String?
  /// Which of the project's preference terms held, from 0; absent where none did.
  public var preferenceTerm: Int?
  /// The names of the derogations in effect.
  public var derogations: [String]
  /// Sorted by environment and replica; empty unless placed.
  public var assignments: [Assignment]
  /// What stands in the way of the project as a whole, in the order of the codes. `NoCandidate` heads the others for an
  /// environment that no cluster accepts, and `PinRefused` for a replica whose pinned cluster refuses it. A plan made
  /// without explanation says no more than that, or nothing.
  public var reasons: [Reason]
  /// How the reasons other than `NoCandidate` and `PinRefused` go together; absent where the project is placed, exceeds
  /// its contract or pins what there is not, and in a plan made without explanation.
  public var conflict: Conflict?
  /// The nodes that the search visited.
  public var nodes: Int
}
