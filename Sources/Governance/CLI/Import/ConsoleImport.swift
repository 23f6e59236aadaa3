import Contract
import Foundation
import Model
import Placement
import Policy

/// The console's export, with what it does not know, as resources; and what is missing for a decision. Pure.
struct ConsoleImport: Sendable {
  /// Something without which no decision can be made.
  struct Gap: Codable, Sendable, Hashable {
    /// `Zone`, `Cluster`, `Project` or `Environment`.
    var kind: String
    /// As the console has it: slug, label or name.
    var name: String
    /// What is missing, as the facts' file or the export calls it.
    var field: String
    /// What there is instead, where there is something.
    var found: String?
    /// What would be accepted.
    var accepted: String
  }

  /// All that is complete, in the order in which it is applied.
  private(set) var resources: [AnyResource] = []
  /// The projects that are complete, with what of them runs already.
  private(set) var subjects: [Simulation.Subject] = []
  private(set) var gaps: [Gap] = []

  private let export: ConsoleExport
  private let facts: ConsoleFacts
  private let offer: Offer?
  private let naming: ConsoleNames
  private let stages: [String: String]
  /// Names that several projects of the console have, and all slugs: a fact that could be another's is nobody's.
  private let doubled: Set<String>
  private let slugs: Set<String>
  /// By the console's identifier.
  private var zones: [String: Resource<ZoneSpec>] = [:]
  private var clusterNames: [UUID: String] = [:]
  private var modes: [String: ClusterSpec.Mode] = [:]

  /// Whether there is an offer to look at.
  var isOfferKnown: Bool { offer != nil }
  /// Whether it declares qualifications.
  var countsDeclared: Bool { offer.map(DeclaredQualifications.areThere) ?? false }

  /// - Parameters:
  ///   - offer: what regions, operators and chains there are; nil where nobody has said, and it is not looked at. Its zones
  ///     and clusters keep their names, and all of which neither the console nor the facts say anything.
  ///   - declared: the clusters that the service tells of: they keep theirs before those of the offer.
  init(
    _ export: ConsoleExport, _ facts: ConsoleFacts, on offer: Offer? = nil, declared: [Resource<ClusterSpec>] = []
  ) {
    (self.export, self.facts, self.offer) = (export, facts, offer)
    naming = ConsoleNames(export.clusters, declared: declared + (offer?.clusters ?? []))
    stages = Dictionary(export.stages.map { ($0.id, $0.name) }) { first, _ in first }
    let projects = Dictionary(grouping: export.projects, by: \.name)
    doubled = Set(projects.filter { $0.value.count > 1 }.keys)
    slugs = Set(export.projects.compactMap(\.slug))
    for zone in export.zones { add(zone) }
    for cluster in export.clusters { add(cluster) }
    let environments = Dictionary(grouping: export.environments, by: \.projectId)
    for project in export.projects { add(project, environments[project.id] ?? []) }
    let known = Set(export.projects.map(\.id))
    for environment in export.environments where !known.contains(environment.projectId) {
      gaps.append(
        Gap(
          kind: "Environment", name: environment.name, field: "projectId", found: environment.projectId.uuidString,
          accepted: "projects.json"))
    }
  }

  private mutating func add(_ zone: ConsoleExport.Zone) {
    let there = offer?.zones.first { $0.spec.slug == zone.slug }
    var more = facts.zones?[zone.slug] ?? ConsoleFacts.Zone()
    more.region = more.region ?? there?.spec.region
    more.sensitivity = more.sensitivity ?? there?.spec.sensitivity
    more.chain = more.chain ?? there?.spec.chain
    if more.region == nil { lack("Zone", zone.slug, "region", "zones.\(zone.slug).region") }
    if more.sensitivity == nil {
      lack("Zone", zone.slug, "sensitivity", Sensitivity.allCases.map(\.rawValue).joined(separator: ", "))
    }
    guard isOffered(more, zone.slug), let region = more.region, let sensitivity = more.sensitivity else { return }
    var resource =
      there.map { Self.written($0) }
      ?? Resource(zone.slug, ZoneSpec(region: region, sensitivity: sensitivity, slug: zone.slug))
    (resource.spec.region, resource.spec.sensitivity, resource.spec.chain) = (region, sensitivity, more.chain)
    if take(.zone(resource), "Zone", zone.slug) { zones[zone.id] = resource }
  }

  /// Whether what a zone's facts name is there: its region, who runs that, and its chain.
  private mutating func isOffered(_ zone: ConsoleFacts.Zone, _ slug: String) -> Bool {
    guard let offer else { return true }
    let before = gaps.count
    if let name = zone.region {
      if let region = offer.regions.first(where: { $0.name == name }) {
        lack(slug, "operator", region.spec.operator, among: offer.operators.map(\.name))
      } else {
        lack(slug, "region", name, among: offer.regions.map(\.name))
      }
    }
    if let name = zone.chain { lack(slug, "chain", name, among: offer.chains.map(\.name)) }
    return gaps.count == before
  }

