import Model

/// What selectors may ask of a place, a chain and a project: the table of names in the policy's page, in words.
enum NaiveFacts {
  static func of(_ place: NaivePlace, on day: CalendarDay) -> [String: [String]] {
    let (region, zone, cluster) = (place.region.spec, place.zone.spec, place.cluster.spec)
    var facts: [String: [String]] = [
      "region.name": [place.region.name], "region.operator": [region.operator],
      "region.country": [region.location.country], "region.dataCenters": ["\(region.dataCenters.count)"],
      "region.dataCenter": region.dataCenters.map(\.name), "region.service": region.services.flatMap(services),
      "region.interconnection": region.interconnections, "region.organisation": region.audience.organisations,
      "region.audience": region.audience.scopes.map(\.rawValue), "region.state": [region.state.rawValue],
      "region.taint": region.taints.flatMap(taints),
      "zone.name": [place.zone.name], "zone.slug": [zone.slug], "zone.sensitivity": [zone.sensitivity.rawValue],
      "cluster.name": [place.cluster.name], "cluster.privacy": [cluster.privacy.rawValue],
      "cluster.management": [cluster.management.rawValue], "cluster.external": [cluster.external ? "true" : "false"],
      "cluster.mode": [cluster.mode.rawValue], "cluster.stage": cluster.stages,
      "cluster.dataCenter": cluster.dataCenters, "cluster.dataCenters": ["\(cluster.dataCenters.count)"],
      "cluster.project": cluster.projects, "cluster.state": [cluster.state.rawValue],
      "cluster.taint": cluster.taints.flatMap(taints),
    ]
    facts["region.qualification"] = region.qualifications.filter { qualification in
      (qualification.validFrom ?? day) <= day && day <= (qualification.validUntil ?? day)
    }.map(\.name)
    if let subdivision = region.location.subdivision { facts["region.subdivision"] = [subdivision] }
    if let city = region.location.city { facts["region.city"] = [city] }
    if let chain = zone.chain { facts["zone.chain"] = [chain] }
    // Probes that said nothing tell nobody anything.
    for (rule, finding) in place.conformity where finding != .inconclusive {
      facts["conformity." + rule] = [finding == .enforced ? "Enforced" : "NotEnforced"]
    }
    for (key, value) in place.region.metadata.labels { facts["region.label/" + key] = [value] }
    for (key, value) in place.zone.metadata.labels { facts["zone.label/" + key] = [value] }
    for (key, value) in place.cluster.metadata.labels { facts["cluster.label/" + key] = [value] }
    return facts
  }

  /// `postgresql`, `postgresql:16`, `postgresql:16.4`; `postgresql:?` where no version is declared.
  private static func services(_ service: RegionSpec.Service) -> [String] {
    var values = [service.name]
    var version = service.name + ":"
    for (index, number) in (service.version ?? "?").split(separator: ".").enumerated() {
      version += (index == 0 ? "" : ".") + number
      values.append(version)
    }
    return values
  }

  /// `gpu`, `gpu=yes`.
  private static func taints(_ taint: Taint) -> [String] {
    [taint.key] + (taint.value.map { [taint.key + "=" + $0] } ?? [])
  }

  /// Where it is told which values were declared by name, of what has more than those.
  static func named(_ key: String) -> String { key + ", by name" }

  static func of(_ chain: Resource<ChainSpec>) -> [String: [String]] {
    var facts = [
      "chain.name": [chain.name], "chain.sensitivity": chain.spec.sensitivities.map(\.rawValue),
      "chain.region": chain.spec.regions, "chain.organisation": chain.spec.audience.organisations,
      "chain.audience": chain.spec.audience.scopes.map(\.rawValue),
    ]
    for (key, value) in chain.metadata.labels { facts["chain.label/" + key] = [value] }
    return facts
  }

  /// What is of a class is of all that the class inherits from. Which ones it declares by name is told apart.
  static func of(_ project: Resource<ProjectSpec>, under policy: PolicySpec) -> [String: [String]] {
    let spec = project.spec
    var classes = spec.dataClasses
    func parent(_ name: String) -> String? { policy.dataClasses.first { $0.name == name }?.parent }
    while let more = classes.compactMap(parent).first(where: { !classes.contains($0) }) { classes.append(more) }
    var facts = [
      "project.name": [project.name], "project.organisation": [spec.organisation],
      "project.audience": [spec.audience.rawValue], "project.dataClass": classes,
      "project.service": spec.services.map(\.name), "project.interconnection": spec.interconnections,
    ]
    facts[named("project.dataClass")] = spec.dataClasses
    if let typology = spec.typology { facts["project.typology"] = [typology] }
    for (key, value) in project.metadata.labels { facts["project.label/" + key] = [value] }
    return facts
  }
}
