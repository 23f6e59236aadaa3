import Model
public import Placement

/// Whether what a project has may stay where it is, and be delivered to as it is: the one judgement that findings, the impact
/// of a proposed policy and simulations rest on.
///
/// Not to be allowed to grow, or to come anew, is no breach: what drains or is cordoned keeps what it has, a silent agent
/// drives nobody out, and a cluster that is full holds what it holds. What stands is judged as what it was placed as,
/// whatever environments, replicas, stages and sizes the project's document asks for by now: its team writes these, and no
/// breach ends by them. What else the document says, its classes of data for one, counts as it is now.
public struct Compliance: Sendable {
  /// How each replica stands to what the project asks for, in the order of `request.existing`.
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
    // A replica that its project would have larger may be refused for that alone, and one that it does not ask for like this
    // is not judged as what it is.
    let isDoubtful = standings.contains { standing in
      !request.asks(for: standing.existing)
        || (!standing.reasons.isEmpty && request.grows(standing.existing))
    }
    let strict = isDoubtful ? engine.rejudge(request.asItStands, on: state) : standings
    breaches = zip(request.existing, strict).compactMap { existing, standing in
      // What may stay has no reasons against it.
      let isDriven = !standing.reasons.isEmpty
      guard isDriven || !standing.chainReasons.isEmpty else { return nil }
      let driving = isDriven ? standing.reasons.filter { !Self.keepingAwayOnly.contains($0.code) } : []
      return Breach(
        environment: existing.environment, replica: existing.replica, cluster: existing.cluster, mayStay: !isDriven,
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
  /// Whether the project asks for a replica of that environment, whatever the stage is by now.
  func wants(environment: String, replica: Int) -> Bool {
    project.spec.environments.contains { $0.name == environment && replica < max(1, $0.replicas ?? 1) }
  }

  /// Whether the project asks for a replica as what it was placed as.
  fileprivate func asks(for existing: ExistingPlacement) -> Bool {
    wants(environment: existing.environment, replica: existing.replica)
      && project.spec.environments.first { $0.name == existing.environment }?.stage == existing.stage
  }

  /// Whether the project would have a replica larger than it is.
  fileprivate func grows(_ existing: ExistingPlacement) -> Bool {
    guard let environment = project.spec.environments.first(where: { $0.name == existing.environment }) else {
      return false
    }
    let wanted = ResourceAmounts(environment.quota)
    return CountedResource.allCases.contains { wanted[$0] > max(0, existing.quota[$0]) }
  }

  /// The same project, asking for what it has as what that was placed as, each replica by itself and without any needs, and
  /// for nothing else. Where all of it would be best is not asked: no search is spent on that.
  fileprivate var asItStands: DecisionRequest {
    var request = self
    request.project.spec.environments = existing.indices.map { number in
      .init(name: String(number), stage: existing[number].stage, quota: ResourceList())
    }
    for number in existing.indices {
      request.existing[number].environment = String(number)
      request.existing[number].replica = 0
    }
    request.nodeBudget = 1
    return request
  }
}
