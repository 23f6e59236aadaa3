import Model

/// The places that replicas are kept apart by, numbered.
struct Topologies: Sendable {
  private let places: [ProjectSpec.Topology: [[Int]]]

  /// Numbers the clusters, zones, regions and data centres of `sites`. Data centres are told apart by region and name.
  init(_ sites: [Site]) {
    var places: [ProjectSpec.Topology: [[Int]]] = [:]
    for topology in ProjectSpec.Topology.allCases {
      var numbers: [[String]: Int] = [:]
      places[topology] = sites.map { site in
        Self.names(topology, of: site).map { name in
          let number = numbers[name] ?? numbers.count
          numbers[name] = number
          return number
        }
      }
    }
    self.places = places
  }

  /// The numbers of the places where a site is; several data centres where a cluster stretches over them.
  func places(of site: Int, by topology: ProjectSpec.Topology) -> [Int] {
    places[topology]?[site] ?? []
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
