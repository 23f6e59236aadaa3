import Model
import Placement

extension Scenario {
  /// Worlds in which a spread asks for what is not, or would ask if those who are there did not stay: they seldom come about
  /// by chance.
  static var spreads: [(name: String, scenario: Scenario)] {
    var full = calm
    full.project.spec.environments = (0..<6).map { environment("e\($0)", "prod", cpu: 1) }
    full.project.spec.spread = [.init(topology: .region)]
    var (room, unheard, stays, closed) = (full, full, full, full)
    full.cluster("c1") { $0.capacity.cpu = Quantity(milli: 500) }
    room.cluster("c1") { $0.capacity.cpu = Quantity(1) }
    unheard.staleZones = ["alp-u"]
    for number in 0..<6 { stays.place("e\(number)", on: ["c2", "c5"][number % 2], stage: "prod", cpu: 1) }
    closed.region("alp") { $0.state = .closed }
    return [
      ("spread-full", full), ("spread-room", room), ("spread-unheard", unheard), ("spread-stays", stays),
      ("spread-closed", closed),
    ]
  }
}
