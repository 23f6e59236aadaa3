import Model

/// A cluster of the offer, with what it belongs to. A class: what is passed on is never copied.
final class Site: Sendable {
  /// A cluster whose zone, region and operator are all in the offer.
  struct Place: Sendable {
    var zone: Resource<ZoneSpec>
    var region: Resource<RegionSpec>
  }

  let cluster: Resource<ClusterSpec>
  let facts: ClusterFacts?
  let zone: Resource<ZoneSpec>?
  let region: Resource<RegionSpec>?
  let operatorName: String
  /// Qualifications of the region that are declared and do not count.
  let unacknowledged: Set<String>
  /// The first reference that leads nowhere.
  let unresolved: Reason?

  init(
    cluster: Resource<ClusterSpec>, facts: ClusterFacts?, zone: Resource<ZoneSpec>?, region: Resource<RegionSpec>?,
    operators: Set<String>, unacknowledged: Set<String> = []
  ) {
    (self.cluster, self.facts, self.zone, self.region) = (cluster, facts, zone, region)
    self.unacknowledged = unacknowledged
    operatorName = region?.spec.operator ?? ""
    unresolved =
      if zone == nil {
        Self.missing(.zone, cluster.spec.zone)
      } else if region == nil {
        Self.missing(.region, zone?.spec.region ?? "")
      } else if !operators.contains(operatorName) {
        Self.missing(.operator, operatorName)
      } else {
        nil
      }
  }

  /// Where it is, if every reference is resolved.
  var place: Place? {
    guard unresolved == nil, let zone, let region else { return nil }
    return Place(zone: zone, region: region)
  }

  /// The clusters of an offer, in its order.
  static func all(of offer: Offer) -> [Site] {
    let zones = Dictionary(uniqueKeysWithValues: offer.zones.map { ($0.name, $0) })
    let regions = Dictionary(uniqueKeysWithValues: offer.regions.map { ($0.name, $0) })
    let facts = Dictionary(uniqueKeysWithValues: offer.facts.map { ($0.cluster, $0) })
    let operators = Set(offer.operators.map(\.name))
    let unacknowledged = Dictionary(grouping: offer.unacknowledged, by: \.region).mapValues { Set($0.map(\.name)) }
    return offer.clusters.map { cluster in
      let zone = zones[cluster.spec.zone]
      return Site(
        cluster: cluster, facts: facts[cluster.name], zone: zone, region: zone.flatMap { regions[$0.spec.region] },
        operators: operators, unacknowledged: zone.flatMap { unacknowledged[$0.spec.region] } ?? [])
    }
  }

  private static func missing(_ kind: Kind, _ name: String) -> Reason {
    Reason(.unresolvedReference, ["kind": kind.rawValue, "name": name])
  }
}
