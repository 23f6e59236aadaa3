import Model

/// Judges what does not depend on the environment: data, audience, state, taints, hosting, services.
struct SiteJudge {
  let subject: Subject
  let site: Site
  let place: Site.Place
  let attributes: Attributes
  private(set) var refusals = Refusals()
  /// The soft taints that the project does not tolerate.
  private(set) var softTaints: [Reason] = []

  init(_ subject: Subject, site: Site, place: Site.Place, attributes: Attributes) {
    self.subject = subject
    self.site = site
    self.place = place
    self.attributes = attributes
    judgeSensitivity()
    judgeQualifications()
    subject.demands.residencies.forEach { judgeResidency($0) }
    judgeDemands()
    judgeAudience()
    judgeState(region.state, name: place.region.name, [.regionClosed, .regionDraining, .regionCordoned])
    judgeState(cluster.state, name: site.cluster.name, [.clusterClosed, .clusterDraining, .clusterCordoned])
    region.taints.forEach { judgeTaint($0, on: place.region.name) }
    cluster.taints.forEach { judgeTaint($0, on: site.cluster.name) }
    judgeHosting()
    judgeServices()
    if subject.isStale(place.zone) { refusals.newOnly.append(Reason(.staleHeartbeat, ["zone": place.zone.name])) }
  }

  private var region: RegionSpec { place.region.spec }
  private var cluster: ClusterSpec { site.cluster.spec }
  private var project: ProjectSpec { subject.project }

  private mutating func refuse(_ code: ReasonCode, _ parameters: [String: String] = [:]) {
    refusals.always.append(Reason(code, parameters))
  }

  private mutating func judgeSensitivity() {
    let demands = subject.demands
    for name in demands.unknown { refuse(.unknownDataClass, ["dataClass": name]) }
    // What an unknown class would demand is unknown: the known ones are judged all the same, so that one sees them.
    let (wanted, actual) = (demands.sensitivity, place.zone.spec.sensitivity)
    let parameters = ["dataClass": demands.sensitiveClass, "wanted": wanted.rawValue, "actual": actual.rawValue]
    if actual < wanted { refuse(.sensitivityTooLow, parameters) }
    if actual > wanted { refuse(.restrictedZoneReserved, parameters) }
  }

  private mutating func judgeQualifications() {
    for wanted in subject.demands.qualifications {
      let held = region.qualifications.filter { $0.name == wanted.name }
      guard !held.contains(where: { $0.isValid(on: subject.day) }) else { continue }
      let parameters = ["qualification": wanted.name, "dataClass": wanted.dataClass]
      if let next = held.compactMap(\.validFrom).filter({ $0 > subject.day }).min() {
        refuse(.qualificationNotYetValid, parameters.merging(["validFrom": next.description]) { $1 })
      } else if let last = held.compactMap(\.validUntil).max() {
        refuse(.qualificationExpired, parameters.merging(["validUntil": last.description]) { $1 })
      } else {
        refuse(.qualificationMissing, parameters)
      }
    }
  }

  private mutating func judgeResidency(_ wanted: DataDemands.Residency) {
    let (countries, subdivisions) = (wanted.residency.countries, wanted.residency.subdivisions)
    if !countries.isEmpty, !countries.contains(region.location.country) {
      refuseResidency(wanted.source, allowed: countries, actual: region.location.country)
    }
    guard !subdivisions.isEmpty else { return }
    guard let subdivision = region.location.subdivision else {
      return refuse(.attributeUndeclared, ["attribute": "region.subdivision", "source": wanted.source])
    }
    if !subdivisions.contains(subdivision) {
      refuseResidency(wanted.source, allowed: subdivisions, actual: subdivision)
    }
  }

  private mutating func refuseResidency(_ source: String, allowed: [String], actual: String) {
    let allowed = allowed.sorted().joined(separator: ", ")
    refuse(.residencyRefused, ["source": source, "allowed": allowed, "actual": actual])
  }

  private mutating func judgeDemands() {
    for demand in subject.demands.demands where !demand.selector.matches(attributes) {
      if let attribute = demand.selector.undeclared(in: attributes) {
        refuse(.attributeUndeclared, ["attribute": attribute, "source": demand.dataClass])
      } else {
        refuse(.dataClassDemand, ["dataClass": demand.dataClass, "demand": demand.selector.text])
      }
    }
  }

  private mutating func judgeAudience() {
    let audience = region.audience
    if !audience.organisations.contains("*"), !audience.organisations.contains(project.organisation) {
      let allowed = audience.organisations.sorted().joined(separator: ", ")
      refuse(.audienceRefused, ["wanted": project.organisation, "allowed": allowed])
    }
    if !audience.scopes.contains(project.audience) {
      let allowed = audience.scopes.map(\.rawValue).sorted().joined(separator: ", ")
      refuse(.audienceRefused, ["wanted": project.audience.rawValue, "allowed": allowed])
    }
  }

  /// `codes`: closed, draining, cordoned.
  private mutating func judgeState(_ state: RegionSpec.State, name: String, _ codes: [ReasonCode]) {
    switch state {
    case .open: break
    case .closed: refuse(codes[0], ["name": name])
    case .draining:
      // What drains moves away by a migration, not because its project is looked at again.
      let reason = Reason(codes[1], ["name": name])
      if subject.request.keepExisting { refusals.newOnly.append(reason) } else { refusals.always.append(reason) }
    case .cordoned: refusals.newOnly.append(Reason(codes[2], ["name": name]))
    }
  }

  private mutating func judgeTaint(_ taint: Taint, on name: String) {
    guard !project.tolerations.contains(where: { $0.tolerates(taint) }) else { return }
    let value = taint.value.map { "=" + $0 } ?? ""
    let parameters = ["name": name, "taint": "\(taint.key)\(value):\(taint.effect.rawValue)"]
    switch taint.effect {
    case .noPlacement: refuse(.taintNotTolerated, parameters)
    case .noNewPlacement: refusals.newOnly.append(Reason(.taintNotTolerated, parameters))
    case .preferNoPlacement: softTaints.append(Reason(.softTaint, parameters))
    }
  }

  private mutating func judgeHosting() {
    let name = subject.request.project.name
    let isNamed = cluster.projects.contains(name)
    if cluster.privacy == .dedicated, !isNamed { refuse(.dedicatedToOthers, ["project": name]) }
    guard cluster.management == .application else { return }
    if !isNamed { refuse(.managedByApplication, ["project": name]) }
    if cluster.mode != .observe { refuse(.modeContradictory, ["mode": cluster.mode.rawValue]) }
  }

  private mutating func judgeServices() {
    for need in project.services {
      let offered = region.services.filter { $0.name == need.name }
      if offered.isEmpty {
        refuse(.serviceMissing, ["service": need.name])
      } else if let wanted = need.version, !offered.contains(where: { Self.admits($0.version, wanted) }) {
        let versions = offered.map { $0.version ?? "–" }.sorted().joined(separator: ", ")
        refuse(.serviceVersion, ["service": need.name, "wanted": wanted, "offered": versions])
      }
    }
    for network in project.interconnections where !region.interconnections.contains(network) {
      refuse(.interconnectionMissing, ["network": network])
    }
  }

  /// A version or a constraint that is not there, or can not be read, meets nothing.
  private static func admits(_ offered: String?, _ wanted: String) -> Bool {
    guard let version = offered.flatMap({ ServiceVersion($0) }) else { return false }
    return VersionConstraint(wanted)?.admits(version) ?? false
  }
}
