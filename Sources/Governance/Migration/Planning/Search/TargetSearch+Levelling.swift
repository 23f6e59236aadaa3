import Placement

/// Takes from the fullest cluster what may as well be elsewhere.
extension TargetSearch {
  /// Lowers the fullest place that something goes to, as long as it gets lower and nobody likes the new place less.
  mutating func level() {
    while maySearch, let fullest = fullest, lower(fullest.site, from: fullest.share) {}
  }

  private var fullest: (site: Int, share: Int64)? {
    var fullest: (site: Int, share: Int64)?
    for site in board.members.indices where board.members[site].contains(where: { !board.isFixed[$0] }) {
      let share = board.rooms.share(at: site)
      if fullest.map({ share > $0.share }) ?? true { fullest = (site, share) }
    }
    return fullest
  }

  private mutating func lower(_ full: Int, from share: Int64) -> Bool {
    for mover in board.members[full].sorted(by: { (-sizes[$0], $0) < (-sizes[$1], $1) }) where board.mayLeave(mover) {
      let one = problem.movers[mover]
      guard let own = one.candidates.firstIndex(of: full) else { continue }
      for (index, site) in one.candidates.enumerated()
      where site != full && one.preferences[index] >= one.preferences[own] {
        guard maySearch else { return false }
        guard board.rooms.share(at: site, with: one.load) < share else { continue }
        board.remove(mover)
        if board.hasRoom(mover, at: site), board.isKept(mover, at: site), board.rooms.share(at: full) < share {
          board.place(mover, at: site)
          return true
        }
        board.place(mover, at: full)
      }
    }
    return false
  }
}
