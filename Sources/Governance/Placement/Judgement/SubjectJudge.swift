import Model

/// Judges what does not depend on the environment: data, audience, state, taints, hosting, services. All sites at once.
struct SubjectJudge {
  private let compiled: Compiled
  private let state: PlacementState
  private let project: ProjectSpec
  private let name: String
  private let keepsExisting: Bool
  private(set) var barriers: [Barrier] = []
  /// The soft taints that the project does not tolerate.
  private(set) var softTaints: [Barrier] = []

  init(_ request: DecisionRequest, _ state: PlacementState, in compiled: Compiled) {
    self.compiled = compiled
    self.state = state
    project = request.project.spec
    name = request.project.name
    keepsExisting = request.keepExisting
    barriers.reserveCapacity(32)
  }

  private var table: SiteTable { compiled.table }
  private var resolved: SiteSet { compiled.resolved }

  mutating func judge() {
    refuse(.unresolvedReference, .site, compiled.unresolved)
    judgeData()
    judgeAudience()
    judge(compiled.table.regions, [.regionClosed, .regionDraining, .regionCordoned])
    judge(compiled.table.clusters, [.clusterClosed, .clusterDraining, .clusterCordoned])
    compiled.table.marks.forEach { judge($0) }
    judgeHosting()
    judgeServices()
  }

  /// What is not heard, apart from the rest: it counts as eligible for spreads.
  mutating func judgeHeartbeats() {
    if let stale = state.stale { refuse(.staleHeartbeat, .site, stale, isNewOnly: true) }
  }

  private mutating func refuse(
    _ code: ReasonCode, _ cause: Barrier.Cause, _ sites: SiteSet, isNewOnly: Bool = false
  ) {
    guard !sites.isEmpty else { return }
    barriers.append(Barrier(code, cause, sites, isNewOnly: isNewOnly))
  }

  /// The union of the demands of the project's classes, of all that they inherit from, and of the project itself.
  private mutating func judgeData() {
    var waiting = Array(Set(project.dataClasses).sorted().reversed())
    // A project that says nothing about its data is refused like one that says something unknown.
    if waiting.isEmpty { refuse(.unknownDataClass, .dataClass(""), resolved) }
    var (seen, qualifications): ([String], [String]) = ([], [])
    var sensitivity: (wanted: Sensitivity, dataClass: String)?
    while let name = waiting.popLast() {
      guard !seen.contains(name) else { continue }
      seen.append(name)
      guard let dataClass = compiled.classes[name] else {
        refuse(.unknownDataClass, .dataClass(name), resolved)
        continue
      }
      if sensitivity.map({ dataClass.sensitivity > $0.wanted }) ?? true {
        sensitivity = (dataClass.sensitivity, name)
      }
      for wanted in dataClass.qualifications where !qualifications.contains(wanted) {
        qualifications.append(wanted)
        judgeQualification(wanted, of: name)
      }
      barriers += dataClass.residency + dataClass.requirement
      if let parent = dataClass.parent { waiting.append(parent) }
    }
    // What an unknown class would demand is unknown: the known ones are judged all the same, so that one sees them.
    judgeSensitivity(sensitivity?.wanted ?? .usuel, of: sensitivity?.dataClass ?? "")
    if let residency = project.residency {
      barriers += Barrier.residency(residency, of: "project", on: compiled.attributes, resolved: resolved)
    }
  }

  private mutating func judgeSensitivity(_ wanted: Sensitivity, of dataClass: String) {
    for (actual, sites) in table.sensitivities where actual != wanted {
      refuse(
        actual < wanted ? .sensitivityTooLow : .restrictedZoneReserved, .sensitivity(wanted, dataClass: dataClass),
        sites)
    }
  }

  private mutating func judgeQualification(_ name: String, of dataClass: String) {
    let cause = Barrier.Cause.qualification(name, dataClass: dataClass)
    guard let held = table.qualifications[name] else { return refuse(.qualificationMissing, cause, resolved) }
    refuse(
      .qualificationMissing, cause,
      resolved.subtracting(held.valid).subtracting(held.later).subtracting(held.expired))
    refuse(.qualificationExpired, cause, held.expired)
    refuse(.qualificationNotYetValid, cause, held.later)
  }

  private mutating func judgeAudience() {
    let closed = [project.organisation, "*"].reduce(resolved) { closed, organisation in
      table.organisations[organisation].map(closed.subtracting) ?? closed
    }
    refuse(.audienceRefused, .organisation, closed)
    refuse(.audienceRefused, .scope, table.scopes[project.audience].map(resolved.subtracting) ?? resolved)
  }

  /// `codes`: closed, draining, cordoned. What drains moves away by a migration, not because its project is looked at
  /// again.
  private mutating func judge(_ states: SiteTable.States, _ codes: [ReasonCode]) {
    refuse(codes[0], .site, states.closed)
    refuse(codes[1], .site, states.draining, isNewOnly: keepsExisting)
    refuse(codes[2], .site, states.cordoned, isNewOnly: true)
  }

  private mutating func judge(_ mark: SiteTable.Mark) {
    let taint = mark.taint
    guard !project.tolerations.contains(where: { $0.tolerates(taint) }) else { return }
    let cause = Barrier.Cause.taint(taint, onRegion: mark.onRegion)
    switch taint.effect {
    case .noPlacement: refuse(.taintNotTolerated, cause, mark.sites)
    case .noNewPlacement: refuse(.taintNotTolerated, cause, mark.sites, isNewOnly: true)
    case .preferNoPlacement: softTaints.append(Barrier(.softTaint, cause, mark.sites))
    }
  }

  private mutating func judgeHosting() {
    let named = table.projects[name]
    refuse(.dedicatedToOthers, .site, named.map(table.dedicated.subtracting) ?? table.dedicated)
    refuse(.managedByApplication, .site, named.map(table.application.subtracting) ?? table.application)
    refuse(.modeContradictory, .site, table.contradictory)
  }

  private mutating func judgeServices() {
    for (number, need) in project.services.enumerated() where !project.services[..<number].contains(need) {
      let cause = Barrier.Cause.service(need.name, version: need.version)
      guard let service = table.services[need.name] else {
        refuse(.serviceMissing, cause, resolved)
        continue
      }
      refuse(.serviceMissing, cause, resolved.subtracting(service.offering))
      guard let wanted = need.version else { continue }
      let constraint = VersionConstraint(wanted)
      // A version or a constraint that is not there, or can not be read, meets nothing.
      let meeting = service.versions.filter { version, _ in
        ServiceVersion(version).map { constraint?.admits($0) ?? false } ?? false
      }
      refuse(
        .serviceVersion, cause, meeting.values.reduce(service.offering) { $0.subtracting($1) })
    }
    for (number, network) in project.interconnections.enumerated()
    where !project.interconnections[..<number].contains(network) {
      refuse(
        .interconnectionMissing, .network(network),
        table.interconnections[network].map(resolved.subtracting) ?? resolved)
    }
  }
}
