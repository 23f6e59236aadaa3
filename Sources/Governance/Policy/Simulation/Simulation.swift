public import Foundation
public import Model
public import Placement

/// Where projects would go under an offer and a policy on a day: those of today, proposed ones, or a day to come.
///
/// Nothing is stored, and nothing is given back: what moves goes on holding its old place, as in a migration. Projects
/// are looked at in the order of their names, each on what those before it left.
public struct Simulation: Sendable {
  /// A project, and what it has already.
  public struct Subject: Codable, Sendable, Hashable {
    /// The project.
    public var project: Resource<ProjectSpec>
    /// Its replicas that are placed.
    public var existing: [ExistingPlacement]

    /// A project, placed or not.
    public init(project: Resource<ProjectSpec>, existing: [ExistingPlacement] = []) {
      self.project = project
      self.existing = existing
    }
  }

  private let engine: Engine
  private let derogations: [Resource<DerogationSpec>]
  private let now: Date

  /// A simulation under one offer and policy.
  ///
  /// - Parameter now: A derogation that is notified after it has no effect yet.
  public init(
    offer: Offer, policy: PolicySpec, derogations: [Resource<DerogationSpec>] = [], day: CalendarDay, now: Date
  ) {
    engine = Engine(offer: offer, policy: EffectivePolicy(version: 1, spec: policy), day: day)
    self.derogations = derogations
    self.now = now
  }

  /// Where each project goes, sorted by name.
  public func outcomes(of subjects: [Subject]) -> [SimulatedProject] {
    var state = PlacementState(ledger: Ledger(), staleZones: [], for: engine)
    for existing in subjects.flatMap(\.existing) { add(existing.quota, to: existing.cluster, of: &state) }
    return subjects.sorted { $0.project.name < $1.project.name }.map { subject in
      let request = DecisionRequest(
        project: subject.project, existing: subject.existing, derogations: derogations, now: now)
      let explanation = engine.explain(request, on: state)
      let compliance = Compliance(of: request, under: engine, on: state)
      for assignment in explanation.plan.assignments {
        let held = subject.existing.filter { $0.isReplica(of: assignment) && $0.cluster == assignment.cluster }
        let growth = held.reduce(assignment.quota) { $0.minus($1.quota) }
        add(growth, to: assignment.cluster, of: &state)
      }
      let judged = ImpactSubject(request, judging: subject.existing.filter { !$0.isGoing })
      return SimulatedProject(
        explanation.plan, violations: judged.counted(compliance.breaches).map(violation),
        standings: compliance.standings)
    }
  }

  /// What changes for each project from `before` to this simulation: where `before` places it is what it has. Sorted by
  /// name.
  public func changes(of subjects: [Subject], from before: Simulation) -> [SimulatedChange] {
    let earlier = before.outcomes(of: subjects)
    let byName = Dictionary(earlier.map { ($0.project, $0) }) { first, _ in first }
    let placed = subjects.map { subject in
      guard let outcome = byName[subject.project.name], outcome.outcome == .placed else { return subject }
      return Subject(project: subject.project, existing: subject.held(after: outcome))
    }
    return zip(earlier, outcomes(of: placed)).map { SimulatedChange(before: $0, after: $1) }
  }

  private func add(_ amounts: ResourceAmounts, to cluster: String, of state: inout PlacementState) {
    if let site = engine.site(named: cluster) { state.add(amounts, to: site) }
  }

  private func violation(_ breach: Breach) -> SimulatedProject.Violation {
    let isGone = engine.site(named: breach.cluster) == nil
    return SimulatedProject.Violation(
      environment: breach.environment, replica: breach.replica, cluster: breach.cluster,
      // That its cluster is gone is all there is to say of it, and said first.
      reasons: isGone ? Array(breach.reasons.prefix(1)) : breach.reasons, mayStay: breach.mayStay ? true : nil)
  }
}

extension Simulation.Subject {
  /// What it has once it is placed like this: nothing is given back. What it moved from goes and is held until then, so is what
  /// nobody asks for any more, and what stands where it was has no less than it had.
  fileprivate func held(after outcome: SimulatedProject) -> [ExistingPlacement] {
    let placed = outcome.existing
    var held = placed
    for old in existing {
      if let index = placed.firstIndex(where: { $0.isReplica(of: old) && $0.cluster == old.cluster }) {
        for resource in CountedResource.allCases {
          held[index].quota[resource] = max(held[index].quota[resource], old.quota[resource])
        }
      } else {
        var left = old
        left.isGoing = old.isGoing || placed.contains { $0.isReplica(of: old) }
        held.append(left)
      }
    }
    return held
  }
}

extension ExistingPlacement {
  func isReplica(of assignment: Assignment) -> Bool {
    environment == assignment.environment && replica == assignment.replica
  }

  fileprivate func isReplica(of other: ExistingPlacement) -> Bool {
    environment == other.environment && replica == other.replica
  }
}

extension ResourceAmounts {
  fileprivate func minus(_ other: Self) -> Self {
    var rest = self
    for resource in CountedResource.allCases { rest[resource] = max(0, rest[resource] - other[resource]) }
    return rest
  }
}
