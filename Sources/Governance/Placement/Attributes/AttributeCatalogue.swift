public import Model

/// The values of the attributes that selectors may name; ``AttributeNames`` lists the names.
///
/// A key with no value says that there are none (a region without services); an absent key says that nobody declared
/// it (a region without a city).
public enum AttributeCatalogue {
  /// Whether the name is that of a label.
  public static func isLabel(_ name: String) -> Bool {
    AttributeNames.allCases.contains { $0.labelPrefixes.contains(where: name.hasPrefix) }
  }

  /// The attributes of a place. Qualifications count only if they are valid on `day`.
  ///
  /// - Parameter facts: what was found on the cluster; nil where nothing was.
  public static func place(
    region: Resource<RegionSpec>, zone: Resource<ZoneSpec>, cluster: Resource<ClusterSpec>, facts: ClusterFacts? = nil,
    on day: CalendarDay
  ) -> Attributes {
    let location = region.spec.location
    var attributes = Attributes([
      "region.name": [region.name],
      "region.operator": [region.spec.operator],
      "region.country": [location.country],
      "region.dataCenter": region.spec.dataCenters.map(\.name),
      "region.dataCenters": [String(region.spec.dataCenters.count)],
      "region.qualification": region.spec.qualifications.filter { $0.isValid(on: day) }.map(\.name),
      "region.service": services(region.spec.services),
      "region.interconnection": region.spec.interconnections,
      "region.organisation": region.spec.audience.organisations,
      "region.audience": region.spec.audience.scopes.map(\.rawValue),
      "region.state": [region.spec.state.rawValue],
      "region.taint": taints(region.spec.taints),
      "zone.name": [zone.name],
      "zone.slug": [zone.spec.slug],
      "zone.sensitivity": [zone.spec.sensitivity.rawValue],
      "cluster.name": [cluster.name],
      "cluster.privacy": [cluster.spec.privacy.rawValue],
      "cluster.project": cluster.spec.projects,
      "cluster.management": [cluster.spec.management.rawValue],
      "cluster.external": [String(cluster.spec.external)],
      "cluster.mode": [cluster.spec.mode.rawValue],
      "cluster.stage": cluster.spec.stages,
      "cluster.dataCenter": cluster.spec.dataCenters,
      "cluster.dataCenters": [String(cluster.spec.dataCenters.count)],
      "cluster.state": [cluster.spec.state.rawValue],
      "cluster.taint": taints(cluster.spec.taints),
    ])
    attributes["region.subdivision"] = location.subdivision.map { [$0] }
    attributes["region.city"] = location.city.map { [$0] }
    for (rule, finding) in facts?.conformity ?? [:] {
      attributes[ConformityFinding.prefix + rule] = finding.declared.map { [$0] }
    }
    attributes["zone.chain"] = zone.spec.chain.map { [$0] }
    attributes.add(region.metadata.labels, under: "region.label/")
    attributes.add(zone.metadata.labels, under: "zone.label/")
    attributes.add(cluster.metadata.labels, under: "cluster.label/")
    return attributes
  }

  /// Names, and what is offered of each: `postgresql`, `postgresql:16`, `postgresql:16.4`; `postgresql:?` stands for a
  /// version that nobody declared, so that a rule can mean that, too.
  private static func services(_ services: [RegionSpec.Service]) -> [String] {
    var values: [String] = []
    for service in services {
      let numbers = (service.version ?? "?").split(separator: ".")
      let versions = (1...max(1, numbers.count)).map { "\(service.name):\(numbers.prefix($0).joined(separator: "."))" }
      values += ([service.name] + versions).filter { !values.contains($0) }
    }
    return values
  }

  /// The key, and the key with its value: `gpu`, `gpu=yes`.
  private static func taints(_ taints: [Taint]) -> [String] {
    taints.flatMap { taint in [taint.key] + (taint.value.map { ["\(taint.key)=\($0)"] } ?? []) }
  }

  /// The attributes of a chain.
  public static func chain(_ chain: Resource<ChainSpec>) -> Attributes {
    var attributes = Attributes([
      "chain.name": [chain.name],
      "chain.sensitivity": chain.spec.sensitivities.map(\.rawValue),
      "chain.region": chain.spec.regions,
      "chain.organisation": chain.spec.audience.organisations,
      "chain.audience": chain.spec.audience.scopes.map(\.rawValue),
    ])
    attributes.add(chain.metadata.labels, under: "chain.label/")
    return attributes
  }

  /// The attributes of a project, as it declares them. To selectors its data is of all that its classes inherit from, too,
  /// which is the policy's to say.
  public static func project(_ project: Resource<ProjectSpec>) -> Attributes {
    let labels = project.metadata.labels.keys.map(ProjectAttribute.label)
    var attributes = Attributes()
    for attribute in ProjectAttribute.all + labels { attributes[attribute.key] = attribute.values(of: project) }
    return attributes
  }
}

extension Attributes {
  fileprivate mutating func add(_ labels: [String: String], under prefix: String) {
    for (key, value) in labels { self[prefix + key] = [value] }
  }
}
