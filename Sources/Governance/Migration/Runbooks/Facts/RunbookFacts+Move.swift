public import Foundation
public import Model

extension RunbookFacts {
  /// A cluster, and where it belongs.
  public struct Place: Sendable, Hashable {
    /// The cluster's name.
    public var cluster: String
    /// The zone's name.
    public var zone: String
    /// The region's name.
    public var region: String
    /// The operator's name.
    public var `operator`: String

    /// A place.
    public init(cluster: String, zone: String, region: String, operator: String) {
      self.cluster = cluster
      self.zone = zone
      self.region = region
      self.operator = `operator`
    }
  }

  /// A service that the project needs, and what both regions offer of it.
  public struct Service: Sendable, Hashable {
    /// Its name in the offer, such as `postgresql`.
    public var name: String
    /// The version in the region that is left; nil where it declares none.
    public var sourceVersion: String?
    /// The version in the region that it goes to; nil where it declares none.
    public var targetVersion: String?

    /// A service.
    public init(_ name: String, from sourceVersion: String? = nil, to targetVersion: String? = nil) {
      self.name = name
      self.sourceVersion = sourceVersion
      self.targetVersion = targetVersion
    }
  }

  /// A network flow that has to lead to where it goes.
  public struct Flow: Sendable, Hashable {
    /// The project that asks for it.
    public var project: String
    /// The system at the other end.
    public var system: String
    /// The request for it; nil while there is none.
    public var request: UUID?
    /// How far the request has come; nil while there is none.
    public var state: LocalizedText?
    /// Whether it is open.
    public var isOpen: Bool

    /// A flow.
    public init(project: String, system: String, request: UUID?, state: LocalizedText?, isOpen: Bool) {
      self.project = project
      self.system = system
      self.request = request
      self.state = state
      self.isOpen = isOpen
    }
  }

  /// The move of one environment.
  public struct Move: Sendable, Hashable {
    /// The move, as commands name it.
    public var id: UUID
    /// What it is of, and on what terms.
    public var terms: MigrationTerms
    /// Which replica, from 0.
    public var replica: Int
    /// The environment's stage.
    public var stage: String
    /// What it holds where it goes, or is to hold there.
    public var quota: ResourceAmounts
    /// Where it is.
    public var source: Place
    /// Where it goes.
    public var target: Place
    /// The namespace that it has; nil where it is not known.
    public var sourceNamespace: String?
    /// The namespace that it gets; nil while it is not known.
    public var targetNamespace: String?
    /// Whether other replicas of the source's environment are placed elsewhere: what is done there concerns one cluster alone.
    public var sourceHasOthers: Bool
    /// The same of the target's environment, for the way back.
    public var targetHasOthers: Bool
    /// What the project needs.
    public var services: [Service]
    /// The networks and systems that the project needs, by name.
    public var interconnections: [String]
    /// The flows that Régie knows of.
    public var flows: [Flow]
    /// How it stands; nil for the plan alone.
    public var state: EnvironmentMigration?

    /// A move of a plan.
    ///
    /// - Parameter quota: what the target holds by now, or is asked for; nil for what it was planned with.
    public init(
      _ id: UUID, _ planned: PlannedMove, quota: ResourceAmounts? = nil, terms: MigrationTerms, source: Place,
      target: Place,
      sourceNamespace: String? = nil, targetNamespace: String? = nil, sourceHasOthers: Bool = false,
      targetHasOthers: Bool = false, services: [Service] = [],
      interconnections: [String] = [], flows: [Flow] = [], state: EnvironmentMigration? = nil
    ) {
      self.id = id
      self.terms = terms
      replica = planned.replica
      stage = planned.stage
      self.quota = quota ?? planned.quota
      self.source = source
      self.target = target
      self.sourceNamespace = sourceNamespace
      self.targetNamespace = targetNamespace
      self.sourceHasOthers = sourceHasOthers
      self.targetHasOthers = targetHasOthers
      self.services = services
      self.interconnections = interconnections
      self.flows = flows
      self.state = state
    }

    /// What people have to do, in the order in which it is done: as it stands, or by the terms alone.
    var tasks: [MigrationTask] {
      guard let state else {
        return MigrationTask.Kind.allCases.filter(terms.tasks.contains).map { MigrationTask($0) }
      }
      // Users are led back only to what has everything.
      let back: [MigrationTask.Kind] = [.stopWrites, .reverseCopy, .switchNames]
      return state.step == .rollingBack ? back.compactMap { state[$0] } : state.tasks
    }

    /// Whether users may have written to the target, and it can still be turned back: what the machine demands of who does.
    var isCutOver: Bool {
      guard let state else { return false }
      return state.mayHaveNewWrites && !state.step.isAtLeast(.drainingSource)
    }
  }
}
