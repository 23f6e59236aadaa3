public import Model
public import Placement

/// What was on offer at a moment, as it can be compared.
public struct OfferState: Sendable {
  /// What was on offer, with the qualifications that counted.
  public var offer: Offer
  private let declared: [String: [RegionSpec.Qualification]]
  private let regions: [String: Resource<RegionSpec>]
  private let zones: [String: Resource<ZoneSpec>]
  private let clusters: [String: Resource<ClusterSpec>]
  private let operators: [String: Resource<OperatorSpec>]
  private let chains: [String: Resource<ChainSpec>]
  private let residents: [String: [Resource<ClusterSpec>]]

  /// An offer.
  ///
  /// - Parameter declared: by region, what it declares where that is more than what counts.
  public init(_ offer: Offer, declared: [String: [RegionSpec.Qualification]] = [:]) {
    self.offer = offer
    self.declared = declared
    func named<Spec>(_ resources: [Resource<Spec>]) -> [String: Resource<Spec>] {
      Dictionary(resources.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
    operators = named(offer.operators)
    chains = named(offer.chains)
    regions = named(offer.regions)
    zones = named(offer.zones)
    clusters = named(offer.clusters)
    residents = Dictionary(grouping: offer.clusters, by: \.spec.zone)
  }

  /// The names of a part.
  func names(_ part: OfferPart) -> Set<String> {
    switch part {
    case .operator: Set(operators.keys)
    case .chain: Set(chains.keys)
    case .region: Set(regions.keys)
    case .zone: Set(zones.keys)
    case .cluster: Set(clusters.keys)
    }
  }

  /// Whose something is; nil where it is not there, an empty name where it is nobody's own.
  func owner(_ part: OfferPart, _ name: String) -> String? {
    switch part {
    case .operator: operators[name].map(\.name)
    case .chain: chains[name].map { _ in "" }
    case .region: regions[name]?.spec.operator
    case .zone: zones[name].map { regions[$0.spec.region]?.spec.operator ?? "" }
    case .cluster: clusters[name].map { zones[$0.spec.zone].map { owner(.zone, $0.name) ?? "" } ?? "" }
    }
  }

  /// What it says; nil where it is not there, or is nobody else's business.
  ///
  /// - Parameter isInside: whether what its operator keeps to itself is told.
  func element(_ part: OfferPart, _ name: String, isInside: Bool) -> PolicyElement? {
    let facets: [OfferFacet]? =
      switch part {
      case .operator: operators[name].map(OfferFacet.of)
      case .chain: chains[name].map(OfferFacet.of)
      case .region: regions[name].map { OfferFacet.of($0, declared[name] ?? $0.spec.qualifications) }
      case .zone: zones[name].map { OfferFacet.of($0, residents[$0.name] ?? []) }
      case .cluster:
        clusters[name].flatMap { isInside || isPublished($0) ? OfferFacet.of($0) : nil }
      }
    return facets.map { facets in
      PolicyElement(name: name, facets: facets.filter { isInside || !$0.isInternal }.map(\.facet))
    }
  }

  /// Of a DR zone, and of clusters that are some projects' own, the public offer says no more than how many there are.
  private func isPublished(_ cluster: Resource<ClusterSpec>) -> Bool {
    zones[cluster.spec.zone].map { cluster.spec.privacy.isPublished(in: $0.spec.sensitivity) } ?? false
  }
}
