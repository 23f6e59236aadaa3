import Placement

/// What is left without a place pushes out what has one elsewhere, too. After Y. Nagata and O. Bräysy, "A powerful route
/// minimization heuristic for the vehicle routing problem with time windows" (2009): what was often left pushes out what was
/// seldom, and after each push things are shaken up.
extension TargetSearch {
  /// Those that a mover would push out of a site, and what they weigh.
  private struct Push {
    var site: Int
    var victims: [Int]
    var weight: Int
    var size: Int64
  }

  /// How often pushing may lead to nothing better, in a row.
  private var patience: Int { 2000 + 4 * problem.movers.count }
  /// How many are shifted after each push.
  private static let shakes = 12

  /// Pushes until everything has a place, or nothing is gained any more.
  mutating func push() {
    var waiting = board.unplaced.sorted { (sizes[$0], $0) < (sizes[$1], $1) }
    let most = bound
    var (best, idle) = (board, 0)
    while let mover = waiting.popLast() {
      guard maySearch, idle < patience, best.count < most else { break }
      idle += 1
      if insert(mover, .even) {
        if board.count > best.count { (best, idle) = (board, 0) }
        continue
      }
      penalties[mover] += 1
      guard let push = bestPush(of: mover) else {
        waiting.insert(mover, at: 0)
        shake()
        continue
      }
      for victim in push.victims { board.remove(victim) }
      board.place(mover, at: push.site)
      // The heaviest one comes next.
      waiting += push.victims.sorted { (sizes[$0], $0) < (sizes[$1], $1) }
      shake()
    }
    let steps = board.steps
    board = best
    board.steps = steps
  }

  /// The lightest push that gives a mover a place.
  private mutating func bestPush(of mover: Int) -> Push? {
    var best: Push?
    for site in problem.movers[mover].candidates {
      guard maySearch else { return best }
      consider(site, for: mover, beside: [], &best)
      guard !board.isKept(mover, at: site), let siblings = board.siblings(of: mover), !siblings.isEmpty else {
        continue
      }
      // What ties it to its project may be loosened: the others look for another place, too.
      consider(site, for: mover, beside: siblings, &best)
    }
    return best
  }

  /// - Parameter gone: What is pushed out in any case.
  private mutating func consider(_ site: Int, for mover: Int, beside gone: [Int], _ best: inout Push?) {
    let there = board.members[site].filter { !gone.contains($0) && board.mayLeave($0) }
      .sorted { (penalties[$0], sizes[$0], $0) < (penalties[$1], sizes[$1], $1) }
    let base = gone.filter { board.targets[$0] == site }
    let start = (weight: gone.reduce(0) { $0 + penalties[$1] }, size: gone.reduce(Int64(0)) { $0 + sizes[$1] })
    func isLighter(_ weight: Int, _ size: Int64) -> Bool {
      best.map { (weight, size) < ($0.weight, $0.size) } ?? true
    }
    func take(_ victims: [Int], _ weight: Int, _ size: Int64, _ search: inout TargetSearch) {
      guard search.board.hasRoom(mover, at: site, without: base + victims) else { return }
      guard search.board.isKept(mover, at: site, without: gone + victims) else { return }
      best = Push(site: site, victims: gone + victims, weight: weight, size: size)
    }
    if !gone.isEmpty, isLighter(start.weight, start.size) { take([], start.weight, start.size, &self) }
    for (index, one) in there.enumerated() {
      let (weight, size) = (start.weight + penalties[one], start.size + sizes[one])
      if isLighter(weight, size) { take([one], weight, size, &self) }
      guard maySearch, isLighter(weight + penalties[one], 0) else { return }
      for other in there[(index + 1)...] {
        let (weight, size) = (weight + penalties[other], size + sizes[other])
        guard isLighter(weight, 0) else { break }
        if isLighter(weight, size) { take([one, other], weight, size, &self) }
      }
    }
  }

  /// Shifts some movers to other places that have room, and exchanges some.
  private mutating func shake() {
    for _ in 0..<Self.shakes {
      let mover = numbers.below(problem.movers.count)
      guard let from = board.targets[mover], board.mayLeave(mover) else { continue }
      let candidates = problem.movers[mover].candidates
      let site = candidates[numbers.below(candidates.count)]
      guard site != from else { continue }
      if board.hasRoom(mover, at: site) {
        shift(mover, from: from, to: site)
      } else if !board.members[site].isEmpty {
        exchange(mover, at: from, with: board.members[site][numbers.below(board.members[site].count)], at: site)
      }
    }
  }

  private mutating func shift(_ mover: Int, from: Int, to site: Int) {
    board.remove(mover)
    // What it had left at its source counts again while it is in between.
    if board.hasRoom(mover, at: site), board.isKept(mover, at: site) {
      board.place(mover, at: site)
    } else {
      board.place(mover, at: from)
    }
  }

  /// Lets two movers change places, where both may.
  @discardableResult
  mutating func exchange(_ mover: Int, at from: Int, with other: Int, at site: Int) -> Bool {
    guard board.mayLeave(other), problem.movers[other].candidates.contains(from) else { return false }
    board.remove(mover)
    board.remove(other)
    if board.hasRoom(mover, at: site), board.isKept(mover, at: site) {
      board.place(mover, at: site)
      if board.hasRoom(other, at: from), board.isKept(other, at: from) {
        board.place(other, at: from)
        return true
      }
      board.remove(mover)
    }
    board.place(other, at: site)
    board.place(mover, at: from)
    return false
  }
}
