public import Model
public import Policy

/// The capacity of a cluster. Its figures stand beside the rest.
public struct ClusterCapacityView: Codable, Sendable, Hashable {
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
  /// The same for each stage that it admits, in the order of names.
  public var stages: [ClusterCapacity.Stage]
  /// How many placements it has; absent where that is not for whoever asks.
  public var placements: Int64?
  /// Of how many of them an agent has said what is in use.
  public var reporting: Int64?
  /// Of how many of them what the cluster's quota enforces is compared with the ledger; of the others it is not known.
  public var compared: Int64?

  /// A cluster's capacity.
  public init(_ capacity: ClusterCapacity) {
    cluster = capacity.cluster
    zone = capacity.zone
    region = capacity.region
    `operator` = capacity.operator
    sensitivity = capacity.sensitivity
    privacy = capacity.privacy
    figures = capacity.figures
    stages = capacity.stages
    placements = capacity.placements
    reporting = capacity.reporting
    compared = capacity.compared
  }

  private enum CodingKeys: String, CodingKey {
    case cluster, zone, region, `operator`, sensitivity, privacy, stages, placements, reporting, compared
  }

  /// Decodes a cluster's capacity.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    cluster = try container.decode(String.self, forKey: .cluster)
    zone = try container.decode(String.self, forKey: .zone)
    region = try container.decode(String.self, forKey: .region)
    `operator` = try container.decode(String.self, forKey: .operator)
    sensitivity = try container.decode(Sensitivity.self, forKey: .sensitivity)
    privacy = try container.decode(ClusterSpec.Privacy.self, forKey: .privacy)
    stages = try container.decode([ClusterCapacity.Stage].self, forKey: .stages)
    placements = try container.decodeIfPresent(Int64.self, forKey: .placements)
    reporting = try container.decodeIfPresent(Int64.self, forKey: .reporting)
    compared = try container.decodeIfPresent(Int64.self, forKey: .compared)
    figures = try CapacityFigures(from: decoder)
  }

  /// Encodes it, the figures beside the rest.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(cluster, forKey: .cluster)
    try container.encode(zone, forKey: .zone)
    try container.encode(region, forKey: .region)
    try container.encode(`operator`, forKey: .operator)
    try container.encode(sensitivity, forKey: .sensitivity)
    try container.encode(privacy, forKey: .privacy)
    try container.encode(stages, forKey: .stages)
    try container.encodeIfPresent(placements, forKey: .placements)
    try container.encodeIfPresent(reporting, forKey: .reporting)
    try container.encodeIfPresent(compared, forKey: .compared)
    try figures.encode(to: encoder)
  }
}

/// What some clusters have together. The figures stand beside the rest.
public struct CapacityTotalView: Codable, Sendable, Hashable {
  /// The zone's slug or the region's name; absent for all.
  public var name: String?
  /// How many clusters it is of.
  public var clusters: Int
  /// The sums.
  public var figures: CapacityFigures

  /// A total.
  public init(_ total: CapacityReport.Total) {
    name = total.name
    clusters = total.clusters
    figures = total.figures
  }

  private enum CodingKeys: String, CodingKey {
    case name, clusters
  }

  /// Decodes a total.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decodeIfPresent(String.self, forKey: .name)
    clusters = try container.decode(Int.self, forKey: .clusters)
    figures = try CapacityFigures(from: decoder)
  }

  /// Encodes it, the figures beside the rest.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(name, forKey: .name)
    try container.encode(clusters, forKey: .clusters)
    try figures.encode(to: encoder)
  }
}
