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
      let violations = subject.existing.isEmpty ? [] : violations(engine.rejudge(request, on: state))
      for assignment in explanation.plan.assignments {
        let held = subject.existing.filter { $0.isReplica(of: assignment) && $0.cluster == assignment.cluster }
        let growth = held.reduce(assignment.quota) { $0.minus($1.quota) }
        add(growth, to: assignment.cluster, of: &state)
      }
      return SimulatedProject(explanation.plan, violations: violations)
    }
  }

  /// What changes for each project from `before` to this simulation: where `before` places it is what it has. Sorted by
  /// name.
  public func changes(of subjects: [Subject], from before: Simulation) -> [SimulatedChange] {
    let earlier = before.outcomes(of: subjects)
    let byName = Dictionary(earlier.map { ($0.project, $0) }) { first, _ in first }
    let placed = subjects.map { subject in
      let outcome = byName[subject.project.name]
      return Subject(
        project: subject.project, existing: outcome?.outcome == .placed ? outcome?.existing ?? [] : subject.existing)
    }
    return zip(earlier, outcomes(of: placed)).map { SimulatedChange(before: $0, after: $1) }
  }

  private func add(_ amounts: ResourceAmounts, to cluster: String, of state: inout PlacementState) {
    if let site = engine.site(named: cluster) { state.add(amounts, to: site) }
  }

  /// Replicas that restrictions drive out of where they are, or whose chain may not deliver to them; one whose cluster is gone
  /// has no reason but that.
  private func violations(_ standings: [Standing]) -> [SimulatedProject.Violation] {
    standings.compactMap { standing in
      let driving = standing.mayStay ? [] : standing.reasons.filter { $0.code.category == .restriction }
      let isGone = engine.site(named: standing.existing.cluster) == nil
      let isDriven = !standing.mayStay && (!driving.isEmpty || isGone)
      guard isDriven || !standing.chainReasons.isEmpty else { return nil }
      return SimulatedProject.Violation(
        environment: standing.existing.environment, replica: standing.existing.replica,
        cluster: standing.existing.cluster,
        // That its cluster is gone is all there is to say of it.
        reasons: isGone ? driving : driving + standing.chainReasons.filter { !driving.contains($0) },
        mayStay: isDriven ? nil : true)
    }
  }
}

extension ExistingPlacement {
  fileprivate func isReplica(of assignment: Assignment) -> Bool {
    environment == assignment.environment && replica == assignment.replica
  }
}

extension ResourceAmounts {
  fileprivate func minus(_ other: Self) -> Self {
    var rest = self
    for resource in CountedResource.allCases { rest[resource] = max(0, rest[resource] - other[resource]) }
    return rest
  }
}
