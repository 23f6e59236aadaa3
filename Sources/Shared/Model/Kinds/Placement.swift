public import Foundation

/// All that an agent may be told about a placement (design section 2).
public enum PlacementPhase: String, Codable, Sendable, CaseIterable {
  case active
  case frozen
  case draining
  case removed
}

/// One environment's replica on one cluster, as decided. Written by governance, never by clients.
public struct PlacementSpec: ResourceSpec {
  /// The kind that this is the spec of.
  public static let kind = Kind.placement

  /// The placement's identifier: the key of its records on the bus.
  public var id: UUID
  /// The project's name.
  public var project: String
  /// The project's UUID: the console's, or minted by governance.
  public var projectID: UUID
  /// The organisation's short name.
  public var organisation: String
  /// The environment's name.
  public var environment: String
  /// The environment's UUID: the console's, or minted by governance.
  public var environmentID: UUID
  /// The stage.
  public var stage: String
  /// Which replica, from 0.
  public var replica: Int
  /// The zone's slug.
  public var zone: String
  /// The cluster's name.
  public var cluster: String
  /// The namespace on the cluster.
  public var namespace: String
  /// What is wanted of it.
  public var phase: PlacementPhase
  /// What is reserved.
  public var quota: ResourceList
  /// Counts the changes of the desired state, from 1.
  public var revision: Int64
  /// The epoch of the database that minted the revision, from 1.
  public var epoch: Int64
  /// The decision that it follows from.
  public var decision: UUID
  /// The secondary chain that delivers to it, by what was decided last; nil where that is not known. Another one is no new
  /// revision: agents do nothing by it.
  public var chain: String?

  /// A placement.
  public init(
    id: UUID, project: String, projectID: UUID, organisation: String, environment: String, environmentID: UUID,
    stage: String, replica: Int, zone: String, cluster: String, namespace: String, phase: PlacementPhase,
    quota: ResourceList, revision: Int64, epoch: Int64, decision: UUID, chain: String? = nil
  ) {
    self.id = id
    self.project = project
    self.projectID = projectID
    self.organisation = organisation
    self.environment = environment
    self.environmentID = environmentID
    self.stage = stage
    self.replica = replica
    self.zone = zone
    self.cluster = cluster
    self.namespace = namespace
    self.phase = phase
    self.quota = quota
    self.revision = revision
    self.epoch = epoch
    self.decision = decision
    self.chain = chain
  }
}
