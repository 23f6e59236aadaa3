import Placement

/// Where movers go, and what that makes of the clusters.
struct TargetBoard {
  let problem: MovingProblem
  /// By mover, the site it goes to; nil where it has none.
  private(set) var targets: [Int?]
  /// By site, the movers that go there.
  private(set) var members: [[Int]]
  private(set) var rooms: RoomBook
  /// By mover, whether it is not to be touched any more.
  var isFixed: [Bool]
  /// What was looked at.
  var steps = 0
  private(set) var count = 0

  init(_ problem: MovingProblem) {
    self.problem = problem
    rooms = problem.rooms
    targets = Array(repeating: nil, count: problem.movers.count)
    isFixed = Array(repeating: false, count: problem.movers.count)
    members = Array(repeating: [], count: problem.engine.clusters.count)
  }

  /// Whether what moves away makes room.
  var usesFreed: Bool {
    get { rooms.usesFreed }
    set { rooms.usesFreed = newValue }
  }

  /// Goes on with the rooms of another moment: what is fixed has been counted there.
  mutating func goOn(with rooms: RoomBook) { self.rooms = rooms }

  mutating func place(_ mover: Int, at site: Int) {
    targets[mover] = site
    members[site].append(mover)
    count += 1
    rooms.add(problem.loads[mover], stage: problem.stageNumbers[mover], to: site)
    if let source = problem.movers[mover].source { rooms.free(problem.loads[mover], at: source) }
  }

  mutating func remove(_ mover: Int) {
    guard let site = targets[mover] else { return }
    targets[mover] = nil
    members[site].removeAll { $0 == mover }
    count -= 1
    rooms.remove(problem.loads[mover], stage: problem.stageNumbers[mover], from: site)
    if let source = problem.movers[mover].source { rooms.unfree(problem.loads[mover], at: source) }
  }

  /// Whether a site has room for a mover, without some that go there.
  mutating func hasRoom(_ mover: Int, at site: Int, without gone: [Int] = []) -> Bool {
    steps += 1
    let (load, stage) = (problem.loads[mover], problem.stageNumbers[mover])
    guard !gone.isEmpty else { return rooms.admits(load, stage: stage, at: site) }
    if rooms.isAlike[site] {
      var less = Load()
      for one in gone { less &+= problem.loads[one] }
      return rooms.admits(load &- less, stage: stage, at: site)
    }
    return rooms.admits(
      load, stage: stage, at: site, without: gone.map { (load: problem.loads[$0], stage: problem.stageNumbers[$0]) })
  }

  /// Whether a mover may lose its place: not where others rely on the room that it leaves.
  mutating func mayLeave(_ mover: Int) -> Bool {
    guard !isFixed[mover] else { return false }
    guard rooms.usesFreed, let source = problem.movers[mover].source, rooms.isTouched(source) else { return true }
    steps += 1
    rooms.unfree(problem.loads[mover], at: source)
    defer { rooms.free(problem.loads[mover], at: source) }
    return rooms.holds(at: source)
  }

  /// Whether a mover can go to a site together with the rest of its project, some of which are thought away.
  mutating func isKept(_ mover: Int, at site: Int, without gone: [Int] = []) -> Bool {
    let project = problem.projects[problem.movers[mover].project]
    guard project.movers.count > 1 || !project.stayers.isEmpty else { return true }
    steps += 20
    let sites = project.movers.map { other -> Int32 in
      if other == mover { return Int32(site) }
      guard let target = targets[other], !gone.contains(other) else { return -1 }
      return Int32(target)
    }
    return problem.structure(of: mover).holds(sites)
  }

  /// The movers of a mover's project that have a place and may lose it.
  mutating func siblings(of mover: Int) -> [Int]? {
    let others = problem.projects[problem.movers[mover].project].movers.filter { $0 != mover && targets[$0] != nil }
    for other in others where !mayLeave(other) { return nil }
    return others
  }

  /// The movers without a place that might have one.
  var unplaced: [Int] {
    targets.indices.filter { targets[$0] == nil && !isFixed[$0] && !problem.movers[$0].candidates.isEmpty }
  }
}
