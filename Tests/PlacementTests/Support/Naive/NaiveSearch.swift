import Model
import Placement

/// Tries every assignment there is.
struct NaiveSearch {
  private let assignments: NaiveAssignments
  private let scenario: Scenario

  init(_ scenario: Scenario, _ assignments: NaiveAssignments? = nil) {
    self.scenario = scenario
    self.assignments = assignments ?? NaiveAssignments(scenario)
  }

  /// How many assignments there are to try, refused places left out.
  var size: Int {
    choices(nil).reduce(1) { $0.multipliedReportingOverflow(by: $1.count).partialValue }
  }

  /// All assignments that the specification allows.
  var legal: [NaiveAssignment] {
    guard NaiveContract(scenario: scenario).excesses.isEmpty, scenario.hasSoundPins else { return [] }
    return scenario.chains.map(\.name).sorted().flatMap { chain in
      var ways: [[String]] = [[]]
      for places in choices(chain) { ways = ways.flatMap { way in places.map { way + [$0] } } }
      return ways.filter { assignments.together($0).isEmpty }.map { NaiveAssignment(clusters: $0, chain: chain) }
        .filter { assignments.beside($0).isEmpty }
    }
  }

  /// What all replicas have in common, and could be lifted.
  var obstacles: [NaiveObstacle] {
    let together = scenario.project.spec.colocation.filter { $0.whenUnsatisfiable != .placeAnyway }
      .map { colocation in (colocation, assignments.slots.filter { colocation.means($0.environment) }) }
      .filter { $0.1.count > 1 }.map { NaiveObstacle($0.0, $0.1) }
    return assignments.groups.filter(\.isHard).map { NaiveObstacle($0, assignments.slots) } + together
      + [.chain, .capacity]
  }

  /// Whether there is an assignment once some of what ties the replicas together is lifted.
  func isPossible(without lifted: Set<NaiveObstacle>) -> Bool {
    let chains: [String?] = lifted.contains(.chain) ? [nil] : scenario.chains.map(\.name)
    return chains.contains { chain in
      var ways: [[String]] = [[]]
      for places in choices(chain) { ways = ways.flatMap { way in places.map { way + [$0] } } }
      return ways.contains { assignments.together($0, without: lifted).isEmpty }
    }
  }

  /// Whether some spreads and co-locations can be met together at all, with everything else lifted but the pins: what
  /// keeps single replicas away, the common chain and capacity included.
  func isPossible(with kept: Set<NaiveObstacle>) -> Bool {
    let clusters = scenario.clusters.map(\.name).filter { scenario.place(of: $0) != nil }
    var ways: [[String]] = [[]]
    for slot in assignments.slots {
      let isBound = kept.contains { $0.environments.contains(slot.environment.name) }
      let pinned = scenario.pinned(slot)
      let choices = !pinned.isEmpty ? pinned : isBound ? clusters : Array(clusters.prefix(1))
      ways = ways.flatMap { way in choices.map { way + [$0] } }
    }
    // Which places are eligible for a spread stays as it is, but where there are none.
    let open = NaiveAssignments(scenario, isOpen: true)
    let keys = Set(kept.map(\.key))
    let lifted = Set(NaiveSearch(scenario, open).obstacles.filter { !keys.contains($0.key) })
    return ways.contains { open.together($0, without: lifted).isEmpty }
  }

  /// What the best assignment is worth; nil if there is none.
  var best: NaiveAssignments.Value? { legal.map(assignments.value).max() }

  func value(_ assignment: NaiveAssignment) -> NaiveAssignments.Value { assignments.value(assignment) }
  func heldTerm(_ assignment: NaiveAssignment) -> Int? { assignments.heldTerm(assignment) }
  func heldTermOfNew(_ assignment: NaiveAssignment) -> Int? { assignments.heldTermOfNew(assignment) }

  /// The places that each slot may have by itself.
  private func choices(_ chain: String?) -> [[String]] {
    let chains = chain.map { [$0] } ?? scenario.chains.map(\.name)
    return assignments.slots.map { slot in
      scenario.clusters.map(\.name).filter { cluster in
        chains.contains { assignments.alone(slot, on: cluster, chain: $0).isEmpty }
      }
    }
  }
}
