import Model

/// What is new beside what stands. A decision moves nothing: what is to go stands where it is until somebody moves it. So
/// what is new has to be apart from it, together with it and delivered with it where it stands, not only where it is to go.
extension Search {
  /// Whether what is placed so far, with all that stands where it is, may become a whole in which what is hard holds.
  func holdsBeside(_ index: Int) -> Bool {
    guard isBeside else { return true }
    for place in problem.membershipStarts[index]..<problem.membershipStarts[index + 1] {
      let number = problem.membershipNumbers[place]
      guard problem.isShared[number] else { continue }
      let group = problem.groups[number]
      let present = group.slots.map { standing($0, index) }
      let sites = present.compactMap(\.site)
      guard problem.canHold(group, sites, missing: present.count(where: \.isOpen)) else { return false }
    }
    return problem.canDeliver(problem.slots.indices.map { standing($0, index).site })
  }

  /// Where a slot is as long as nothing moves: nil where that is open, or nobody knows the place any more.
  private func standing(_ slot: Int, _ index: Int) -> (site: Int?, isOpen: Bool) {
    let own = problem.slots[slot]
    guard slot <= index else { return own.stands.count == 1 ? (own.stands[0], false) : (nil, own.isNew) }
    return (problem.standing(slot, path[slot].candidate), false)
  }
}

extension SearchProblem {
  /// Where a slot is once a candidate is decided on and nothing has moved.
  func standing(_ slot: Int, _ candidate: Candidate) -> Int? {
    slots[slot].isNew || candidate.kept != nil ? candidate.site : slots[slot].stands.first
  }

  /// The slots that have to be moved before the rest of a solution could be written: with all others where they stand,
  /// what is new holds beside them.
  func movedFirst(_ solution: Search.Solution) -> [Int] {
    let moves = slots.indices.filter { !slots[$0].isNew && solution.candidates[$0].kept == nil }
    return moves.reduce(moves) { needed, slot in
      let fewer = needed.filter { $0 != slot }
      return holds(solution, moving: fewer) ? fewer : needed
    }
  }

  private func holds(_ solution: Search.Solution, moving: [Int]) -> Bool {
    let sites = slots.indices.map { slot in
      moving.contains(slot) ? solution.candidates[slot].site : standing(slot, solution.candidates[slot])
    }
    return groups.indices.allSatisfy { number in
      !isShared[number] || canHold(groups[number], groups[number].slots.compactMap { sites[$0] }, missing: 0)
    } && canDeliver(sites)
  }
}
