import Placement

/// Tries every course that a small plan can take: each state is where every mover is, and each step moves one of them
/// to a place that has room at that moment. The best state that can be reached, and how, is proven. It heeds no days:
/// where the plan has some, nothing moves more, and maybe not all of it fits into them.
struct EveryCourse {
  /// What was found.
  struct Course {
    var targets: [Int?]
    /// The movers in the order in which they go.
    var order: [Int]
  }

  private let problem: MovingProblem
  private let open: OpenPlaces
  /// More states than this are not tried.
  static let most = 20_000

  /// Nil where there are too many.
  init?(_ problem: MovingProblem, _ open: OpenPlaces) {
    var states = 1
    for sites in open.sites {
      states *= sites.count + 1
      guard states <= Self.most else { return nil }
    }
    (self.problem, self.open) = (problem, open)
  }

  /// The course that moves the most; of those that move as many, the one that is found first.
  func best(_ settlement: inout Settlement) -> Course {
    let start = [Int?](repeating: nil, count: problem.movers.count)
    var seen: Set<[Int?]> = [start]
    var waiting = [Course(targets: start, order: [])]
    var (best, next) = (waiting[0], 0)
    while next < waiting.count {
      let course = waiting[next]
      next += 1
      if course.order.count > best.order.count, settlement.isWhole(course.targets) { best = course }
      let rooms = rooms(after: course)
      for (mover, one) in problem.movers.enumerated() where course.targets[mover] == nil {
        guard problem.firsts[mover].allSatisfy({ course.targets[$0] != nil }) else { continue }
        for site in open.sites[mover] where rooms.admits(one.load, stage: one.stage, at: site) {
          var further = course
          further.targets[mover] = site
          guard seen.insert(further.targets).inserted else { continue }
          further.order.append(mover)
          waiting.append(further)
        }
      }
    }
    return best
  }

  private func rooms(after course: Course) -> RoomBook {
    var rooms = problem.rooms
    for mover in course.order {
      let one = problem.movers[mover]
      guard let target = course.targets[mover] else { continue }
      rooms.add(one.load, stage: one.stage, to: target)
      rooms.commit()
      if let source = one.source { rooms.release(one.load, at: source) }
    }
    return rooms
  }
}
