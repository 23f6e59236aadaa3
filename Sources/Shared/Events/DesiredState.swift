public import Foundation
public import Model

/// The whole desired state of one placement: the data of a record of `regie.<zone>.desired`, signed over the exact
/// bytes as carried (protocol rule 7). It says what must be true, never what to do.
public struct DesiredState: Codable, Sendable, Hashable {
  /// A project as a cluster needs to know it.
  public struct Project: Codable, Sendable, Hashable {
    /// The console's UUID, or one minted by governance.
    public var id: UUID
    /// The project's name.
    public var name: String
    /// The organisation's short name.
    public var organisation: String

    /// A project.
    public init(id: UUID, name: String, organisation: String) {
      self.id = id
      self.name = name
      self.organisation = organisation
    }
  }

  /// An environment as a cluster needs to know it.
  public struct Environment: Codable, Sendable, Hashable {
    /// The console's UUID, or one minted by governance.
    public var id: UUID
    /// The environment's name.
    public var name: String
    /// The stage.
    public var stage: String

    /// An environment.
    public init(id: UUID, name: String, stage: String) {
      self.id = id
      self.name = name
      self.stage = stage
    }
  }

  /// The placement; equals the record's key.
  public var placement: UUID
  /// The zone's slug; equals the topic's.
  public var zone: String
  /// The cluster's name.
  public var cluster: String
  /// What is wanted.
  public var phase: PlacementPhase
  /// Counts the changes of this placement, from 1.
  public var revision: Int64
  /// The epoch of the database that minted the revision.
  public var epoch: Int64
  /// The decision it follows from.
  public var decision: UUID
  /// When the decision was committed, by the database's clock.
  public var decidedAt: Timestamp
  /// The sensitivity of the zone.
  public var sensitivity: Sensitivity
  /// What the agent may do on the cluster.
  public var mode: ClusterSpec.Mode
  /// The namespace's name.
  public var namespace: String
  /// The project.
  public var project: Project
  /// The environment.
  public var environment: Environment
  /// What the namespace may use.
  public var quota: ResourceList
  /// For `removed`: nothing is deleted before this moment.
  public var notBefore: Timestamp?
  /// For `removed`: a migration or a person has said that persistent volumes may go too.
  public var removePersistentVolumes: Bool?

  /// A desired state.
  public init(
    placement: UUID, zone: String, cluster: String, phase: PlacementPhase, revision: Int64, epoch: Int64,
    decision: UUID, decidedAt: Timestamp, sensitivity: Sensitivity, mode: ClusterSpec.Mode, namespace: String,
    project: Project, environment: Environment, quota: ResourceList, notBefore: Timestamp? = nil,
    removePersistentVolumes: Bool? = nil
  ) {
    self.placement = placement
    self.zone = zone
    self.cluster = cluster
    self.phase = phase
    self.revision = revision
    self.epoch = epoch
    self.decision = decision
    self.decidedAt = decidedAt
    self.sensitivity = sensitivity
    self.mode = mode
    self.namespace = namespace
    self.project = project
    self.environment = environment
    self.quota = quota
    self.notBefore = notBefore
    self.removePersistentVolumes = removePersistentVolumes
  }

  /// The order in which states of one placement replace each other.
  public var version: StateVersion { StateVersion(epoch: epoch, revision: revision) }
}

/// Epoch first, then revision: what orders the states of one placement, across restored databases too.
public struct StateVersion: Codable, Sendable, Hashable, Comparable, CustomStringConvertible {
  /// From 1.
  public var epoch: Int64
  /// From 1.
  public var revision: Int64

  /// A version.
  public init(epoch: Int64, revision: Int64) {
    self.epoch = epoch
    self.revision = revision
  }

  /// Epoch first.
  public static func < (left: Self, right: Self) -> Bool {
    (left.epoch, left.revision) < (right.epoch, right.revision)
  }

  /// `epoch.revision`.
  public var description: String { "\(epoch).\(revision)" }
}
