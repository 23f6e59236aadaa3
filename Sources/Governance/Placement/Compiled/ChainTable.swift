import Model

/// What each chain may deliver to, as far as the offer says.
struct ChainTable: Sendable {
  /// One chain.
  final class Chain: Sendable {
    let name: String
    let audience: Audience
    let attributes: Attributes
    /// The sites of the sensitivities it delivers to.
    let sensitivity: SiteSet
    /// The sites of the regions it delivers to.
    let region: SiteSet
    /// Where both hold, and the zone wants this chain or none in particular.
    let reach: SiteSet

    /// A chain that delivers to zones that want it, or none in particular: the `open` ones.
    init(_ chain: Resource<ChainSpec>, open: SiteSet, on index: AttributeIndex) {
      name = chain.name
      audience = chain.spec.audience
      attributes = AttributeCatalogue.chain(chain)
      sensitivity = index.places("zone.sensitivity", among: chain.spec.sensitivities.map(\.rawValue))
      region = index.places("region.name", among: chain.spec.regions)
      reach = sensitivity.intersection(region).intersection(open)
    }
  }

  /// What a zone wants that names no chain.
  static let any = -1
  /// What a zone wants that names a chain that the offer does not hold.
  static let unknown = -2

  /// Sorted by name.
  let chains: [Chain]
  /// The chain that a site's zone wants, by site: a number, `any` or `unknown`.
  let wanted: [Int]

  /// The number of a chain; nil where the offer does not hold it.
  func number(named name: String) -> Int? { chains.firstIndex { $0.name == name } }

  init(_ offered: [Resource<ChainSpec>], _ sites: [Site], on index: AttributeIndex) {
    let numbers = Dictionary(uniqueKeysWithValues: zip(offered.map(\.name), 0...))
    let wanted = sites.map { site in site.zone?.spec.chain.map { numbers[$0] ?? Self.unknown } ?? Self.any }
    self.wanted = wanted
    chains = offered.enumerated().map { number, chain in
      let open = sites.indices.filter { wanted[$0] == Self.any || wanted[$0] == number }
      return Chain(chain, open: SiteSet(open, of: sites.count), on: index)
    }
  }
}
