import Model

/// Ejection: a project that fits nowhere takes the place of others, which then find another one.
extension BatchSearch {
  /// How many others may be asked to give way in turn.
  private static let depth = 3
  private static let mostAttempts = 12
  private static let mostPerSite = 3

  /// Places a project, if need be in exchange with others; leaves the board as it was if that can not be done.
  mutating func insert(_ project: Int, depth: Int, _ isBarred: inout [Bool]) -> Bool {
    if isOver { return false }
    if let places = tightPlaces(for: project) {
      board.place(project, places)
      return true
    }
    guard depth > 0 else { return false }
    isBarred[project] = true
    defer { isBarred[project] = false }
    for leaving in exchanges(for: project, isBarred) {
      if isOver { return false }
      let before = board
      for other in leaving { board.remove(other) }
      if let places = tightPlaces(for: project) {
        board.place(project, places)
        var isDone = true
        for other in leaving where isDone { isDone = insert(other, depth: depth - 1, &isBarred) }
        if isDone { return true }
      }
      board = before
    }
    return false
  }

  /// Sets of projects that would make room if they left, the likeliest ones first.
  func exchanges(for project: Int, _ isBarred: [Bool]) -> [[Int]] {
    let rooms = projects[project].parts.map { part in
      part.candidates.count { part.hasRoom($0.site, board.state, limits) } - part.replicas
    }
    var exchanges: [[Int]] = []
    for part in rooms.indices.sorted(by: { (rooms[$0], $0) < (rooms[$1], $1) }) {
      for site in crowded(projects[project].parts[part]) where exchanges.count < Self.mostAttempts {
        exchanges += leaving(site, for: projects[project].parts[part], isBarred).filter { !exchanges.contains($0) }
      }
    }
    return exchanges
  }

  /// The sites that have no room for an environment, those that lack least first.
  func crowded(_ part: BatchProject.Part) -> [Int] {
    part.candidates.map(\.site).filter { !part.hasRoom($0, board.state, limits) }
      .map { site in (lack(part, site).largestShare(of: limits.highest[site]), site) }
      .sorted { $0 < $1 }.prefix(Self.mostAttempts).map(\.1)
  }

  private func lack(_ part: BatchProject.Part, _ site: Int) -> ResourceAmounts {
    let wanted = part.need.adding(board.state.entry(site).committed)
    var lack = wanted.beyond(limits.limit(site, stage: part.stage))
    for resource in CountedResource.allCases where part.need[resource] == 0 { lack[resource] = 0 }
    return lack
  }

  /// Single projects whose leaving is enough, the smallest first; else some together, the largest first.
  private func leaving(_ site: Int, for part: BatchProject.Part, _ isBarred: [Bool]) -> [[Int]] {
    let lack = lack(part, site)
    let there = board.members[site].filter { !isBarred[$0] }
      .map { (project: $0, growth: board.growth(of: $0, on: site)) }
      .map { ($0.project, $0.growth, $0.growth.largestShare(of: limits.highest[site])) }
      .sorted { ($0.2, $0.0) < ($1.2, $1.0) }
    let single = there.filter { lack.beyond($0.1) == ResourceAmounts() }.prefix(Self.mostPerSite).map { [$0.0] }
    if !single.isEmpty { return single }
    var (rest, together): (ResourceAmounts, [Int]) = (lack, [])
    for (project, growth, _) in there.reversed() where rest != ResourceAmounts() && together.count < Self.mostPerSite {
      rest = rest.beyond(growth)
      together.append(project)
    }
    return rest == ResourceAmounts() && !together.isEmpty ? [together] : []
  }
}
