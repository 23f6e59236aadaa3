public import Foundation

/// A Kubernetes cluster of a zone.
public struct ClusterSpec: ResourceSpec {
  /// The kind that this is the spec of.
  public static let kind = Kind.cluster

  /// Who may be placed on a cluster.
  public enum Privacy: String, Codable, Sendable, CaseIterable {
    case `public`
    /// Only the projects named.
    case dedicated
  }

  /// Who runs a cluster.
  public enum Management: String, Codable, Sendable, CaseIterable {
    case `operator`
    /// The application itself: decided on and reported, never written to.
    case application
  }

  /// What the agent may do on a cluster (protocol rule 19).
  public enum Mode: String, Codable, Sendable, CaseIterable {
    case own
    case adopt
    case gitops
    case observe
  }

  /// What may be promised of a cluster.
  public enum CapacitySource: String, Codable, Sendable, CaseIterable {
    /// What its operator declares.
    case declared
    /// No more than what the zone's agent measures either; nothing before it has measured.
    case measured
  }

  /// How the console knows the cluster.
  public struct Console: Codable, Sendable, Hashable {
    /// The console's identifier.
    public var id: UUID?
    /// The console's label, at most 50 characters.
    public var label: String

    /// The console's view.
    public init(id: UUID? = nil, label: String) {
      self.id = id
      self.label = label
    }
  }

  /// The zone's name.
  public var zone: String
  /// The region's data centres it stretches over; at least one.
  public var dataCenters: [String]
  /// Who may be placed on it.
  public var privacy: Privacy
  /// The projects a dedicated cluster belongs to.
  public var projects: [String]
  /// Who runs it.
  public var management: Management
  /// Whether it stands outside the ministry (an external cluster fit for the data).
  public var external: Bool
  /// What the agent may do there.
  public var mode: Mode
  /// Stages it admits: `dev`, `staging`, `integration`, `prod`.
  public var stages: [String]
  /// Declared capacity.
  public var capacity: ResourceList
  /// Whether what an agent measures bounds what is declared; it does not unless said otherwise.
  public var capacitySource: CapacitySource?
  /// How the console knows it.
  public var console: Console?
  /// Whether it takes placements; the region's state holds as well.
  public var state: RegionSpec.State
  /// Marks that keep placements away.
  public var taints: [Taint]

  /// A cluster.
  public init(
    zone: String, dataCenters: [String], privacy: Privacy = .public, projects: [String] = [],
    management: Management = .operator, external: Bool = false, mode: Mode = .own, stages: [String],
    capacity: ResourceList, capacitySource: CapacitySource? = nil, console: Console? = nil,
    state: RegionSpec.State = .open, taints: [Taint] = []
  ) {
    self.zone = zone
    self.dataCenters = dataCenters
    self.privacy = privacy
    self.projects = projects
    self.management = management
    self.external = external
    self.mode = mode
    self.stages = stages
    self.capacity = capacity
    self.capacitySource = capacitySource
    self.console = console
    self.state = state
    self.taints = taints
  }
}
