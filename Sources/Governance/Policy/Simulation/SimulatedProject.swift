public import Model
public import Placement

/// Where a project would go, and what of it may not stay where it is.
public struct SimulatedProject: Codable, Sendable, Hashable {
  /// Where a replica would be.
  public struct Place: Codable, Sendable, Hashable {
    /// The environment's name.
    public var environment: String
    /// Which replica, from 0.
    public var replica: Int
    /// The environment's stage.
    public var stage: String
    /// The cluster.
    public var cluster: String
    /// The zone's slug.
    public var zone: String
    /// The region's name.
    public var region: String
    /// The operator's name.
    public var `operator`: String
    /// What is reserved.
    public var quota: ResourceAmounts
    /// Where it is now, if that is elsewhere.
    public var movedFrom: String?
    /// All that keeps it from staying there; absent where it could.
    public var movedBecause: [Reason]?
  }

  /// A replica that does not comply where it is, or whose chain may not deliver to it: as findings and impacts have it.
  public struct Violation: Codable, Sendable, Hashable {
    /// The environment's name.
    public var environment: String
    /// Which replica, from 0.
    public var replica: Int
    /// Where it is.
    public var cluster: String
    /// What drives it out of there; after that, what keeps the chain that delivers to it from doing so.
    public var reasons: [Reason]
    /// True where only its chain is in the way: it may stay, and another chain is chosen.
    public var mayStay: Bool?
    /// The rules among them.
    public var rules: [String] {
      let named = reasons.filter { $0.code == .ruleRequires || $0.code == .ruleForbids }.map { $0.parameters["rule"] }
      return named.compactMap(\.self)
    }
  }

  /// The project's name.
  public var project: String
  /// How it would end.
  public var outcome: Decision.Outcome
  /// The chain that would deliver.
  public var chain: String?
  /// Sorted by environment and replica; empty unless placed.
  public var places: [Place]
  /// What stands in the way of the project as a whole.
  public var reasons: [Reason]
  /// What does not comply, what the project does not ask for any more included.
  public var violations: [Violation]

  /// Whether anything of it may not stay where it is: not what only gets another chain.
  public var isBroken: Bool { violations.contains { $0.mayStay != true } }

  init(_ plan: Plan, violations: [Violation], standings: [Standing]) {
    project = plan.project
    outcome = plan.outcome
    chain = plan.chain
    places = plan.assignments.map { assignment in
      let standing = standings.first { $0.existing.isReplica(of: assignment) && !$0.existing.isGoing && !$0.mayStay }
      let isMoved = assignment.movedFrom != nil
      return Place(
        environment: assignment.environment, replica: assignment.replica, stage: assignment.stage,
        cluster: assignment.cluster, zone: assignment.zone, region: assignment.region, operator: assignment.operator,
        quota: assignment.quota, movedFrom: assignment.movedFrom, movedBecause: isMoved ? standing?.reasons : nil)
    }
    reasons = plan.reasons
    self.violations = violations
  }

  /// What the project has when it is placed like this.
  var existing: [ExistingPlacement] {
    places.map {
      ExistingPlacement(
        environment: $0.environment, replica: $0.replica, cluster: $0.cluster, stage: $0.stage, quota: $0.quota,
        chain: chain)
    }
  }
}
