public import Foundation
public import Model

/// Everything on offer. It is always held sorted by name, so that its bytes depend on nothing but its contents.
public struct Offer: Codable, Sendable, Hashable {
  /// Who runs regions.
  public let operators: [Resource<OperatorSpec>]
  /// The regions.
  public let regions: [Resource<RegionSpec>]
  /// The zones.
  public let zones: [Resource<ZoneSpec>]
  /// The clusters.
  public let clusters: [Resource<ClusterSpec>]
  /// The secondary chains.
  public let chains: [Resource<ChainSpec>]

  /// What agents found on the clusters; nothing of those that are not named.
  public let facts: [ClusterFacts]

  /// What regions declare beyond the qualifications that count: of these nothing is known but that they are declared.
  public let unacknowledged: [UnacknowledgedQualification]

  /// An offer. Where two resources of a kind have one name, the first one counts.
  public init(
    operators: [Resource<OperatorSpec>] = [], regions: [Resource<RegionSpec>] = [], zones: [Resource<ZoneSpec>] = [],
    clusters: [Resource<ClusterSpec>] = [], chains: [Resource<ChainSpec>] = [], facts: [ClusterFacts] = [],
    unacknowledged: [UnacknowledgedQualification] = []
  ) {
    self.operators = Self.sorted(operators)
    self.regions = Self.sorted(regions)
    self.zones = Self.sorted(zones)
    self.clusters = Self.sorted(clusters)
    self.chains = Self.sorted(chains)
    var seen = Set<String>()
    self.facts = facts.filter { !$0.isEmpty && seen.insert($0.cluster).inserted }.sorted { $0.cluster < $1.cluster }
    self.unacknowledged = Set(unacknowledged).sorted()
  }

  /// The offer in a list of resources; those of other kinds are left out.
  public init(
    _ resources: [AnyResource], facts: [ClusterFacts] = [], unacknowledged: [UnacknowledgedQualification] = []
  ) {
    self.init(
      operators: resources.compactMap { if case .operator(let resource) = $0 { resource } else { nil } },
      regions: resources.compactMap { if case .region(let resource) = $0 { resource } else { nil } },
      zones: resources.compactMap { if case .zone(let resource) = $0 { resource } else { nil } },
      clusters: resources.compactMap { if case .cluster(let resource) = $0 { resource } else { nil } },
      chains: resources.compactMap { if case .chain(let resource) = $0 { resource } else { nil } }, facts: facts,
      unacknowledged: unacknowledged)
  }

  private enum CodingKeys: String, CodingKey {
    case operators, regions, zones, clusters, chains, facts, unacknowledged
  }

  /// Decodes an offer, and brings it in order.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      operators: try container.decode([Resource<OperatorSpec>].self, forKey: .operators),
      regions: try container.decode([Resource<RegionSpec>].self, forKey: .regions),
      zones: try container.decode([Resource<ZoneSpec>].self, forKey: .zones),
      clusters: try container.decode([Resource<ClusterSpec>].self, forKey: .clusters),
      chains: try container.decode([Resource<ChainSpec>].self, forKey: .chains),
      facts: try container.decodeIfPresent([ClusterFacts].self, forKey: .facts) ?? [],
      unacknowledged: try container.decodeIfPresent([UnacknowledgedQualification].self, forKey: .unacknowledged) ?? [])
  }

  /// Encodes an offer. One of which nothing was found, and all of which is acknowledged, has the bytes that it had before
  /// anything could be.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(operators, forKey: .operators)
    try container.encode(regions, forKey: .regions)
    try container.encode(zones, forKey: .zones)
    try container.encode(clusters, forKey: .clusters)
    try container.encode(chains, forKey: .chains)
    if !facts.isEmpty { try container.encode(facts, forKey: .facts) }
    if !unacknowledged.isEmpty { try container.encode(unacknowledged, forKey: .unacknowledged) }
  }

  /// The bytes that stand for the offer in a content address: JSON with sorted keys, without what no decision looks at
  /// (the server's own metadata, and annotations).
  public func canonicalBytes() throws -> Data {
    let bare = Offer(
      operators: operators.map(Self.bare), regions: regions.map(Self.bare), zones: zones.map(Self.bare),
      clusters: clusters.map(Self.bare), chains: chains.map(Self.bare), facts: facts,
      unacknowledged: unacknowledged)
    return try ModelJSON.encoder.encode(bare)
  }

  private static func bare<Spec>(_ resource: Resource<Spec>) -> Resource<Spec> {
    Resource(metadata: Metadata(name: resource.name, labels: resource.metadata.labels), spec: resource.spec)
  }

  private static func sorted<Spec>(_ resources: [Resource<Spec>]) -> [Resource<Spec>] {
    var seen = Set<String>()
    return resources.filter { seen.insert($0.name).inserted }.sorted { $0.name < $1.name }
  }
}
