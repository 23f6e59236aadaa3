import Model

/// Resources as a table, by kind: what one wants to see at a glance.
enum ResourceTable {
  static func render(_ kind: Kind, _ resources: [AnyResource]) -> String {
    var table = header(kind)
    for resource in resources { add(resource, to: &table) }
    return table.render()
  }

  /// What there is to see of a cluster.
  static let clusterColumns = ["NAME", "ZONE", "STATE", "PRIVACY", "MODE", "STAGES", "CPU", "MEMORY", "GPU"]

  /// A cell for each of ``clusterColumns``.
  static func cells(_ it: Resource<ClusterSpec>) -> [String] {
    let capacity = it.spec.capacity
    return [
      it.name, it.spec.zone, it.spec.state.rawValue, it.spec.privacy.rawValue, it.spec.mode.rawValue,
      list(it.spec.stages), amount(capacity.cpu), amount(capacity.memory), amount(capacity.gpu),
    ]
  }

  private static func list(_ items: [String]) -> String { items.isEmpty ? "-" : items.joined(separator: ",") }

  private static func header(_ kind: Kind) -> Table {
    switch kind {
    case .operator: Table("NAME", "DISPLAY NAME")
    case .chain: Table("NAME", "SENSITIVITIES", "REGIONS")
    case .region: Table("NAME", "OPERATOR", "STATE", "LOCATION", "DATA CENTERS", "QUALIFICATIONS")
    case .zone: Table("NAME", "SLUG", "REGION", "SENSITIVITY", "CHAIN")
    case .cluster: Table(clusterColumns)
    case .policy: Table("NAME", "VERSION", "CLASSES", "RULES", "TITLE")
    case .project: Table("NAME", "ORGANISATION", "AUDIENCE", "DATA CLASSES", "ENVIRONMENTS")
    case .derogation: Table("NAME", "PROJECT", "RULES", "DECISION")
    case .placement, .migration, .flowRequest: Table("NAME")
    }
  }

  private static func add(_ resource: AnyResource, to table: inout Table) {
    let name = resource.metadata.name
    switch resource {
    case .operator(let it): table.add(name, it.spec.displayName)
    case .chain(let it): table.add(name, list(it.spec.sensitivities.map(\.rawValue)), list(it.spec.regions))
    case .region(let it):
      let place = [it.spec.location.city, it.spec.location.country].compactMap(\.self).joined(separator: ", ")
      table.add(
        name, it.spec.operator, it.spec.state.rawValue, place, list(it.spec.dataCenters.map(\.name)),
        list(it.spec.qualifications.map(\.name)))
    case .zone(let it):
      table.add(name, it.spec.slug, it.spec.region, it.spec.sensitivity.rawValue, it.spec.chain ?? "-")
    case .cluster(let it): table.add(cells(it))
    case .policy(let it):
      table.add(
        name, it.metadata.generation.map(String.init) ?? "-", String(it.spec.dataClasses.count),
        String(it.spec.rules.count), it.spec.title.fr)
    case .project(let it):
      let environments = it.spec.environments.map { environment in
        environment.replicas.map { "\(environment.name)×\($0)" } ?? environment.name
      }
      table.add(
        name, it.spec.organisation, it.spec.audience.rawValue, list(it.spec.dataClasses), list(environments))
    case .derogation(let it):
      table.add(name, it.spec.project, list(it.spec.rules), it.spec.decision?.rawValue ?? "pending")
    case .placement, .migration, .flowRequest: table.add(name)
    }
  }

  private static func amount(_ quantity: Quantity?) -> String { quantity?.description ?? "-" }
}
