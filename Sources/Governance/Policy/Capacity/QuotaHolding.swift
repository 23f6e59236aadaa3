public import Foundation
public import Model

/// What the ledger holds for a placement, beside what the cluster enforces of its quota.
public struct QuotaHolding: Sendable, Hashable {
  /// How the two stand to each other.
  public enum Standing: Sendable, Hashable, CaseIterable {
    /// The placement holds nothing any more, or is to go.
    case gone
    /// What the cluster enforces is not known, or not of what is decided now: no difference, and no agreement.
    case notCompared
    /// Both say the same.
    case agrees
    /// They do not.
    case differs
  }

  /// The placement.
  public var placement: UUID
  /// The project.
  public var project: String
  /// The environment.
  public var environment: String
  /// Which replica, from 0.
  public var replica: Int
  /// The cluster.
  public var cluster: String
  /// What was decided last.
  public var phase: PlacementPhase
  /// What its quota was decided to be.
  public var decided: ResourceAmounts
  /// What the ledger holds for it: more than was decided where a quota was lowered, while more is enforced or in use.
  public var reserved: ResourceAmounts
  /// What the cluster enforces, as an agent has seen it; nil where it has not.
  public var enforced: ResourceList?
  /// What is in use, as an agent has read it in the quota; nil where it has not.
  public var used: ResourceList?
  /// Whether the agent's report is of the revision, epoch and phase that were decided last.
  public var isCurrent: Bool
  /// Whether the agent is heard, and reaches the cluster.
  public var isSeen: Bool

  /// A placement.
  public init(
    placement: UUID, project: String, environment: String, replica: Int, cluster: String, phase: PlacementPhase,
    decided: ResourceAmounts, reserved: ResourceAmounts, enforced: ResourceList?, used: ResourceList?,
    isCurrent: Bool, isSeen: Bool
  ) {
    self.placement = placement
    self.project = project
    self.environment = environment
    self.replica = replica
    self.cluster = cluster
    self.phase = phase
    self.decided = decided
    self.reserved = reserved
    self.enforced = enforced
    self.used = used
    self.isCurrent = isCurrent
    self.isSeen = isSeen
  }

  /// How the two stand to each other.
  public var standing: Standing {
    if phase == .removed { return .gone }
    guard isCurrent, isSeen, enforced != nil else { return .notCompared }
    return CountedResource.allCases.allSatisfy { excess(of: $0) == 0 } ? .agrees : .differs
  }

  /// What the quota enforces more than the ledger holds, negative where it is less; 0 where that is not known. A quota that
  /// does not limit a resource holds nothing of it: so it is with what was not asked for. A frozen placement may have fewer
  /// pods than the ledger goes on holding for it; where that holds none, freezing has set the limit at the pods in use.
  /// A quota that was lowered enforces less than the ledger holds for what is in use beyond it.
  func excess(of resource: CountedResource) -> Int128 {
    guard let enforced else { return 0 }
    let held = max(0, ResourceAmounts(enforced)[resource])
    let excess = Int128(held) - Int128(reserved[resource])
    if resource == .pods, enforced.pods != nil, phase == .frozen || phase == .draining {
      return reserved.pods == 0 ? 0 : max(0, excess)
    }
    return excess < 0 ? min(0, excess + outlasting(resource)) : excess
  }

  /// What the ledger holds beyond what was decided because it is in use.
  private func outlasting(_ resource: CountedResource) -> Int128 {
    guard let used else { return 0 }
    return max(0, Int128(min(reserved[resource], ResourceAmounts(used)[resource])) - Int128(decided[resource]))
  }

  /// The placement as a difference names it.
  func part(_ resource: CountedResource) -> LedgerDifference.Part {
    LedgerDifference.Part(
      placement: placement, project: project, environment: environment, replica: replica,
      ledger: reserved[resource],
      held: enforced?[resource] == nil ? nil : enforced.map { ResourceAmounts($0)[resource] })
  }
}
