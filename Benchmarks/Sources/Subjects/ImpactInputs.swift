internal import Foundation
internal import Model
internal import Placement
internal import Policy

/// Placements that were made under one policy, and another one that is proposed.
package struct ImpactInputs: Sendable {
  private let country: RejudgingInputs

  /// - Parameter placements: How many replicas there are, at least.
  package init(placements: Int, clusters: Int = 1000, rules: Int = 200) throws {
    country = try RejudgingInputs(placements: placements, clusters: clusters, rules: rules)
  }

  /// Works out what the proposed policy would change, which is compiled first.
  @inline(never)
  package func work() -> (placements: Int, nonCompliant: Int, regionChanges: Int, migrations: Int) {
    let present = Engine(
      offer: country.offer, policy: EffectivePolicy(version: 1, spec: country.present), day: country.day)
    var computation = ImpactComputation(
      of: country.next, version: 2, instead: present, offer: country.offer, ledger: country.ledger, staleZones: [],
      day: country.day)
    // As the service does: some at a time.
    let requests = country.requests.sorted { $0.project.name < $1.project.name }
    for start in stride(from: 0, to: requests.count, by: 25) {
      computation.take(requests[start..<min(start + 25, requests.count)])
    }
    let summary = computation.result.summary
    return (summary.placements, summary.nonCompliant, summary.regionChanges, summary.migrations)
  }
}
