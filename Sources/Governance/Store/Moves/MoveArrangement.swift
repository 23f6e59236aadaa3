import Foundation
import Model
import Placement

/// What of a project the engine is asked about when the target of a move is placed: the project as it is to be when its
/// migration is done, of which everything but the target is there already. Its other moves are taken for done, where they are
/// going; what may not stay where it is, or has no place, does not speak for the rest; and what is left does not count.
struct MoveArrangement: Sendable, Hashable {
  /// A project as it is asked about.
  struct Asked: Sendable, Hashable {
    var spec: ProjectSpec
    var existing: [ExistingPlacement]
    /// What the target takes the place of.
    var leaves: [ExistingPlacement] = []
  }

  /// The environment whose next replica is placed.
  var environment: String
  /// Where placements are taken to be that other moves of the migration are to take there.
  var assumed: [UUID: String]
  /// Placements that may not stay where they are.
  var illegal: Set<UUID>
  /// What the target takes the place of: the project holds no more for that.
  var source: UUID?

  /// The replica that is placed, by the document that asks for it.
  func replica(of spec: ProjectSpec) -> Int { spec.replicas(of: environment) - 1 }

  /// What the engine is asked.
  func asked(of spec: ProjectSpec, held: [HeldReplica]) -> Asked {
    let standing = held.filter { !$0.isLeaving && $0.phase != .removed }
    var asked = Asked(spec: spec, existing: [], leaves: held.filter { $0.id == source }.map(ExistingPlacement.init))
    asked.spec.environments = spec.environments.filter { environment in
      let own = standing.filter { $0.environment == environment.name }
      let count = spec.replicas(of: environment.name) - (environment.name == self.environment ? 1 : 0)
      let isThere = (0..<count).allSatisfy { replica in own.contains { $0.replica == replica } }
      let mayStay = own.allSatisfy { assumed[$0.id] != nil || !illegal.contains($0.id) }
      guard environment.name == self.environment || (isThere && mayStay) else { return false }
      asked.existing += own.filter { $0.replica < count }.map { one in
        var existing = ExistingPlacement(one)
        existing.cluster = assumed[one.id] ?? one.cluster
        // What is to be elsewhere may have any chain there.
        existing.chain = assumed[one.id] == nil ? one.chain : nil
        return existing
      }
      return true
    }
    let names = Set(asked.spec.environments.map(\.name))
    for index in asked.spec.spread.indices { asked.spec.spread[index].environments.removeAll { !names.contains($0) } }
    for index in asked.spec.colocation.indices {
      asked.spec.colocation[index].environments.removeAll { !names.contains($0) }
    }
    // Where nothing is left of a list it would mean all environments.
    asked.spec.spread = zip(spec.spread, asked.spec.spread).filter {
      $0.environments.isEmpty == $1.environments.isEmpty
    }
    .map(\.1)
    asked.spec.colocation = zip(spec.colocation, asked.spec.colocation)
      .filter { $0.environments.isEmpty == $1.environments.isEmpty }.map(\.1)
    return asked
  }
}

extension ProjectSpec {
  /// How many replicas an environment has; 0 where there is none.
  func replicas(of environment: String) -> Int {
    environments.first { $0.name == environment }.map { max(1, $0.replicas ?? 1) } ?? 0
  }
}

extension DecisionJob {
  /// Whether what was assigned is written: of a move only its target, whatever else the engine was asked about.
  func writes(_ assignment: Assignment) -> Bool {
    guard arrangement != nil else { return true }
    return places.contains(Pin(assignment))
  }
}
