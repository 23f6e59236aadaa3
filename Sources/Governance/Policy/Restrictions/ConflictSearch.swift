/// Finds the smallest sets of restrictions that nothing can satisfy, and that some project has to satisfy all together.
///
/// Whether a set can be satisfied, and whether it meets in one project, are only asked; both become no easier when a
/// restriction is added. So a set that can be satisfied needs no further look, and of one that can not, each smallest set
/// found must lose a member for another one to come to light (Reiter's hitting sets).
struct ConflictSearch {
  /// Whether something satisfies all of these.
  let isSatisfiable: ([Int]) -> Bool
  /// Whether some project is subject to all of these.
  let meet: ([Int]) -> Bool
  /// How many questions may still be asked; one about many restrictions counts as several.
  private(set) var budget: Int
  private(set) var conflicts: [[Int]] = []
  private var seen: Set<[Int]> = []

  init(budget: Int, isSatisfiable: @escaping ([Int]) -> Bool, meet: @escaping ([Int]) -> Bool) {
    self.budget = budget
    self.isSatisfiable = isSatisfiable
    self.meet = meet
  }

  /// Whether the search ended for want of budget: there may be more conflicts than were found.
  var isExhausted: Bool { budget <= 0 }

  /// Looks through all sets of `members`.
  mutating func search(_ members: [Int]) {
    guard budget > 0, seen.insert(members).inserted, !ask(isSatisfiable, members) else { return }
    let core = shrink(members, by: { !$0.isSatisfiable($1) })
    if ask(meet, core) {
      if !conflicts.contains(core) { conflicts.append(core) }
      for member in core { search(members.filter { $0 != member }) }
    } else {
      // No conflict that counts holds all of what never meets.
      for member in shrink(core, by: { !$0.meet($1) }) { search(members.filter { $0 != member }) }
    }
  }

  private static func cost(of members: [Int]) -> Int { 1 + members.count / 32 }

  private mutating func ask(_ question: ([Int]) -> Bool, _ members: [Int]) -> Bool {
    budget -= Self.cost(of: members)
    return question(members)
  }

  /// A smallest part of `members` for which `holds` still says yes.
  private mutating func shrink(_ members: [Int], by holds: (Self, [Int]) -> Bool) -> [Int] {
    var (kept, step) = (members, max(1, members.count / 2))
    // Large parts first: most of what there is has nothing to do with it.
    while true {
      var start = 0
      while start < kept.count {
        let less = Array(kept[..<start] + kept[min(start + step, kept.count)...])
        budget -= Self.cost(of: less)
        if holds(self, less) { kept = less } else { start += step }
      }
      if step == 1 { return kept }
      step /= 2
    }
  }
}
