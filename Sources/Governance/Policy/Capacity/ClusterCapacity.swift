public import Model

/// The capacity of one cluster, and where it is.
public struct ClusterCapacity: Sendable, Hashable {
  /// What may be promised when something of one stage is added, and what is promised to that stage.
  public struct Stage: Codable, Sendable, Hashable {
    /// The stage.
    public var stage: String
    /// The most that may be promised in all, whatever the stages of the rest.
    public var limit: ResourceAmounts
    /// What is promised to this stage.
    public var committed: ResourceAmounts
    /// What may still be promised to it.
    public var headroom: ResourceAmounts

    /// A stage.
    ///
    /// - Parameter all: what is promised to all stages together.
    public init(stage: String, limit: ResourceAmounts, committed: ResourceAmounts, all: ResourceAmounts) {
      self.stage = stage
      self.limit = limit
      self.committed = committed
      headroom = limit.over(all)
    }
  }

  /// The cluster's name.
  public var cluster: String
  /// The zone's slug.
  public var zone: String
  /// The region's name.
  public var region: String
  /// Who runs the region.
  public var `operator`: String
  /// The zone's sensitivity.
  public var sensitivity: Sensitivity
  /// Who may be placed there.
  public var privacy: ClusterSpec.Privacy
  /// The figures.
  public var figures: CapacityFigures
  /// The same for each stage that the cluster admits, in the order of names.
  public var stages: [Stage]
  /// How many placements it has; nil where that is not known, or not for whoever asks.
  public var placements: Int64?
  /// Of how many of them an agent has said what is in use.
  public var reporting: Int64?
  /// Of how many of them what the cluster's quota enforces is compared with the ledger.
  public var compared: Int64?

  /// A cluster's capacity.
  public init(
    cluster: String, zone: String, region: String, operator: String, sensitivity: Sensitivity,
    privacy: ClusterSpec.Privacy, figures: CapacityFigures, stages: [Stage], placements: Int64?, reporting: Int64?,
    compared: Int64? = nil
  ) {
    self.cluster = cluster
    self.zone = zone
    self.region = region
    self.operator = `operator`
    self.sensitivity = sensitivity
    self.privacy = privacy
    self.figures = figures
    self.stages = stages
    self.placements = placements
    self.reporting = reporting
    self.compared = compared
  }

  /// Whether everybody may know what is promised of it. Of a *DR* zone, and of a cluster that is some projects' own, that
  /// would be to know what these projects have.
  public var isPublished: Bool { privacy.isPublished(in: sensitivity) }

  /// Without what is the operator's own affair.
  public var published: ClusterCapacity {
    var published = self
    published.figures = figures.published
    published.placements = nil
    published.reporting = nil
    published.compared = nil
    return published
  }
}
