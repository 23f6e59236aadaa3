internal import Foundation
internal import Model
package import Placement

/// The demo's offer, prepared for the engine, and its projects as requests.
package struct EngineInputs: Sendable {
  private let engine: Engine
  private let state: PlacementState
  /// A request for each of its projects.
  package let requests: [DecisionRequest]
  /// Clusters on offer.
  package let clusters: Int
  /// Rules of the policy.
  package let rules: Int

  /// - Parameter copies: How often each cluster stands in the offer, under names of its own.
  package init(copies: Int = 1) throws {
    let resources = try Examples.load()
    let multiplied = resources.flatMap { resource -> [AnyResource] in
      guard case .cluster(let cluster) = resource else { return [resource] }
      return (1...copies).map { .cluster(Resource($0 == 1 ? cluster.name : "\(cluster.name)-\($0)", cluster.spec)) }
    }
    let policies = resources.compactMap { if case .policy(let policy) = $0 { policy } else { nil } }
    guard let policy = policies.first, let day = CalendarDay(year: 2026, month: 6, day: 1) else {
      throw BenchError("Examples/ holds no policy")
    }
    let offer = Offer(multiplied)
    engine = Engine(offer: offer, policy: EffectivePolicy(version: 1, spec: policy.spec), day: day)
    state = PlacementState(ledger: Ledger(), staleZones: [], for: engine)
    clusters = offer.clusters.count
    rules = policy.spec.rules.count
    requests = resources.compactMap { resource in
      guard case .project(let project) = resource else { return nil }
      return DecisionRequest(project: project, now: Date(timeIntervalSince1970: 1_780_000_000))
    }
  }

  /// Decides, and keeps the compiler from leaving it out.
  @inline(never)
  package func decide(_ request: DecisionRequest) {
    withExtendedLifetime(engine.decide(request, on: state)) {}
  }
}
