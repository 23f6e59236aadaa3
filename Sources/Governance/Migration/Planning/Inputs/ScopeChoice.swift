import Foundation
import Model
import Placement

/// Which placements a scope means, and which places are left for good.
struct ScopeChoice {
  private let scope: MoveScope
  private let ids: Set<UUID>
  /// The clusters that everything is moved away from.
  let left: Set<String>
  private let regions: Set<String>

  init(_ scope: MoveScope, offer: Offer) {
    self.scope = scope
    var (ids, left, regions): (Set<UUID>, Set<String>, Set<String>) = ([], [], [])
    switch scope {
    case .selection(let chosen): ids = Set(chosen)
    case .clusters(let names): left = Set(names)
    case .regions(let names):
      regions = Set(names)
      let zones = Set(offer.zones.filter { regions.contains($0.spec.region) }.map(\.name))
      left = Set(offer.clusters.filter { zones.contains($0.spec.zone) }.map(\.name))
    case .environment, .project: break
    }
    (self.ids, self.left, self.regions) = (ids, left, regions)
  }

  /// Whether a replica is to be moved.
  func means(_ replica: PlacedProject.Replica, of project: String) -> Bool {
    means(replica.id, of: project, replica.existing.environment, on: replica.existing.cluster)
  }

  /// Whether what is withheld were to be moved.
  func means(_ withheld: WithheldPlacement) -> Bool {
    means(withheld.id, of: withheld.project, withheld.environment, on: withheld.cluster)
  }

  private func means(_ id: UUID, of project: String, _ environment: String, on cluster: String) -> Bool {
    switch scope {
    case .environment(let name, let wanted): project == name && environment == wanted
    case .project(let name): project == name
    case .selection: ids.contains(id)
    case .clusters, .regions: left.contains(cluster)
    }
  }

  /// The offer in which the places that are left, and `also`, drain: they keep what they have, and the engine itself says
  /// of each of them why nothing comes there.
  func draining(_ offer: Offer, also: String? = nil) -> Offer {
    let closing = also.map { left.union([$0]) } ?? left
    return Offer(
      operators: offer.operators,
      regions: offer.regions.map { region in
        var region = region
        if regions.contains(region.name), region.spec.state != .closed { region.spec.state = .draining }
        return region
      }, zones: offer.zones,
      clusters: offer.clusters.map { cluster in
        var cluster = cluster
        if closing.contains(cluster.name), cluster.spec.state != .closed { cluster.spec.state = .draining }
        return cluster
      }, chains: offer.chains, facts: offer.facts, unacknowledged: offer.unacknowledged)
  }
}
