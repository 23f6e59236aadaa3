import Model

/// The places that replicas are kept apart by, numbered. A class: what is passed on is never copied.
final class Topologies: Sendable {
  private let clusters: [[Int]]
  private let zones: [[Int]]
  private let regionPlaces: [[Int]]
  private let dataCenters: [[Int]]
  /// By topology and place, the sites that are there.
  private let members: [ProjectSpec.Topology: [[Int]]]
  /// By topology and site, the number of its place; see ``single(by:)``.
  private let singles: [ProjectSpec.Topology: [Int]]
  /// By site, the number of its region; -1 where it is not known.
  let regions: [Int]

  /// Numbers the clusters, zones, regions and data centres of `sites`. Data centres are told apart by region and name.
  init(_ sites: [Site]) {
    func numbered(_ topology: ProjectSpec.Topology) -> [[Int]] {
      var numbers: [[String]: Int] = [:]
      return sites.map { site in
        Self.names(topology, of: site).map { name in
          let number = numbers[name] ?? numbers.count
          numbers[name] = number
          return number
        }
      }
    }
    let (clusters, zones) = (numbered(.cluster), numbered(.zone))
    let (regionPlaces, dataCenters) = (numbered(.region), numbered(.dataCenter))
    (self.clusters, self.zones, self.regionPlaces, self.dataCenters) = (clusters, zones, regionPlaces, dataCenters)
    regions = regionPlaces.map { $0.first ?? -1 }
    singles = [
      .cluster: Self.single(clusters), .zone: Self.single(zones), .region: Self.single(regionPlaces),
      .dataCenter: Self.single(dataCenters),
    ]
    members = [
      .cluster: Self.members(clusters), .zone: Self.members(zones), .region: Self.members(regionPlaces),
      .dataCenter: Self.members(dataCenters),
    ]
  }

  /// The sites of a place, of `capacity` in all.
  func sites(of place: Int, by topology: ProjectSpec.Topology, of capacity: Int) -> SiteSet {
    SiteSet((members[topology] ?? [])[place], of: capacity)
  }

  /// The numbers of the places where a site is; several data centres where a cluster stretches over them.
  func places(of site: Int, by topology: ProjectSpec.Topology) -> [Int] {
    switch topology {
    case .cluster: clusters[site]
    case .zone: zones[site]
    case .region: regionPlaces[site]
    case .dataCenter: dataCenters[site]
    }
  }

  /// By site, the number of its place; -1 where it has none, or several.
  func single(by topology: ProjectSpec.Topology) -> [Int] { singles[topology] ?? [] }

  private static func single(_ places: [[Int]]) -> [Int] { places.map { $0.count == 1 ? $0[0] : -1 } }

  private static func members(_ places: [[Int]]) -> [[Int]] {
    var members = [[Int]](repeating: [], count: (places.joined().max() ?? -1) + 1)
    for (site, own) in places.enumerated() {
      for place in own { members[place].append(site) }
    }
    return members
  }

  private static func names(_ topology: ProjectSpec.Topology, of site: Site) -> [[String]] {
    let cluster = site.cluster
    guard let zone = site.zone else { return [] }
    switch topology {
    case .cluster: return [[cluster.name]]
    case .zone: return [[zone.name]]
    case .region: return [[zone.spec.region]]
    case .dataCenter: return Set(cluster.spec.dataCenters).sorted().map { [zone.spec.region, $0] }
    }
  }
}
