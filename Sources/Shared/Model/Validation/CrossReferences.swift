import Foundation

/// Checks resources against each other. Pure: what is known is what is passed.
public enum CrossReferences {
  /// What is wrong between the resources, errors and warnings, each with the resource at fault.
  ///
  /// - Parameter resources: all that is known. A reference to anything else is an error; to a region from a chain, or to a
  ///   project from a dedicated cluster, only a warning, for those may come later.
  public static func problems(in resources: [AnyResource]) -> [FieldProblem] {
    let known = Known(resources)
    var problems: [FieldProblem] = []
    for resource in resources {
      var check = Validation()
      known.check(resource, &check)
      problems += check.problems.map { $0.about(resource.label) }
    }
    return known.duplicates(resources) + problems
  }
}

/// The resources by kind and name.
private struct Known {
  var operators: Set<String> = []
  var chains: [String: ChainSpec] = [:]
  var regions: [String: RegionSpec] = [:]
  var zones: [String: ZoneSpec] = [:]
  var clusters: Set<String> = []
  var projects: [String: ProjectSpec] = [:]
  var dataClasses: Set<String> = []
  var rules: Set<String> = []
  var notWaivable: Set<String> = []
  var placements: [UUID: PlacementSpec] = [:]

  init(_ resources: [AnyResource]) {
    for resource in resources {
      switch resource {
      case .operator(let known): operators.insert(known.name)
      case .chain(let known): chains[known.name] = known.spec
      case .region(let known): regions[known.name] = known.spec
      case .zone(let known): zones[known.name] = known.spec
      case .cluster(let known): clusters.insert(known.name)
      case .project(let known): projects[known.name] = known.spec
      case .placement(let known): placements[known.spec.id] = known.spec
      case .policy(let known):
        dataClasses.formUnion(known.spec.dataClasses.map(\.name))
        rules.formUnion(known.spec.rules.map(\.id))
        notWaivable.formUnion(known.spec.rules.filter(\.notWaivable).map(\.id))
      case .derogation, .migration, .flowRequest: break
      }
    }
  }

  func check(_ resource: AnyResource, _ check: inout Validation) {
    switch resource {
    case .operator: break
    case .chain(let chain):
      if let name = chain.spec.operator { check.at("operator") { $0.knows(name, .operator, operators) } }
      check.at("regions", each: chain.spec.regions) { $1.knows($0, .region, regions.keys, severity: .warning) }
    case .region(let region): check.at("operator") { $0.knows(region.spec.operator, .operator, operators) }
    case .zone(let zone): self.check(zone.spec, &check)
    case .cluster(let cluster): self.check(cluster.spec, &check)
    case .policy(let policy):
      check.at("governance") {
        $0.at("voters", each: policy.spec.governance?.voters ?? []) { $1.knows($0, .operator, operators) }
      }
    case .project(let project):
      check.at("dataClasses", each: project.spec.dataClasses) { name, check in
        check.knows(name, "data class", "classe de données", dataClasses)
      }
    case .derogation(let derogation):
      check.at("project") { $0.knows(derogation.spec.project, .project, projects.keys) }
      check.at("rules", each: derogation.spec.rules) { rule, check in
        check.knows(rule, "rule", "règle", rules)
        guard notWaivable.contains(rule) else { return }
        check.error("no derogation waives this rule", fr: "aucune dérogation ne lève cette règle", value: rule)
      }
    case .placement(let placement): self.check(placement.spec, &check)
    case .migration(let migration): self.check(migration.spec, &check)
    case .flowRequest(let request):
      check.environment(request.spec.environment, of: request.spec.project, projects)
    }
  }

  private func check(_ zone: ZoneSpec, _ check: inout Validation) {
    check.at("region") { $0.knows(zone.region, .region, regions.keys) }
    guard let name = zone.chain else { return }
    check.at("chain") { check in
      check.knows(name, .chain, chains.keys)
      guard let chain = chains[name] else { return }
      if !chain.regions.contains(zone.region) {
        check.error(
          "the chain may not deliver to region “\(zone.region)”",
          fr: "la chaîne ne peut pas livrer dans la région « \(zone.region) »", value: name,
          accepted: chains.filter { $0.value.regions.contains(zone.region) }.keys.sorted().joined(separator: ", "))
      }
      if !chain.sensitivities.contains(zone.sensitivity) {
        check.error(
          "the chain may not deliver to sensitivity “\(zone.sensitivity.rawValue)”",
          fr: "la chaîne ne peut pas livrer en sensibilité « \(zone.sensitivity.rawValue) »", value: name,
          accepted: chain.sensitivities.map(\.rawValue).joined(separator: ", "))
      }
    }
  }

