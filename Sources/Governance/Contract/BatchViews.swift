public import Foundation
public import Placement

/// The body of `POST /api/v1/placements:batch`: many projects to be placed at once.
public struct BatchBody: Codable, Sendable, Hashable {
  /// The projects: stored ones.
  public var projects: [String]
  /// Whether nothing is to be decided: the answer then says what would be. Somebody who moves a thousand projects says
  /// which of the two is meant, so nothing stands in for it.
  public var dryRun: Bool
  /// Whether nothing is to be placed unless all can be; false where absent.
  public var allOrNothing: Bool?
  /// Whether replicas that are placed may move; false where absent. Moves are proposed, never carried out: it goes with
  /// `dryRun` only.
  public var mayMove: Bool?
  /// The most nodes of the search, 1 to 10000000; 200000 where absent.
  public var nodeBudget: Int?
  /// Whether a proposal that was not proven the best may be decided on; false where absent.
  public var acceptUndecided: Bool?

  /// A body.
  public init(
    projects: [String], dryRun: Bool, allOrNothing: Bool? = nil, mayMove: Bool? = nil, nodeBudget: Int? = nil,
    acceptUndecided: Bool? = nil
  ) {
    self.projects = projects
    self.dryRun = dryRun
    self.allOrNothing = allOrNothing
    self.mayMove = mayMove
    self.nodeBudget = nodeBudget
    self.acceptUndecided = acceptUndecided
  }

  /// How many projects a batch may have.
  public static let projectLimit = 1000
  /// How many nodes a search may visit.
  public static let nodeBudgets = 1...10_000_000
  /// How many it visits where nothing is said.
  public static let standardNodeBudget = 200_000
}

/// The answer to a ``BatchBody``.
public struct BatchView: Codable, Sendable, Hashable {
  /// What became of one project's decision.
  public struct Commit: Codable, Sendable, Hashable {
    /// The decision.
    public var decision: UUID
    /// Whether the project was placed.
    public var placed: Bool
    /// Whether it went where the batch had it. One that had lost its place meanwhile went elsewhere, or nowhere.
    public var asPlanned: Bool
    /// Whether this is the stored answer to an earlier request with the same key.
    public var replayed: Bool

    /// A decision.
    public init(decision: UUID, placed: Bool, asPlanned: Bool, replayed: Bool) {
      self.decision = decision
      self.placed = placed
      self.asPlanned = asPlanned
      self.replayed = replayed
    }
  }

  /// What becomes of one project.
  public struct Entry: Codable, Sendable, Hashable {
    /// The project's name.
    public var project: String
    /// Its place in the request, from 0.
    public var position: Int
    /// How it ended.
    public var status: BatchEntry.Status
    /// Whether the project would go there by itself too. If not, something better was left to another project, or what
    /// it prefers came before an even load.
    public var isFirstChoice: Bool
    /// The chain that would deliver.
    public var chain: String?
    /// The places of its replicas.
    public var places: [PlaceView]
    /// What stands in its way.
    public var reasons: [ExplanationView.ReasonView]
    /// How they go together.
    public var conflict: Plan.Conflict?
    /// The decision; absent where none was made.
    public var commit: Commit?
    /// Why no decision was made, although the project had a place. The others may have theirs all the same.
    public var problem: Problem?

    /// An entry.
    public init(_ entry: BatchEntry, places: [PlaceView], language: Language) {
      project = entry.project
      position = entry.position
      status = entry.status
      isFirstChoice = entry.isFirstChoice
      chain = entry.plan?.chain
      self.places = places
      reasons = entry.plan?.reasons.map { ExplanationView.ReasonView($0, language) } ?? []
      conflict = entry.plan?.conflict
    }
  }

  /// What it was computed from.
  public var basis: QueryBasis
  /// Whether nothing was to be decided.
  public var dryRun: Bool
  /// Whether something was placed, and all of it as planned.
  public var committed: Bool
  /// How the search ended: `optimal`, `undecided` (the entries are a proposal) or `unplaceable`.
  public var outcome: BatchAnswer.Outcome
  /// What was reached.
  public var value: BatchObjective
  /// What nobody can exceed.
  public var bound: BatchObjective
  /// How many levels of the objective are proven the best, from the first on.
  public var provenLevels: Int
  /// What placing one by one in the given order would have reached.
  public var oneByOne: BatchObjective
  /// The nodes that were visited.
  public var nodes: Int
  /// Whether the search stopped because its nodes ran out, so that more could have helped; absent from an earlier
  /// release.
  public var isExhausted: Bool?
  /// The placed ones first, in the order in which they are decided on; then the others, by name.
  public var entries: [Entry]

  /// An answer; the commits are yet to come.
  public init(basis: QueryBasis, dryRun: Bool, _ answer: BatchAnswer, entries: [Entry]) {
    self.basis = basis
    self.dryRun = dryRun
    committed = false
    outcome = answer.outcome
    value = answer.value
    bound = answer.bound
    provenLevels = answer.provenLevels
    oneByOne = answer.oneByOne
    nodes = answer.nodes
    isExhausted = answer.isExhausted
    self.entries = entries
  }
}
