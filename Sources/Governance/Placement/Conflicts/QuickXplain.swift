/// Finds what stands in the way: an irreducible conflict among constraints, and which of them would do alone. After
/// U. Junker, "QuickXplain: Preferred Explanations and Relaxations for Over-Constrained Problems", AAAI 2004.
///
/// Constraints are numbers from 0, *in the order in which they are to be blamed*: a constraint is only blamed if those
/// before it do not conflict already. Of all conflicts the one is found whose last constraint comes first; of these, the
/// one whose last but one comes first; and so on. What people can change most easily therefore goes to the front.
///
/// Leaving constraints out must never make a feasible whole infeasible. With `n` constraints, `k` of them in the
/// conflict, at most `2k · (⌈log₂(n ∕ k)⌉ + 1) + k + 2` questions are asked, whatever the answers.
struct QuickXplain {
  /// How it ended.
  enum Outcome: Sendable, Hashable {
    /// Nothing stands in the way.
    case feasible
    /// The nodes ran out before it was known whether anything does.
    case undecided(nodes: Int)
    case obstructed(Obstacles)
  }

  /// Whether the whole is feasible under the constraints that are kept, by number, with so many nodes to spend.
  typealias Question = (_ kept: [Bool], _ budget: Int) -> Feasibility

  private let count: Int
  private let budget: Int
  private var nodes = 0
  private var questions = 0
  private var isProven = true

  private init(count: Int, budget: Int) {
    self.count = count
    self.budget = budget
  }

  /// What stands in the way of the whole under all of `count` constraints.
  /// - Parameter isKnownInfeasible: Spares the first question to those who have asked it already.
  static func explain(
    _ count: Int, budget: Int, isKnownInfeasible: Bool = false, _ question: Question
  ) -> Outcome {
    var run = QuickXplain(count: count, budget: budget)
    if !isKnownInfeasible {
      switch run.ask(Array(0..<count), question) {
      case .feasible: return .feasible
      case .undecided: return .undecided(nodes: run.nodes)
      case .infeasible: break
      }
    }
    let together = run.conflict(question)
    let alone = together.filter { member in
      run.ask((0..<count).filter { $0 != member }, question) == .feasible
    }
    return .obstructed(
      Obstacles(
        together: together, alone: alone, isProven: run.isProven, questions: run.questions, nodes: run.nodes))
  }

  private mutating func conflict(_ question: Question) -> [Int] {
    guard count > 0, ask([], question) != .infeasible else { return [] }
    return blamed(kept: [], isKeptNew: false, among: 0..<count, question).sorted()
  }

  /// The part of `candidates` that conflicts with `kept`; the two together are known to.
  ///
  /// A question that was not answered counts as one that found no conflict: then more is blamed than need be, never less.
  private mutating func blamed(
    kept: [Int], isKeptNew: Bool, among candidates: Range<Int>, _ question: Question
  ) -> [Int] {
    if isKeptNew, ask(kept, question) == .infeasible { return [] }
    guard candidates.count > 1 else { return Array(candidates) }
    let middle = candidates.lowerBound + candidates.count / 2
    let (front, back) = (candidates.lowerBound..<middle, middle..<candidates.upperBound)
    let late = blamed(kept: kept + front, isKeptNew: true, among: back, question)
    let early = blamed(kept: kept + late, isKeptNew: !late.isEmpty, among: front, question)
    return early + late
  }

  private mutating func ask(_ kept: [Int], _ question: Question) -> Feasibility.Answer {
    guard nodes < budget else {
      isProven = false
      return .undecided
    }
    var mask = [Bool](repeating: false, count: count)
    for constraint in kept { mask[constraint] = true }
    let feasibility = question(mask, budget - nodes)
    questions += 1
    nodes += feasibility.nodes
    if feasibility.answer == .undecided { isProven = false }
    return feasibility.answer
  }
}
