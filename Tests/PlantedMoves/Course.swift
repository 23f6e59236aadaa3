import Foundation
public import Migration
import Model
import Placement

/// What a scope means, what the engine makes of an end, and which ends can be reached: by trying everything.
public struct Course {
  struct Mover {
    var placed: PlacedProject
    var replica: PlacedProject.Replica

    var reference: EnvironmentReference {
      EnvironmentReference(project: placed.project.name, environment: replica.existing.environment)
    }
    var isAsked: Bool {
      placed.project.spec.environments.contains {
        $0.name == replica.existing.environment && replica.existing.replica < $0.replicas ?? 1
      }
    }
  }

  let inputs: PlanningInputs
  let engine: Engine
  /// The clusters that nothing may go to.
  let left: Set<String>
  let movers: [Mover]

  /// What inputs mean.
  public init(_ inputs: PlanningInputs) {
    self.inputs = inputs
    var left: Set<String> = []
    if case .clusters(let names) = inputs.scope { left = Set(names) }
    if case .regions(let names) = inputs.scope {
      for cluster in inputs.offer.clusters {
        let zone = inputs.offer.zones.first { $0.name == cluster.spec.zone }
        if let region = zone?.spec.region, names.contains(region) { left.insert(cluster.name) }
      }
    }
    self.left = left
    // What is left is to drain: a spread does not ask for anything there.
    let clusters = inputs.offer.clusters.map { cluster in
      var cluster = cluster
      if left.contains(cluster.name), cluster.spec.state != .closed { cluster.spec.state = .draining }
      return cluster
    }
    let offer = Offer(
      operators: inputs.offer.operators, regions: inputs.offer.regions, zones: inputs.offer.zones, clusters: clusters,
      chains: inputs.offer.chains, facts: inputs.offer.facts)
    engine = Engine(offer: offer, policy: inputs.policy, day: inputs.day)
    movers = inputs.projects.flatMap { placed in
      placed.replicas.filter { replica in
        switch inputs.scope {
        case .environment(let project, let environment):
          placed.project.name == project && replica.existing.environment == environment
        case .project(let project): placed.project.name == project
        case .selection(let ids): ids.contains(replica.id)
        case .clusters, .regions: left.contains(replica.existing.cluster)
        }
      }.map { Mover(placed: placed, replica: $0) }
    }
  }

  /// Whether the engine accepts what a project has in the end: what was moved, and all else that may stay.
  func isWhole(_ placed: PlacedProject, _ targets: [UUID: String]) -> Bool {
    let own = movers.filter { $0.placed.project.name == placed.project.name }
    guard own.contains(where: { targets[$0.replica.id] != nil }) else { return true }
    var parts: [(existing: ExistingPlacement, isKept: Bool)] = []
    var lost: [ExistingPlacement] = []
    for replica in placed.replicas {
      var existing = replica.existing
      let isMoved = targets[replica.id] != nil
      existing.cluster = targets[replica.id] ?? existing.cluster
      if isMoved || mayStay(existing, of: placed) {
        parts.append((existing, !isMoved))
      } else {
        lost.append(replica.existing)
      }
    }
    let moved = own.filter { targets[$0.replica.id] != nil }.map(\.replica.existing)
    for colocation in placed.project.spec.colocation where colocation.whenUnsatisfiable != .placeAnyway {
      func means(_ existing: ExistingPlacement) -> Bool {
        (colocation.environments.isEmpty || colocation.environments.contains(existing.environment))
          && (colocation.stage ?? existing.stage) == existing.stage
      }
      let isMovers = lost.contains { one in own.contains { $0.replica.existing == one } && means(one) }
      if isMovers, moved.contains(where: means) { return false }
    }
    // How much it is is asked of the contract alone, as if all were there; room is counted elsewhere.
    var sizeless = placed
    for index in sizeless.project.spec.environments.indices {
      sizeless.project.spec.environments[index].quota = ResourceList()
    }
    let bare = parts.map { part in
      var part = part
      part.existing.quota = ResourceAmounts()
      return part
    }
    return engine.plan(request(sizeless, bare), on: empty).outcome == .placed
      && engine.plan(request(placed, parts.map { ($0.existing, true) }), on: empty).outcome == .placed
  }

  private var empty: PlacementState { PlacementState(ledger: Ledger(), staleZones: inputs.staleZones, for: engine) }

  private func mayStay(_ existing: ExistingPlacement, of placed: PlacedProject) -> Bool {
    let isAsked = Mover(placed: placed, replica: .init(id: placed.replicas.first?.id ?? UUID(), existing: existing))
      .isAsked
    return isAsked && engine.rejudge(request(placed, [(existing, true)]), on: empty).first?.mayStay ?? false
  }

  private func request(
    _ placed: PlacedProject, _ parts: [(existing: ExistingPlacement, isKept: Bool)]
  ) -> DecisionRequest {
    var project = placed.project
    var (existing, pins): ([ExistingPlacement], [Pin]) = ([], [])
    project.spec.environments = project.spec.environments.compactMap { environment in
      var environment = environment
      let own = parts.filter { $0.existing.environment == environment.name }
        .sorted { $0.existing.replica < $1.existing.replica }
      environment.replicas = own.count
      for (number, part) in own.enumerated() {
        var one = part.existing
        one.replica = number
        pins.append(Pin(environment: one.environment, replica: number, cluster: one.cluster))
        if part.isKept { existing.append(one) }
      }
      return own.isEmpty ? nil : environment
    }
    return DecisionRequest(
      project: project, existing: existing, derogations: placed.derogations, now: inputs.now, pins: pins)
  }

  /// The most moves of any course: one move after the other, or, where there are days, in waves on these.
  public func most() -> Int { inputs.limits.days.isEmpty ? mostInOrder() : mostOnDays(mostInOrder()) }

  private func mostInOrder() -> Int {
    let sites = engine.clusters
    func limits(_ stage: String) -> [ResourceAmounts] { engine.limits(in: stage) }
    var seen: Set<[Int]> = []
    var most = 0
    func visit(_ state: [Int]) {
      guard seen.insert(state).inserted else { return }
      let targets = Dictionary(
        uniqueKeysWithValues: zip(movers, state).filter { $0.1 >= 0 }.map { ($0.0.replica.id, sites[$0.1]) })
      if targets.count > most, inputs.projects.allSatisfy({ isWhole($0, targets) }) { most = targets.count }
      var committed = sites.map { inputs.ledger[$0].committed }
      for (mover, target) in zip(movers, state) where target >= 0 {
        let existing = mover.replica.existing
        committed[target].add(existing.quota, times: 1)
        if let source = sites.firstIndex(of: existing.cluster) { committed[source].add(existing.quota, times: -1) }
      }
      for (number, mover) in movers.enumerated() where state[number] < 0 && mover.isAsked {
        let existing = mover.replica.existing
        let waits = inputs.limits.dependencies.filter { $0.then == mover.reference }.map(\.first)
        let isHeld = movers.indices.contains { waits.contains(movers[$0].reference) && state[$0] < 0 }
        guard !isHeld else { continue }
        for (site, name) in sites.enumerated() where name != existing.cluster && !left.contains(name) {
          let limit = limits(existing.stage)[site]
          let fits = CountedResource.allCases.allSatisfy { resource in
            existing.quota[resource] == 0 || committed[site][resource] + existing.quota[resource] <= limit[resource]
          }
          guard fits else { continue }
          var next = state
          next[number] = site
          visit(next)
        }
      }
    }
    visit(Array(repeating: -1, count: movers.count))
    return most
  }
}
