/// A reason as numbers: its code, what it is about, and amounts. Making one costs a few instructions, so that every
/// verdict of every cluster can be looked at. ``Explanation/verdict(_:site:)`` says the same in parameters and words.
public struct TypedReason: Sendable, Hashable {
  /// The place of the code in the list of all codes.
  public var order: Int
  /// The number of the rule in the policy or of the wish in the project, the place of a resource in the list of
  /// resources, and otherwise the number of the reason among those that the environment has.
  public var item: Int
  /// What is asked for, in the ledger's unit; for a preference its weight, for `Outranked` the score.
  public var needed: Int64 = 0
  /// The most that may be promised, in the ledger's unit; for `Outranked` the least score that was chosen.
  public var limit: Int64 = 0
  /// What is promised already, in the ledger's unit.
  public var committed: Int64 = 0

  /// The code.
  public var code: ReasonCode { ReasonCode.allCases[order] }
}
