import Model

/// A cluster of the offer, with what it belongs to.
struct Site: Sendable {
  /// A cluster whose zone, region and operator are all in the offer.
  struct Place: Sendable {
    var zone: Resource<ZoneSpec>
    var region: Resource<RegionSpec>
  }

  var cluster: Resource<ClusterSpec>
  var facts: ClusterFacts?
  var zone: Resource<ZoneSpec>?
  var region: Resource<RegionSpec>?
  var operatorName: String
  /// The first reference that leads nowhere.
  var unresolved: Reason?

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
    return offer.clusters.map { cluster in
      let zone = zones[cluster.spec.zone]
      let region = zone.flatMap { regions[$0.spec.region] }
      var site = Site(
        cluster: cluster, facts: facts[cluster.name], zone: zone, region: region,
        operatorName: region?.spec.operator ?? "")
      if zone == nil {
        site.unresolved = missing(.zone, cluster.spec.zone)
      } else if region == nil {
        site.unresolved = missing(.region, zone?.spec.region ?? "")
      } else if !operators.contains(site.operatorName) {
        site.unresolved = missing(.operator, site.operatorName)
      }
      return site
    }
  }

  private static func missing(_ kind: Kind, _ name: String) -> Reason {
    Reason(.unresolvedReference, ["kind": kind.rawValue, "name": name])
  }
}