  private mutating func lack(_ slug: String, _ field: String, _ name: String, among names: [String]) {
    guard !names.contains(name) else { return }
    lack("Zone", slug, field, names.isEmpty ? "--offer" : names.joined(separator: ", "), found: name)
  }

  private mutating func add(_ cluster: ConsoleExport.Cluster) {
    let there = naming.declaration(of: cluster)
    let more = facts.clusters?[cluster.label] ?? ConsoleFacts.Cluster()
    let centres = more.dataCenters ?? there?.spec.dataCenters ?? []
    let (names, unknown) = names(of: cluster.stageIds ?? [])
    for id in unknown { lack("Cluster", cluster.label, "stageIds", "stages.json", found: id) }
    if centres.isEmpty {
      lack("Cluster", cluster.label, "dataCenters", "clusters.\(cluster.label).dataCenters")
    }
    if cluster.cpu == nil || cluster.memory == nil { lack("Cluster", cluster.label, "cpu, memory", "> 0") }
    let privacy = ClusterSpec.Privacy(rawValue: cluster.privacy)
    if privacy == nil { lack("Cluster", cluster.label, "privacy", "public, dedicated", found: cluster.privacy) }
    let isItself = isItself(cluster)
    // A zone that lacks something is told once.
    guard let zone = zones[cluster.zoneId] else {
      if !export.zones.contains(where: { $0.id == cluster.zoneId }) {
        lack("Cluster", cluster.label, "zoneId", "zones.json", found: cluster.zoneId)
      }
      return
    }
    let areThere = areOffered(centres, in: zone.spec.region, cluster.label)
    guard !centres.isEmpty, let cpu = cluster.cpu, let memory = cluster.memory,
      let privacy, unknown.isEmpty, areThere, isItself
    else { return }
    let amounts = Self.amounts(cpu: cpu, memory: memory, gpu: cluster.gpu ?? 0)
    var resource =
      there.map { Self.written($0) }
      ?? Resource(
        naming.name(of: cluster),
        ClusterSpec(zone: zone.name, dataCenters: centres, mode: .adopt, stages: names, capacity: amounts))
    (resource.spec.zone, resource.spec.dataCenters) = (zone.name, centres)
    resource.spec.privacy = privacy
    resource.spec.projects = owners(of: cluster, privacy, besides: resource.spec.projects)
    resource.spec.external = cluster.external ?? resource.spec.external
    resource.spec.mode = more.mode ?? resource.spec.mode
    if cluster.stageIds != nil { resource.spec.stages = names }
    (resource.spec.capacity.cpu, resource.spec.capacity.memory) = (amounts.cpu, amounts.memory)
    if cluster.gpu != nil { resource.spec.capacity.gpu = amounts.gpu }
    resource.spec.capacity.storage = more.storage ?? resource.spec.capacity.storage
    resource.spec.capacity.pods = more.pods ?? resource.spec.capacity.pods
    resource.spec.console = ClusterSpec.Console(id: cluster.id, label: cluster.label)
    guard take(.cluster(resource), "Cluster", cluster.label) else { return }
    clusterNames[cluster.id] = resource.name
    modes[resource.name] = resource.spec.mode
  }

  /// Whose a cluster is: nobody's where it is public, and of whom it is declared where the console names none.
  private func owners(
    of cluster: ConsoleExport.Cluster, _ privacy: ClusterSpec.Privacy, besides declared: [String]
  ) -> [String] {
    guard privacy == .dedicated else { return [] }
    let id = cluster.id.uuidString.lowercased()
    let owners = export.projects.filter { $0.clusterIds?.contains(id) ?? false }
    return owners.isEmpty ? declared : owners.map(\.name)
  }

  /// What is declared already, without what the service has added: applied, it is of no one version.
  private static func written<Spec>(_ resource: Resource<Spec>) -> Resource<Spec> {
    let metadata = Metadata(
      name: resource.name, labels: resource.metadata.labels, annotations: resource.metadata.annotations)
    return Resource(metadata: metadata, spec: resource.spec)
  }

  /// Whether a cluster's label is not that of another one that is declared.
  private mutating func isItself(_ cluster: ConsoleExport.Cluster) -> Bool {
    guard let rival = naming.rival(of: cluster), let id = rival.spec.console?.id else { return true }
    let accepted = "\(id.uuidString.lowercased()) (\(rival.name))"
    lack("Cluster", cluster.label, "id", accepted, found: cluster.id.uuidString.lowercased())
    return false
  }

  /// Whether the data centres of a cluster's facts are its region's.
  private mutating func areOffered(_ centres: [String], in name: String, _ label: String) -> Bool {
    guard let offer, let region = offer.regions.first(where: { $0.name == name }) else { return true }
    let names = region.spec.dataCenters.map(\.name)
    let missing = centres.filter { !names.contains($0) }
    for centre in missing { lack("Cluster", label, "dataCenters", names.joined(separator: ", "), found: centre) }
    return missing.isEmpty
  }

