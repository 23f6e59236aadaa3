/// The answer to one question: can the whole be had under these constraints?
struct Feasibility: Sendable, Hashable {
  /// What was found.
  enum Answer: Sendable, Hashable {
    case feasible
    case infeasible
    /// The nodes ran out first.
    case undecided
  }

  var answer: Answer
  /// What answering cost.
  var nodes: Int

  init(_ answer: Answer, nodes: Int) {
    self.answer = answer
    self.nodes = nodes
  }
}
