import Foundation
import Model
import Testing

@testable import Migration

/// How days are used where every use of them is tried.
struct EveryDaySearchTests {
  @Test func `production goes after what rehearses it where there is a wave for it, and with it where there is none`() {
    let cases: [(days: Int, waves: Int, rehearses: Bool, course: [String])] = [
      (2, 1, true, ["0: 0", "1: 1"]), (1, 2, true, ["0: 0", "0: 1"]), (1, 1, true, ["0: 0 1"]),
      (2, 1, false, ["0: 0 1"]),
    ]
    for (days, waves, rehearses, course) in cases {
      var world = MoveWorld(["a": 100, "b": 100])
      world.project("shop", ["dev": "dev 1 a", "prod": "prod 1 a"])
      world.limits.days = (0..<days).map { MoveWorld.day.adding(days: $0) }
      world.limits.wavesPerDay = waves
      world.limits.rehearses = rehearses
      let problem = MovingProblem(world.inputs)
      var settlement = Settlement(problem)
      var search = EveryDay(problem, OpenPlaces(problem), above: 0, upTo: 2)
      search.run(&settlement)
      let found = (search.best?.waves ?? []).map { wave in
        "\(wave.day): \(wave.movers.map { "\($0)" }.joined(separator: " "))"
      }
      #expect(found == course && search.isComplete, "\(days) days of \(waves) waves")
    }
  }
}
