public import Foundation
public import Model

/// A project as the console knows it, with what a decision needs and the console does not have: data classes and
/// audience. Nothing stands in for those; a body without them is refused. What it does not say of a project that is stored
/// stays as it is there (``unsaid``).
public struct ConsoleProject: Codable, Sendable, Hashable {
  /// The console's identifier.
  public var id: UUID?
  /// The console's name: `^[a-z0-9]+$`, 2 to 20 characters.
  public var name: String
  /// The ministry's or organisation's slug: `mi`, `mj`, `dinum`, …
  public var organisation: String
  /// One ministry, or several. The console does not have it.
  public var audience: AudienceScope
  /// The classes of its data; at least one. The console does not have them.
  public var dataClasses: [String]
  /// The kind of project, in the policy's own words.
  public var typology: String?
  /// Services it needs.
  public var services: [ProjectSpec.ServiceNeed]?
  /// Networks it must reach.
  public var interconnections: [String]?
  /// Where its data may be.
  public var residency: ProjectSpec.Residency?
  /// How its environments are kept apart. The console does not have it.
  public var spread: [ProjectSpec.Spread]?
  /// Which of its environments are kept together. The console does not have it.
  public var colocation: [ProjectSpec.Colocation]?
  /// All its environments; at least one. One that is stored and not among them is not asked for any more.
  public var environments: [ConsoleEnvironment]

  /// A project.
  public init(
    id: UUID? = nil, name: String, organisation: String, audience: AudienceScope, dataClasses: [String],
    typology: String? = nil, services: [ProjectSpec.ServiceNeed]? = nil, interconnections: [String]? = nil,
    residency: ProjectSpec.Residency? = nil, spread: [ProjectSpec.Spread]? = nil,
    colocation: [ProjectSpec.Colocation]? = nil, environments: [ConsoleEnvironment]
  ) {
    self.id = id
    self.name = name
    self.organisation = organisation
    self.audience = audience
    self.dataClasses = dataClasses
    self.typology = typology
    self.services = services
    self.interconnections = interconnections
    self.residency = residency
    self.spread = spread
    self.colocation = colocation
    self.environments = environments
  }

  /// The same project as a resource.
  public var resource: Resource<ProjectSpec> {
    Resource(
      name,
      ProjectSpec(
        organisation: organisation, audience: audience, typology: typology, dataClasses: dataClasses,
        services: services ?? [], interconnections: interconnections ?? [], residency: residency,
        spread: spread ?? [], colocation: colocation ?? [], consoleID: id,
        environments: environments.map(\.environment)))
  }

  /// What of the project this form does not say: what it has no words for, and what is left out of it.
  public var unsaid: Set<ProjectSpec.Part> {
    var parts: Set<ProjectSpec.Part> = [
      .labels, .annotations, .displayName, .preferences, .tolerations, .identifiers, .environmentDetails,
    ]
    if typology == nil { parts.insert(.typology) }
    if services == nil { parts.insert(.services) }
    if interconnections == nil { parts.insert(.interconnections) }
    if residency == nil { parts.insert(.residency) }
    if spread == nil { parts.insert(.spread) }
    if colocation == nil { parts.insert(.colocation) }
    return parts
  }

  /// What is wrong with the project, each at the field of this form.
  public var problems: [FieldProblem] {
    let amounts = environments.enumerated().flatMap { index, environment in
      environment.problems.map { $0.moved(below: "environments[\(index)]") }
    }
    guard amounts.isEmpty else { return amounts }
    return resource.problems.map { problem in
      var problem = problem
      problem.path = Self.path(problem.path)
      return problem
    }
  }

  /// A resource's path as one of this form.
  private static func path(_ path: String) -> String {
    let place = ["metadata.", "spec."].first { path.hasPrefix($0) } ?? ""
    return String(path.dropFirst(place.count)).replacing("consoleID", with: "id").replacing(".quota.", with: ".")
  }
}

/// An environment as the console knows it: cores, and gibibytes of memory, as numbers. What the console does not have of it
/// stays as it is stored of the environment of that name, where it does not come along.
public struct ConsoleEnvironment: Codable, Sendable, Hashable {
  /// The console's identifier.
  public var id: UUID?
  /// `^[a-z0-9]+$`, 2 to 11 characters, unique in the project.
  public var name: String
  /// The stage's name: `dev`, `staging`, `integration` or `prod`.
  public var stage: String
  /// Cores.
  public var cpu: Double
  /// Gibibytes.
  public var memory: Double
  /// Whole GPUs; none where absent.
  public var gpu: Int64?
  /// Gibibytes of volumes; as stored where absent, and not counted where nothing is. The console does not have it.
  public var storage: Double?
  /// Pods; as stored where absent, and not counted where nothing is. The console does not have it.
  public var pods: Int64?
  /// Copies in distinct places; as stored where absent, and 1 where nothing is. The console does not have it.
  public var replicas: Int?
  /// What copies are kept apart by; as stored where absent, and data centres where nothing is. The console does not have
  /// it.
  public var distinct: ProjectSpec.Topology?

  /// An environment.
  public init(
    id: UUID? = nil, name: String, stage: String, cpu: Double, memory: Double, gpu: Int64? = nil,
    storage: Double? = nil, pods: Int64? = nil, replicas: Int? = nil, distinct: ProjectSpec.Topology? = nil
  ) {
    self.id = id
    self.name = name
    self.stage = stage
    self.cpu = cpu
    self.memory = memory
    self.gpu = gpu
    self.storage = storage
    self.pods = pods
    self.replicas = replicas
    self.distinct = distinct
  }

  /// Its amounts as a quota.
  public var quota: ResourceList {
    ResourceList(
      cpu: Quantity(milli: Self.scaled(cpu, by: 1000)), memory: Self.gibibytes(memory),
      gpu: gpu.flatMap { $0 == 0 ? nil : Quantity($0) }, storage: storage.map(Self.gibibytes),
      pods: pods.map { Quantity($0) })
  }

  fileprivate var environment: ProjectSpec.Environment {
    ProjectSpec.Environment(
      name: name, stage: stage, quota: quota, replicas: replicas, distinct: distinct, consoleID: id)
  }

  /// Amounts that no quota could say. That they are not negative is the resource's own check.
  fileprivate var problems: [FieldProblem] {
    let amounts = [("cpu", cpu), ("memory", memory)] + (storage.map { [("storage", $0)] } ?? [])
    return amounts.filter { !(-Self.most...Self.most).contains($0.1) }.map { name, amount in
      FieldProblem(
        path: name, message: "out of range", messageFR: "hors limites", value: "\(amount)",
        accepted: "0 … \(Int64(Self.most))")
    }
  }

  /// More cores, or gibibytes, than any cluster has.
  private static let most = 1e9

  private static func gibibytes(_ amount: Double) -> Quantity {
    Quantity(scaled(amount, by: 1_073_741_824), format: .binarySI)
  }

  /// Rounded up to the ledger's unit, but for what a binary fraction adds to a decimal one.
  private static func scaled(_ amount: Double, by unit: Double) -> Int64 {
    Int64(exactly: (amount * unit - 1e-6).rounded(.up)) ?? (amount < 0 ? .min : .max)
  }
}

extension FieldProblem {
  fileprivate func moved(below place: String) -> FieldProblem {
    var problem = self
    problem.path = "\(place).\(path)"
    return problem
  }
}