  private func check(_ cluster: ClusterSpec, _ check: inout Validation) {
    check.at("zone") { $0.knows(cluster.zone, .zone, zones.keys) }
    check.at("projects", each: cluster.projects) { $1.knows($0, .project, projects.keys, severity: .warning) }
    guard let zone = zones[cluster.zone], let region = regions[zone.region] else { return }
    let centers = Set(region.dataCenters.map(\.name))
    check.at("dataCenters", each: cluster.dataCenters) { name, check in
      check.knows(name, "data centre of region “\(zone.region)”", "centre de la région « \(zone.region) »", centers)
    }
  }

  private func check(_ placement: PlacementSpec, _ check: inout Validation) {
    check.environment(placement.environment, of: placement.project, projects)
    check.at("zone") { $0.knows(placement.zone, .zone, zones.values.map(\.slug)) }
    check.at("cluster") { $0.knows(placement.cluster, .cluster, clusters) }
  }

  private func check(_ migration: MigrationSpec, _ check: inout Validation) {
    check.at("project") { $0.knows(migration.project, .project, projects.keys) }
    check.at("moves", each: migration.moves) { move, check in
      if let target = move.targetCluster { check.at("targetCluster") { $0.knows(target, .cluster, clusters) } }
      guard placements[move.source]?.project != migration.project else { return }
      check.at("source") {
        $0.error(
          "not a placement of project “\(migration.project)”",
          fr: "ce n’est pas un placement du projet « \(migration.project) »", value: move.source.uuidString.lowercased()
        )
      }
    }
  }
}

extension Known {
  /// What two resources may not share.
  func duplicates(_ resources: [AnyResource]) -> [FieldProblem] {
    var owners: [String: String] = [:]
    var problems: [FieldProblem] = []
    for resource in resources {
      for (path, what, value) in resource.uniqueValues {
        guard let owner = owners.updateValue(resource.label, forKey: "\(what) \(value)") else { continue }
        problems.append(
          FieldProblem(
            path: path, message: "already taken by \(owner)", messageFR: "déjà pris par \(owner)", value: value,
            resource: resource.label))
      }
    }
    return problems
  }
}

extension AnyResource {
  /// Values that no other resource may have: where, in which space, and what.
  fileprivate var uniqueValues: [(path: String, space: String, value: String)] {
    var values = [("metadata.name", "\(kind.rawValue) name", metadata.name)]
    switch self {
    case .zone(let zone): values.append(("spec.slug", "slug", zone.spec.slug))
    case .cluster(let cluster):
      guard let console = cluster.spec.console else { break }
      values.append(("spec.console.label", "console label", console.label))
      if let id = console.id { values.append(("spec.console.id", "cluster", id.uuidString)) }
    case .project(let project):
      if let id = project.spec.consoleID { values.append(("spec.consoleID", "project", id.uuidString)) }
      for (index, environment) in project.spec.environments.enumerated() {
        guard let id = environment.consoleID else { continue }
        values.append(("spec.environments[\(index)].consoleID", "environment", id.uuidString))
      }
    case .placement(let placement): values.append(("spec.id", "placement", placement.spec.id.uuidString))
    default: break
    }
    return values
  }
}

extension Validation {
  fileprivate mutating func knows(
    _ name: String, _ kind: Kind, _ known: some Collection<String>, severity: FieldProblem.Severity = .error
  ) {
    knows(name, kind.rawValue, kind.rawValue, known, severity: severity)
  }

  fileprivate mutating func knows(
    _ name: String, _ what: String, _ whatFR: String, _ known: some Collection<String>,
    severity: FieldProblem.Severity = .error
  ) {
    guard !known.contains(name) else { return }
    unknown(
      name, "no such \(what)", fr: "\(whatFR) inconnu", among: Array(known),
      accepted: known.isEmpty ? nil : known.sorted().prefix(20).joined(separator: ", "), severity: severity)
  }

  fileprivate mutating func environment(_ name: String, of project: String, _ projects: [String: ProjectSpec]) {
    at("project") { $0.knows(project, .project, projects.keys) }
    guard let spec = projects[project] else { return }
    at("environment") {
      $0.knows(
        name, "environment of project “\(project)”", "environnement du projet « \(project) »",
        spec.environments.map(\.name))
    }
  }
}
