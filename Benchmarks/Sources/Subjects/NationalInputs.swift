internal import Foundation
internal import Model
internal import Placement

/// What the engine is measured on at the size of the country: 1000 clusters, 200 rules, many projects in turn.
package struct NationalInputs: Sendable {
  /// Clusters on offer.
  package let clusters: Int
  private let offer: Offer
  private let day: CalendarDay
  private let ledger: Ledger
  private let engine: Engine
  private let state: PlacementState
  private let requests: [DecisionRequest]

  package init(clusters: Int = 1000, rules: Int = 200, projects: Int = 500) throws {
    guard let day = CalendarDay(year: 2026, month: 6, day: 1) else { throw BenchError("the day does not exist") }
    self.clusters = clusters
    self.day = day
    offer = NationalOffer.make(clusters: clusters, seed: 1)
    ledger = NationalOffer.ledger(of: offer, seed: 2)
    engine = Engine(
      offer: offer, policy: EffectivePolicy(version: 1, spec: NationalPolicy.make(rules: rules, seed: 3)), day: day)
    state = PlacementState(ledger: ledger, staleZones: ["zone-7"], for: engine)
    requests = NationalProjects.make(projects, seed: 4).map {
      DecisionRequest(project: $0, now: Date(timeIntervalSince1970: 1_780_000_000))
    }
  }

  /// Projects that are decided in turn.
  package var projects: Int { requests.count }

  /// Plans a project; whether it is placed.
  @inline(never)
  package func plan(_ number: Int) -> Bool {
    engine.plan(requests[number % requests.count], on: state).outcome == .placed
  }

  /// Explains a project and reads every reason of every verdict as code and amounts; a sum over all of them.
  @inline(never)
  package func explain(_ number: Int) -> (reasons: Int, checksum: Int) {
    let explanation = engine.explain(requests[number % requests.count], on: state)
    var (reasons, checksum) = (0, 0)
    for environment in explanation.environments.indices {
      explanation.forEachReason(of: environment) { site, reason in
        reasons += 1
        checksum =
          checksum &* 31 &+ site &+ reason.order &+ reason.item &+ Int(truncatingIfNeeded: reason.needed)
          &+ Int(truncatingIfNeeded: reason.limit) &+ Int(truncatingIfNeeded: reason.committed)
      }
    }
    return (reasons, checksum)
  }
}
