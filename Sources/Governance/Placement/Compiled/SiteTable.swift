import Model

/// What the offer says of every site on the day, turned round: for each property the sites that have it.
struct SiteTable: Sendable {
  /// The states of a region or a cluster that keep placements away.
  struct States: Sendable {
    var closed: SiteSet
    var draining: SiteSet
    var cordoned: SiteSet
  }

  /// A taint, and where it is.
  struct Mark: Sendable {
    var taint: Taint
    var onRegion: Bool
    var sites: SiteSet
  }

  private struct MarkKey: Hashable {
    var taint: Taint
    var onRegion: Bool
  }

  /// A qualification that some region declares.
  struct Qualification: Sendable {
    var valid: SiteSet
    /// Where it will hold later, and nowhere now.
    var later: SiteSet
    /// Where it has expired.
    var expired: SiteSet
  }

  /// A service, by the versions on offer; an empty version is one that is not declared.
  struct Service: Sendable {
    var offering: SiteSet
    var versions: [String: SiteSet] = [:]
  }

  private(set) var regions: States
  private(set) var clusters: States
  private(set) var marks: [Mark] = []
  private var markNumbers: [MarkKey: Int] = [:]
  private(set) var qualifications: [String: Qualification] = [:]
  private(set) var services: [String: Service] = [:]
  private(set) var interconnections: [String: SiteSet] = [:]
  private(set) var organisations: [String: SiteSet] = [:]
  private(set) var scopes: [AudienceScope: SiteSet] = [:]
  private(set) var stages: [String: SiteSet] = [:]
  private(set) var sensitivities: [Sensitivity: SiteSet] = [:]
  private(set) var dedicated: SiteSet
  private(set) var application: SiteSet
  /// Run by an application, in a mode in which Régie would write.
  private(set) var contradictory: SiteSet
  /// By project, the clusters that name it.
  private(set) var projects: [String: SiteSet] = [:]
  /// By zone number.
  private(set) var zones: [SiteSet]
  let none: SiteSet

  /// Whether no region and no cluster is being emptied.
  var isWithoutDraining: Bool { regions.draining.isEmpty && clusters.draining.isEmpty }

  /// The properties of the sites whose references are resolved.
  init(_ sites: [Site], index: SiteIndex, on day: CalendarDay) {
    none = SiteSet(of: sites.count)
    let states = States(closed: none, draining: none, cordoned: none)
    (regions, clusters, dedicated, application, contradictory) = (states, states, none, none, none)
    zones = Array(repeating: none, count: index.zones.count)
    for (number, site) in sites.enumerated() {
      guard let place = site.place else { continue }
      add(place.region.spec, at: number, on: day)
      add(site.cluster.spec, at: number)
      sensitivities[place.zone.spec.sensitivity, default: none].insert(number)
      if let zone = index.zone(named: place.zone.name) { zones[zone].insert(number) }
    }
  }

  private mutating func add(_ region: RegionSpec, at site: Int, on day: CalendarDay) {
    Self.add(region.state, at: site, to: &regions)
    for taint in region.taints { add(taint, onRegion: true, at: site) }
    for (name, held) in Dictionary(grouping: region.qualifications, by: \.name) {
      add(held, of: name, at: site, on: day)
    }
    for service in region.services {
      var entry = services[service.name, default: Service(offering: none)]
      entry.offering.insert(site)
      entry.versions[service.version ?? "", default: none].insert(site)
      services[service.name] = entry
    }
    for network in region.interconnections { interconnections[network, default: none].insert(site) }
    for organisation in region.audience.organisations { organisations[organisation, default: none].insert(site) }
    for scope in region.audience.scopes { scopes[scope, default: none].insert(site) }
  }

  private mutating func add(
    _ held: [RegionSpec.Qualification], of name: String, at site: Int, on day: CalendarDay
  ) {
    var entry = qualifications[name, default: Qualification(valid: none, later: none, expired: none)]
    if held.contains(where: { $0.isValid(on: day) }) {
      entry.valid.insert(site)
    } else if held.contains(where: { $0.validFrom.map { $0 > day } ?? false }) {
      entry.later.insert(site)
    } else {
      entry.expired.insert(site)
    }
    qualifications[name] = entry
  }

  private mutating func add(_ cluster: ClusterSpec, at site: Int) {
    Self.add(cluster.state, at: site, to: &clusters)
    for taint in cluster.taints { add(taint, onRegion: false, at: site) }
    for stage in cluster.stages { stages[stage, default: none].insert(site) }
    for project in cluster.projects { projects[project, default: none].insert(site) }
    if cluster.privacy == .dedicated { dedicated.insert(site) }
    guard cluster.management == .application else { return }
    application.insert(site)
    if cluster.mode != .observe { contradictory.insert(site) }
  }

  private mutating func add(_ taint: Taint, onRegion: Bool, at site: Int) {
    let key = MarkKey(taint: taint, onRegion: onRegion)
    let number = markNumbers[key] ?? marks.count
    if number == marks.count {
      markNumbers[key] = number
      marks.append(Mark(taint: taint, onRegion: onRegion, sites: none))
    }
    marks[number].sites.insert(site)
  }

  private static func add(_ state: RegionSpec.State, at site: Int, to states: inout States) {
    switch state {
    case .open: break
    case .closed: states.closed.insert(site)
    case .draining: states.draining.insert(site)
    case .cordoned: states.cordoned.insert(site)
    }
  }
}
