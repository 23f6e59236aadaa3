import Model
public import Placement

/// Whether what a project has may stay where it is, and be delivered to as it is: the one judgement that findings and the impact
/// of a proposed policy rest on.
///
/// Not to be allowed to grow, or to come anew, is no breach: what drains or is cordoned keeps what it has, a silent agent
/// drives nobody out, and a cluster that is full holds what it holds.
public struct Compliance: Sendable {
  /// How each replica stands, in the order of `request.existing`.
  public let standings: [Standing]
  /// The replicas that may not stay, or whose chain may not deliver to them, in the same order.
  public let breaches: [Breach]

  /// Judges what a project has under an engine.
  public init(of request: DecisionRequest, under engine: Engine, on state: PlacementState) {
    self.init(
      of: request, request.existing.isEmpty ? [] : engine.rejudge(request, on: state), under: engine, on: state)
  }

  /// Judges what a project has, how it stands being known already.
  init(of request: DecisionRequest, _ standings: [Standing], under engine: Engine, on state: PlacementState) {
    self.standings = standings
    let isDoubtful = standings.contains { standing in
      !standing.mayStay && !standing.reasons.isEmpty && request.grows(standing.existing)
    }
    // A replica that its project would have larger may be refused for that alone. Without any needs it is not.
    let strict = isDoubtful ? engine.rejudge(request.withoutNeeds, on: state) : standings
    breaches = strict.compactMap { standing in
      let isDriven = !standing.mayStay && !standing.reasons.isEmpty
      guard isDriven || !standing.chainReasons.isEmpty else { return nil }
      let driving = isDriven ? standing.reasons.filter { !Self.keepingAwayOnly.contains($0.code) } : []
      return Breach(
        environment: standing.existing.environment, replica: standing.existing.replica,
        cluster: standing.existing.cluster, mayStay: !isDriven,
        reasons: driving + standing.chainReasons.filter { !driving.contains($0) })
    }
  }

  /// What keeps new replicas away, and drives none out.
  private static let keepingAwayOnly: Set<ReasonCode> = [
    .regionDraining, .clusterDraining, .regionCordoned, .clusterCordoned, .staleHeartbeat, .capacityNeverFits,
    .capacityShort,
  ]
}

extension DecisionRequest {
  /// Whether the project would have a replica larger than it is.
  fileprivate func grows(_ existing: ExistingPlacement) -> Bool {
    guard let environment = project.spec.environments.first(where: { $0.name == existing.environment }) else {
      return false
    }
    let wanted = ResourceAmounts(environment.quota)
    return CountedResource.allCases.contains { wanted[$0] > max(0, existing.quota[$0]) }
  }

  /// The same project, asking for nothing where it is.
  fileprivate var withoutNeeds: DecisionRequest {
    var request = self
    for index in request.project.spec.environments.indices {
      request.project.spec.environments[index].quota = ResourceList()
    }
    return request
  }
}
