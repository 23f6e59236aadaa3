/// Where the projects of a batch go, how good that is, and how good it could be at best.
public struct BatchAnswer: Codable, Sendable, Hashable {
  /// How it ended.
  public enum Outcome: String, Codable, Sendable, CaseIterable {
    /// No better way exists: this is proven.
    case optimal
    /// The entries are a *proposal*: the best that was found. It is valid, and never worse than placing one by one in
    /// the given order, but a better one may exist, within `bound`.
    case undecided
    /// All or nothing was asked for, and it is proven that not all can be placed. Nothing is placed.
    case unplaceable
  }

  /// How it ended.
  public var outcome: Outcome
  /// What was reached.
  public var value: BatchObjective
  /// What nobody can exceed; worked out apart from the search. `preference` and `fullest` are bounds among the ways that
  /// place as many projects as `value` says.
  public var bound: BatchObjective
  /// How many levels of the objective, from the first on, are proven the best: by their bound, or because everything was
  /// tried. 3 if the outcome is `optimal`; 1 says that no more projects can be placed than are.
  public var provenLevels: Int
  /// What placing one by one in the given order would have reached.
  public var oneByOne: BatchObjective
  /// The placed projects first, in an order in which they can be committed one after the other; then the others, by
  /// name; at last those whose names were repeated.
  public var entries: [BatchEntry]
  /// The nodes that all searches visited, those for what stands in the way included; a question costs one at least.
  public var nodes: Int
  /// Whether the search stopped because its nodes ran out, rather than because it had nothing left to try.
  public var isExhausted: Bool

  /// The entries that are placed, in the order of the commits.
  public var placed: [BatchEntry] { entries.filter { $0.status == .placed } }
}