  private mutating func add(_ project: ConsoleExport.Project, _ environments: [ConsoleExport.Environment]) {
    guard !doubled.contains(project.name) else {
      // Facts, document and ledger go by the name: each would have what is the other's.
      let found = project.slug ?? project.id.uuidString.lowercased()
      return lack("Project", project.name, "name", "a name of its own", found: found)
    }
    let more = said(of: project)
    if more.organisation == nil { lack("Project", project.name, "organisation", "mi, mj, dinum, …") }
    if more.audience == nil {
      lack("Project", project.name, "audience", AudienceScope.allCases.map(\.rawValue).joined(separator: ", "))
    }
    if (more.dataClasses ?? []).isEmpty { lack("Project", project.name, "dataClasses", "[…]") }
    var (wanted, existing): ([ConsoleEnvironment], [ExistingPlacement]) = ([], [])
    var unknownPlaces: Set<String> = []
    // With an environment less, or a smaller one, it would be another project.
    var isWhole = true
    for environment in environments.sorted(by: { $0.name < $1.name }) {
      let name = "\(project.name)/\(environment.name)"
      guard let stage = stages[environment.stageId] else {
        lack("Environment", name, "stageId", "stages.json", found: environment.stageId)
        isWhole = false
        continue
      }
      let gpu = Int64(exactly: environment.gpu ?? 0)
      if gpu == nil {
        lack("Environment", name, "gpu", "0, 1, 2, …", found: "\(environment.gpu ?? 0)")
        isWhole = false
      }
      wanted.append(
        ConsoleEnvironment(
          id: environment.id, name: environment.name, stage: stage, cpu: environment.cpu, memory: environment.memory,
          gpu: gpu))
      if let cluster = clusterNames[environment.clusterId] {
        existing.append(
          ExistingPlacement(
            environment: environment.name, replica: 0, cluster: cluster, stage: stage,
            quota: ResourceAmounts(
              Self.amounts(cpu: environment.cpu, memory: environment.memory, gpu: environment.gpu ?? 0))))
      } else {
        let label = export.clusters.first { $0.id == environment.clusterId }?.label
        unknownPlaces.insert(label ?? environment.clusterId.uuidString.lowercased())
        guard label == nil else { continue }
        lack("Environment", name, "clusterId", "clusters.json", found: environment.clusterId.uuidString.lowercased())
      }
    }
    guard let organisation = more.organisation, let audience = more.audience, let classes = more.dataClasses,
      !classes.isEmpty
    else { return }
    let form = ConsoleProject(
      id: project.id, name: project.name, organisation: organisation, audience: audience, dataClasses: classes,
      spread: more.spread, environments: wanted)
    let problems = form.problems.filter { $0.severity == .error }
    for problem in problems {
      lack("Project", project.name, problem.path, problem.accepted ?? problem.message, found: problem.value)
    }
    guard problems.isEmpty, isWhole else { return }
    resources.append(.project(form.resource))
    guard unknownPlaces.isEmpty else {
      // It would be judged as if what is there ran nowhere.
      let places = unknownPlaces.sorted().joined(separator: ", ")
      return lack("Project", project.name, "environments", "clusters that are complete", found: places)
    }
    subjects.append(Simulation.Subject(project: form.resource, existing: existing))
  }

  /// What the facts say of a project: by its identifier, by its slug, or by its name where that is no other's slug.
  private func said(of project: ConsoleExport.Project) -> ConsoleFacts.Project {
    let isNameItsOwn = project.slug == project.name || !slugs.contains(project.name)
    let keys = [project.id.uuidString.lowercased(), project.slug, isNameItsOwn ? project.name : nil]
    let found = keys.compactMap(\.self).compactMap { facts.projects?[$0] }
    return found.first ?? ConsoleFacts.Project()
  }

  /// What runs of a project, and in which mode the clusters are.
  func running(of subject: Simulation.Subject) -> [ConsoleReserving.Running] {
    subject.existing.compactMap { existing in
      guard let environment = subject.project.spec.environments.first(where: { $0.name == existing.environment }),
        let mode = modes[existing.cluster]
      else { return nil }
      return ConsoleReserving.Running(environment: environment, cluster: existing.cluster, mode: mode)
    }
  }

  /// Takes a resource, or says what is wrong with it.
  private mutating func take(_ resource: AnyResource, _ kind: String, _ name: String) -> Bool {
    let problems = resource.problems.filter { $0.severity == .error }
    for problem in problems {
      lack(kind, name, problem.path, problem.accepted ?? problem.message, found: problem.value)
    }
    if problems.isEmpty { resources.append(resource) }
    return problems.isEmpty
  }

  private mutating func lack(_ kind: String, _ name: String, _ field: String, _ accepted: String, found: String? = nil)
  {
    gaps.append(Gap(kind: kind, name: name, field: field, found: found, accepted: accepted))
  }

  private func names(of ids: [String]) -> (names: [String], unknown: [String]) {
    (ids.compactMap { stages[$0] }.sorted(), ids.filter { stages[$0] == nil })
  }

  private static func amounts(cpu: Double, memory: Double, gpu: Double) -> ResourceList {
    ConsoleEnvironment(name: "", stage: "", cpu: cpu, memory: memory, gpu: Int64(exactly: gpu)).quota
  }
}
