public import Model
public import Placement

extension ClusterSpec.Privacy {
  /// Whether everybody may know what a cluster of this privacy declares and has promised, in a zone of `sensitivity`. Of a *DR*
  /// zone, and of a cluster that is some projects' own, that would be to know what these projects have.
  public func isPublished(in sensitivity: Sensitivity) -> Bool { self == .public && sensitivity == .usuel }
}

/// What somebody is told of the resources on offer: the one rule of every route that shows them (protocol rule 6).
///
/// What it withholds of a resource does not depend on what stands in it: else a change of something withheld would show.
public struct OfferDisclosure: Sendable {
  /// What is told of a resource.
  public enum Extent: Sendable, Hashable {
    /// All of it.
    case whole
    /// All but these fields, each by its path.
    case without([String])
    /// Not even that it is there.
    case nothing
  }

  /// What the rule knows a zone by.
  public struct Place: Sendable, Hashable {
    /// What it hosts.
    public var sensitivity: Sensitivity
    /// Who runs its region; nil where that is not known.
    public var `operator`: String?

    /// A zone.
    public init(sensitivity: Sensitivity, operator: String?) {
      self.sensitivity = sensitivity
      self.operator = `operator`
    }
  }

  private let reach: CapacityReach
  private let zones: [String: Place]

  /// The rule for somebody.
  ///
  /// - Parameter zones: every zone on offer, by name. A cluster of any other is told to nobody who is not told everything.
  public init(reach: CapacityReach, zones: [String: Place]) {
    self.reach = reach
    self.zones = zones
  }

  /// The zones of an offer.
  public static func places(of offer: Offer) -> [String: Place] {
    let operators = Dictionary(
      offer.regions.map { ($0.name, $0.spec.operator) }, uniquingKeysWith: { first, _ in first })
    return Dictionary(
      offer.zones.map {
        ($0.name, Place(sensitivity: $0.spec.sensitivity, operator: operators[$0.spec.region]))
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether somebody may not be told everything of the resources of a kind.
  public static func concerns(_ kind: Kind) -> Bool { kind == .zone || kind == .cluster || kind == .operator }

  /// How much of a resource is told.
  public func extent(of resource: AnyResource) -> Extent {
    switch resource {
    case .zone(let zone):
      guard !isInside(zone.name) else { return .whole }
      return .without(
        ["spec.git"] + (zone.spec.sensitivity == .usuel ? [] : ["metadata.annotations", "metadata.labels"]))
    case .cluster(let cluster):
      let isPublished = zones[cluster.spec.zone].map { cluster.spec.privacy.isPublished(in: $0.sensitivity) } ?? false
      return isPublished || isInside(cluster.spec.zone) ? .whole : .nothing
    // Who speaks for an operator may be persons.
    case .operator(let one):
      return reach.includesInternals(of: one.name) ? .whole : .without(["spec.representatives"])
    case .chain, .region, .policy, .project, .derogation, .placement, .migration, .flowRequest:
      return .whole
    }
  }

  /// The names of the clusters of an offer of which nothing is told.
  public func hidden(of offer: Offer) -> Set<String> {
    Set(offer.clusters.filter { extent(of: .cluster($0)) == .nothing }.map(\.name))
  }

  /// A resource without what is withheld of it, and which fields that is; nil where nothing is told. What counts its changes
  /// goes with what is withheld.
  public func told(_ resource: AnyResource) -> (resource: AnyResource, withheld: [String])? {
    switch extent(of: resource) {
    case .whole: return (resource, [])
    case .nothing: return nil
    case .without(let fields):
      if case .operator(var one) = resource {
        one.spec.representatives = []
        (one.metadata.generation, one.metadata.resourceVersion) = (nil, nil)
        return (.operator(one), fields)
      }
      guard case .zone(var zone) = resource else { return nil }
      zone.spec.git = nil
      if zone.spec.sensitivity != .usuel { (zone.metadata.labels, zone.metadata.annotations) = ([:], [:]) }
      (zone.metadata.generation, zone.metadata.resourceVersion) = (nil, nil)
      return (.zone(zone), fields)
    }
  }

  private func isInside(_ zone: String) -> Bool {
    guard reach != .everything else { return true }
    return zones[zone]?.operator.map(reach.includesInternals) ?? false
  }
}
