import Model

/// The numbers that clusters and zones go by inside an engine: those of their names in order. A class, so that a state
/// can tell whether it was made for an engine; nothing in it ever changes.
final class SiteIndex: Sendable {
  let clusters: [String]
  let zones: [String]
  private let sites: [String: Int]
  private let zoneNumbers: [String: Int]

  init(_ offer: Offer) {
    clusters = offer.clusters.map(\.name)
    zones = offer.zones.map(\.name)
    sites = Dictionary(uniqueKeysWithValues: zip(clusters, 0...))
    zoneNumbers = Dictionary(uniqueKeysWithValues: zip(zones, 0...))
  }

  func site(named cluster: String) -> Int? { sites[cluster] }
  func zone(named name: String) -> Int? { zoneNumbers[name] }
}
