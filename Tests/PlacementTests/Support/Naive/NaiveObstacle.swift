import Foundation
import Model
import Placement

/// Something that ties the replicas of a project together.
enum NaiveObstacle: Hashable {
  /// A spread, by its environments, what it keeps apart by, and how many may share a place.
  case apart([String], ProjectSpec.Topology, atMost: Int)
  /// A co-location, by its environments and what they have to have in common.
  case together([String], ProjectSpec.Topology)
  /// That one chain delivers to all.
  case chain
  /// That they share what room there is.
  case capacity

  /// The obstacle without what depends on which places are eligible.
  var key: NaiveObstacle {
    guard case .apart(let names, let topology, _) = self else { return self }
    return .apart(names, topology, atMost: 0)
  }

  /// The environments that it ties together by where they are; none where it is not about places.
  var environments: [String] {
    switch self {
    case .apart(let names, _, _), .together(let names, _): names
    case .chain, .capacity: []
    }
  }

  init(_ group: NaiveApart.Group, _ slots: [Scenario.Slot]) {
    let names = Set(group.members.map { slots[$0].environment.name }).sorted()
    self = .apart(names, group.topology, atMost: group.atMost)
  }

  init(_ colocation: ProjectSpec.Colocation, _ members: [Scenario.Slot]) {
    self = .together(Set(members.map(\.environment.name)).sorted(), colocation.topology)
  }

  /// What the engine says stands in the way; nil where it is none of these.
  init?(_ reason: Reason) {
    switch reason.code {
    case .noCommonChain: self = .chain
    case .jointCapacityShort: self = .capacity
    case .spreadUnsatisfiable:
      guard let names = reason.parameters["environments"]?.components(separatedBy: ", "),
        let topology = reason.parameters["topology"].flatMap(ProjectSpec.Topology.init),
        let atMost = reason.parameters["atMost"].flatMap(Int.init)
      else { return nil }
      self = .apart(names.sorted(), topology, atMost: atMost)
    case .colocationUnsatisfiable:
      guard let names = reason.parameters["environments"]?.components(separatedBy: ", "),
        let topology = reason.parameters["topology"].flatMap(ProjectSpec.Topology.init)
      else { return nil }
      self = .together(names.sorted(), topology)
    default: return nil
    }
  }
}

extension ProjectSpec.Colocation {
  /// Whether it is about an environment.
  func means(_ environment: ProjectSpec.Environment) -> Bool {
    (environments.isEmpty || environments.contains(environment.name)) && (stage == nil || stage == environment.stage)
  }
}
