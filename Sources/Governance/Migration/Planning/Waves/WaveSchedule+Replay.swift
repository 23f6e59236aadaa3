import Model
import Placement

extension WaveSchedule {
  /// The schedule of waves that were found in another way: what is promised meanwhile, and in the end.
  init(_ problem: MovingProblem, _ targets: [Int?], _ waves: [Wave]) {
    self.init(problem.rooms)
    self.waves = waves
    let limits = problem.inputs.limits
    var waiting: [(ready: Int, mover: Int)] = []
    func release(_ isReady: (Int) -> Bool, _ rooms: inout RoomBook) {
      for (ready, mover) in waiting where isReady(ready) {
        if let source = problem.movers[mover].source { rooms.release(problem.loads[mover], at: source) }
      }
      waiting.removeAll { isReady($0.ready) }
    }
    for wave in waves {
      let today = limits.ordinal(wave.day)
      release({ $0 <= today }, &rooms)
      for mover in wave.movers {
        guard let target = targets[mover] else { continue }
        rooms.add(problem.loads[mover], stage: problem.stageNumbers[mover], to: target)
        waiting.append((today + limits.retentionDays, mover))
      }
      rooms.commit()
      for site in peaks.indices { peaks[site] = peaks[site].maximum(rooms.total(at: site)) }
    }
    release({ _ in true }, &rooms)
  }
}

extension MoveLimits {
  /// The number by which the distance of two days of a plan is told.
  func ordinal(_ day: Int) -> Int { days.isEmpty ? day : days[day].number }
}
