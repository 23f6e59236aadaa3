import Model

/// What is new beside what stands. A decision moves nothing: what is to go stands where it is until somebody moves it. So
/// what is new has to be apart from it, together with it and delivered with it where it stands, not only where it is to go.
extension Search {
  /// Whether what is placed so far, with all that stands where it is, may become a whole in which what is hard holds:
  /// wherever moves that have begun may end.
  func holdsBeside(_ index: Int) -> Bool {
    guard isBeside else { return true }
    return problem.returns.allSatisfy { holdsBeside(index, returning: $0) }
  }

  private func holdsBeside(_ index: Int, returning: [Int]) -> Bool {
    for place in problem.membershipStarts[index]..<problem.membershipStarts[index + 1] {
      let number = problem.membershipNumbers[place]
      guard problem.isShared[number] else { continue }
      let group = problem.groups[number]
      let present = group.slots.map { standing($0, index, returning) }
      let sites = present.compactMap(\.site)
      guard problem.canHold(group, sites, missing: present.count(where: \.isOpen)) else { return false }
    }
    return problem.canDeliver(problem.slots.indices.map { standing($0, index, returning).site }, by: chain)
  }

  /// Where a slot is as long as nothing moves: nil where that is open, or nobody knows the place any more. One that is in
  /// several places stays in one of them, which is open as well until it is looked at.
  private func standing(_ slot: Int, _ index: Int, _ returning: [Int]) -> (site: Int?, isOpen: Bool) {
    let own = problem.slots[slot]
    if returning.contains(slot) { return (own.mayReturn, false) }
    guard slot <= index else {
      return own.stands.count == 1 ? (own.stands[0], false) : (nil, own.isNew || own.stands.count > 1)
    }
    return (problem.standing(slot, path[slot].candidate), false)
  }
}

extension SearchProblem {
  /// What has to be moved before the rest of a solution could be written.
  struct NeededMove {
    var slot: Int
    /// Where it goes from: nil where it stands, and the place that it has left where a move of it has begun.
    var left: Int?
  }

  /// Where a slot is once a candidate is decided on and nothing has moved.
  func standing(_ slot: Int, _ candidate: Candidate) -> Int? {
    slots[slot].isNew || candidate.kept != nil ? candidate.site : slots[slot].stands.first
  }

  /// The moves that have to be made, or brought to their end, before the rest of a solution could be written: with all others
  /// where they stand, or may be led back to, what is new holds beside them.
  func movedFirst(_ solution: Search.Solution) -> [NeededMove] {
    let moves = slots.indices.filter { !slots[$0].isNew && solution.candidates[$0].kept == nil }
    let ended = slots.indices.filter { slots[$0].mayReturn != nil }
    let all = moves.map { NeededMove(slot: $0) } + ended.map { NeededMove(slot: $0, left: slots[$0].mayReturn) }
    return all.indices.reduce(Array(all.indices)) { needed, number in
      let fewer = needed.filter { $0 != number }
      return holds(solution, after: fewer.map { all[$0] }) ? fewer : needed
    }.map { all[$0] }
  }

  private func holds(_ solution: Search.Solution, after moves: [NeededMove]) -> Bool {
    let moved = Set(moves.filter { $0.left == nil }.map(\.slot))
    let ended = Set(moves.filter { $0.left != nil }.map(\.slot))
    let worlds: [[Int?]] = returns.map { $0.filter { !ended.contains($0) } }.map { returning in
      slots.indices.map { slot in
        moved.contains(slot)
          ? solution.candidates[slot].site
          : returning.contains(slot) ? slots[slot].mayReturn : standing(slot, solution.candidates[slot])
      }
    }
    let isHeld = worlds.allSatisfy { sites in
      groups.indices.allSatisfy { number in
        !isShared[number] || canHold(groups[number], groups[number].slots.compactMap { sites[$0] }, missing: 0)
      }
    }
    // Another chain than the solution's will do, if it delivers to all of the solution as well: it is then the one to be written.
    let whole: [Int?] = solution.candidates.map(\.site)
    return isHeld && chainOrder.contains { chain in (worlds + [whole]).allSatisfy { canDeliver($0, by: chain) } }
  }
}
