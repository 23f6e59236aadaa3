import Contract
import Model
import Placement

extension OfferChanges {
  /// The offer as it would be.
  ///
  /// - Throws: ``Problem`` 422 for what names nothing that there is.
  func applied(to offer: Offer, language: Language) throws -> Offer {
    var parts = OfferParts(offer)
    var problems: [FieldProblem] = []
    for resource in apply ?? [] { parts.put(resource) }
    for (index, removal) in (remove ?? []).enumerated() where !parts.remove(removal.kind, removal.name) {
      problems.append(Self.unknown(removal.kind, removal.name, at: "remove[\(index)].name"))
    }
    for (index, change) in (states ?? []).enumerated() where !parts.set(change.state, of: change.kind, change.name) {
      problems.append(Self.unknown(change.kind, change.name, at: "states[\(index)].name"))
    }
    for (index, change) in (capacities ?? []).enumerated() where !parts.set(change.capacity, of: change.cluster) {
      problems.append(Self.unknown(.cluster, change.cluster, at: "capacities[\(index)].cluster"))
    }
    guard problems.isEmpty else { throw Problem.invalid(problems, language) }
    return parts.offer
  }

  /// What is to be said of what is supposed: a capacity beyond what was measured, where the operator lets that count, changes
  /// nothing.
  ///
  /// - Parameter offer: As it would be.
  func warnings(on offer: Offer, language: Language) -> [PolicyFinding] {
    let measured = Dictionary(offer.facts.map { ($0.cluster, $0.capacity) }, uniquingKeysWith: { first, _ in first })
    let clusters = Dictionary(offer.clusters.map { ($0.name, $0.spec) }, uniquingKeysWith: { first, _ in first })
    return (capacities ?? []).enumerated().compactMap { index, change in
      guard clusters[change.cluster]?.capacitySource == .measured else { return nil }
      let (supposed, found) = (ResourceAmounts(change.capacity), measured[change.cluster] ?? nil)
      let bound = CountedResource.allCases.filter { $0 != .storage && supposed[$0] > found?[$0] ?? 0 }
      guard !bound.isEmpty else { return nil }
      let names = bound.map(\.rawValue).joined(separator: ", ")
      return PolicyFinding(
        code: "MeasuredCapacity", severity: .warning, basis: .presentOffer, path: "offer.capacities[\(index)].capacity",
        message: language == .fr
          ? "La capacité de « \(change.cluster) » est mesurée : plus que ce qui l’a été ne compte pas (\(names))."
          : "The capacity of “\(change.cluster)” is measured: more than was measured does not count (\(names)).")
    }
  }

  private static func unknown(_ kind: Kind, _ name: String, at place: String) -> FieldProblem {
    FieldProblem(
      path: "offer.\(place)", message: "the offer knows no such \(kind.rawValue)",
      messageFR: "l’offre ne connaît pas ce type de ressource à ce nom (\(kind.rawValue))", value: name)
  }
}

/// An offer that is being changed, by kind and name.
private struct OfferParts {
  private var operators: [String: Resource<OperatorSpec>]
  private var regions: [String: Resource<RegionSpec>]
  private var zones: [String: Resource<ZoneSpec>]
  private var clusters: [String: Resource<ClusterSpec>]
  private var chains: [String: Resource<ChainSpec>]
  private let facts: [ClusterFacts]
  private var unacknowledged: [UnacknowledgedQualification]
  /// By cluster, the slug of the zone whose agent found what is known of it.
  private let finders: [String: String]

  init(_ offer: Offer) {
    operators = Self.byName(offer.operators)
    regions = Self.byName(offer.regions)
    zones = Self.byName(offer.zones)
    clusters = Self.byName(offer.clusters)
    chains = Self.byName(offer.chains)
    facts = offer.facts
    unacknowledged = offer.unacknowledged
    finders = Self.slugs(of: clusters, in: zones)
  }

  /// An offer sorts what it is given, so that the order of dictionaries does not show.
  var offer: Offer {
    Offer(
      operators: Array(operators.values), regions: Array(regions.values), zones: Array(zones.values),
      clusters: Array(clusters.values), chains: Array(chains.values), facts: standing,
      unacknowledged: unacknowledged)
  }

  /// What was found on clusters that are still in the zone of the agent that found it: no other agent is believed.
  private var standing: [ClusterFacts] {
    let slugs = Self.slugs(of: clusters, in: zones)
    return facts.filter { slugs[$0.cluster] != nil && slugs[$0.cluster] == finders[$0.cluster] }
  }

  private static func slugs(
    of clusters: [String: Resource<ClusterSpec>], in zones: [String: Resource<ZoneSpec>]
  ) -> [String: String] {
    clusters.compactMapValues { zones[$0.spec.zone]?.spec.slug }
  }

  mutating func put(_ resource: AnyResource) {
    switch resource {
    case .operator(let it): operators[it.name] = it
    case .region(let it):
      regions[it.name] = counting(it)
    case .zone(let it): zones[it.name] = it
    case .cluster(let it): clusters[it.name] = it
    case .chain(let it): chains[it.name] = it
    case .policy, .project, .derogation, .placement, .migration, .flowRequest: break
    }
  }

  /// The region with what would count: what it declares already and nobody has acknowledged waits as well in what is supposed;
  /// what it does not declare yet is supposed to be acknowledged.
  private mutating func counting(_ region: Resource<RegionSpec>) -> Resource<RegionSpec> {
    let present = Set((regions[region.name]?.spec.qualifications ?? []).map(\.bare))
    let waiting = Set(unacknowledged.filter { $0.region == region.name }.map(\.name))
    var counting = region
    counting.spec.qualifications.removeAll { waiting.contains($0.name) && !present.contains($0.bare) }
    let declared = Set(region.spec.qualifications.map(\.name))
    unacknowledged.removeAll { $0.region == region.name && !declared.contains($0.name) }
    return counting
  }

  /// Whether there was such a thing.
  mutating func remove(_ kind: Kind, _ name: String) -> Bool {
    switch kind {
    case .operator: operators.removeValue(forKey: name) != nil
    case .region: regions.removeValue(forKey: name) != nil
    case .zone: zones.removeValue(forKey: name) != nil
    case .cluster: clusters.removeValue(forKey: name) != nil
    case .chain: chains.removeValue(forKey: name) != nil
    case .policy, .project, .derogation, .placement, .migration, .flowRequest: false
    }
  }

  /// Whether there is such a region or cluster.
  mutating func set(_ state: RegionSpec.State, of kind: Kind, _ name: String) -> Bool {
    if kind == .region {
      regions[name]?.spec.state = state
      return regions[name] != nil
    }
    clusters[name]?.spec.state = state
    return clusters[name] != nil
  }

  /// Whether there is such a cluster.
  mutating func set(_ capacity: ResourceList, of name: String) -> Bool {
    guard clusters[name] != nil else { return false }
    for resource in CountedResource.allCases {
      if let amount = capacity[resource] { clusters[name]?.spec.capacity[resource] = amount }
    }
    return true
  }

  private static func byName<Spec>(_ resources: [Resource<Spec>]) -> [String: Resource<Spec>] {
    Dictionary(resources.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }
}
