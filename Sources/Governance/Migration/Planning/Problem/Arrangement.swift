import Foundation
import Model
import Placement

/// Some replicas of a project, each bound to a cluster or free: what the engine is asked about.
///
/// Only what there is counts: environments without a replica here are left out, and the others are numbered anew, so that a
/// replica which can neither move nor stay does not speak for the rest.
struct Arrangement {
  /// One replica.
  struct Part {
    var existing: ExistingPlacement
    /// Where it has to be; nil where it is free.
    var cluster: String?
    /// Whether it is there already.
    var isKept: Bool
  }

  let placed: PlacedProject
  let now: Date
  private(set) var parts: [Part] = []

  /// An arrangement of nothing.
  init(_ placed: PlacedProject, now: Date) {
    self.placed = placed
    self.now = now
  }

  /// Adds a replica that is on a cluster and stays there.
  mutating func keep(_ existing: ExistingPlacement, on cluster: String) {
    parts.append(Part(existing: existing, cluster: cluster, isKept: true))
  }

  /// Adds a replica that goes to a cluster.
  mutating func move(_ existing: ExistingPlacement, to cluster: String) {
    parts.append(Part(existing: existing, cluster: cluster, isKept: false))
  }

  /// Adds a replica that may go anywhere.
  mutating func free(_ existing: ExistingPlacement) {
    parts.append(Part(existing: existing, cluster: nil, isKept: false))
  }

  /// The question to the engine.
  ///
  /// - Parameters:
  ///   - isBare: Whether amounts are left out, so that structure alone is judged.
  ///   - nodes: The nodes that answering may cost.
  func request(isBare: Bool, nodes: Int) -> DecisionRequest {
    var project = placed.project
    var (existing, pins): ([ExistingPlacement], [Pin]) = ([], [])
    project.spec.environments = placed.project.spec.environments.compactMap { environment in
      let own = parts.filter { $0.existing.environment == environment.name }
        .sorted { $0.existing.replica < $1.existing.replica }
      guard !own.isEmpty else { return nil }
      var environment = environment
      environment.replicas = own.count
      environment.quota = isBare ? ResourceList() : Self.quota(of: own)
      for (number, part) in own.enumerated() {
        guard let cluster = part.cluster else { continue }
        pins.append(Pin(environment: environment.name, replica: number, cluster: cluster))
        guard part.isKept else { continue }
        existing.append(
          ExistingPlacement(
            environment: environment.name, replica: number, cluster: cluster, stage: environment.stage,
            quota: isBare ? ResourceAmounts() : part.existing.quota))
      }
      return environment
    }
    return DecisionRequest(
      project: project, existing: existing, derogations: placed.derogations, now: now, mayMove: true,
      leaves: parts.filter { !$0.isKept }.map(\.existing), nodeBudget: nodes, pins: pins)
  }

  /// The number that a replica has in the question.
  func number(of existing: ExistingPlacement) -> Int {
    parts.count { $0.existing.environment == existing.environment && $0.existing.replica < existing.replica }
  }

  /// What the replicas hold: a move is no occasion to resize them.
  private static func quota(of parts: [Part]) -> ResourceList {
    let held = parts.map { Load($0.existing.quota) }.reduce(Load()) { $0.maximum($1) }.amounts
    return ResourceList(
      cpu: Quantity(milli: held.cpu), memory: Quantity(held.memory, format: .binarySI), gpu: Quantity(held.gpu),
      storage: Quantity(held.storage, format: .binarySI), pods: Quantity(held.pods))
  }
}
