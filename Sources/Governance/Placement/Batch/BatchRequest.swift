/// Many projects to be placed at once: an onboarding, an evacuation.
///
/// What is wanted, in this order: the most projects placed; then the first of their preference terms, and the highest
/// sum of their preferences (their scores without balance, and what rules make of their chains); then the fullest of
/// the clusters that get something as little full as can be. Something is only ever given up for what comes before it.
public struct BatchRequest: Codable, Sendable, Hashable {
  /// The projects, each as it would be asked about alone. They are all decided on one state; where a name comes twice,
  /// the first one counts.
  public var projects: [DecisionRequest]
  /// Whether nothing is to be placed unless all can be.
  public var allOrNothing: Bool
  /// Whether replicas that are placed may move. If not, a project that can not have all it asks for without moving one
  /// is not placed, whatever its own `keepExisting` says; if so, its `keepExisting` holds, and what is new has a place beside
  /// what is where it is to be.
  public var mayMove: Bool
  /// The most nodes of all searches together. Judging each project by itself, placing one by one in the given order, and
  /// giving a place to what still fits are always carried through: there each project may cost ``leastNodes``, even where
  /// the budget is spent. What is left is spent on finding something better. Finding out what stands in the way of those that
  /// have no place even by themselves may cost as much again.
  public var nodeBudget: Int

  /// What a project may cost wherever all of them are gone through, within its own `nodeBudget`.
  public static let leastNodes = 1_000

  /// A batch.
  public init(
    projects: [DecisionRequest], allOrNothing: Bool = false, mayMove: Bool = false, nodeBudget: Int = 1_000_000
  ) {
    self.projects = projects
    self.allOrNothing = allOrNothing
    self.mayMove = mayMove
    self.nodeBudget = nodeBudget
  }
}
