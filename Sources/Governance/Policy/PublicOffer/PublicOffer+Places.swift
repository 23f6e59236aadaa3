public import Model

extension PublicOffer {
  /// Who runs regions.
  public struct Operator: Codable, Sendable, Hashable {
    /// The name that others refer to.
    public var name: String
    /// The name people know.
    public var displayName: String
    /// Whether flows open by themselves; absent where they open by hand, within the delay of the policy.
    public var flowOpening: OperatorSpec.FlowOpening?

    init(_ resource: Resource<OperatorSpec>) {
      name = resource.name
      displayName = resource.spec.displayName
      // What an operator that says nothing does is no less said by saying it.
      flowOpening = resource.spec.flowOpening.flatMap { $0 == OperatorSpec.FlowOpening(mode: .manual) ? nil : $0 }
    }
  }

  /// A region.
  public struct Region: Codable, Sendable, Hashable {
    /// The name that others refer to.
    public var name: String
    /// The name people know.
    public var displayName: String?
    /// Who runs it.
    public var `operator`: String
    /// Where it is.
    public var location: RegionSpec.Location
    /// How many data centres it has.
    public var dataCenters: Int
    /// With their dates.
    public var qualifications: [RegionSpec.Qualification]
    /// What is on offer there.
    public var services: [RegionSpec.Service]
    /// The networks that it reaches.
    public var interconnections: [String]
    /// Who may use it.
    public var audience: Audience
    /// Whether it takes placements.
    public var state: RegionSpec.State

    init(_ resource: Resource<RegionSpec>) {
      let spec = resource.spec
      name = resource.name
      displayName = spec.displayName
      `operator` = spec.operator
      location = spec.location
      dataCenters = Set(spec.dataCenters.map(\.name)).count
      qualifications = Set(spec.qualifications.map(\.bare)).sorted {
        Self.key($0).lexicographicallyPrecedes(Self.key($1))
      }
      services = Set(spec.services).sorted { ($0.name, $0.version ?? "") < ($1.name, $1.version ?? "") }
      interconnections = spec.interconnections.arranged
      audience = spec.audience.arranged
      state = spec.state
    }

    private static func key(_ qualification: RegionSpec.Qualification) -> [String] {
      [
        qualification.name, qualification.validFrom?.description ?? "", qualification.validUntil?.description ?? "~",
      ]
    }
  }

  /// A zone.
  public struct Zone: Codable, Sendable, Hashable {
    /// The console's own name of it.
    public var slug: String
    /// Its region.
    public var region: String
    /// What it hosts.
    public var sensitivity: Sensitivity
    /// The chain that delivers there.
    public var chain: String?
    /// How many clusters are for everybody.
    public var shared: Int
    /// How many are some projects' own.
    public var dedicated: Int
    /// What its shared clusters admit.
    public var stages: [String]

    init(_ resource: Resource<ZoneSpec>, _ clusters: [Resource<ClusterSpec>]) {
      slug = resource.spec.slug
      region = resource.spec.region
      sensitivity = resource.spec.sensitivity
      chain = resource.spec.chain
      let open = clusters.filter { $0.spec.privacy == .public }
      shared = open.count
      dedicated = clusters.count - open.count
      // Of a DR zone everybody is told that it is there, and no more.
      stages = resource.spec.sensitivity == .usuel ? open.flatMap(\.spec.stages).arranged : []
    }
  }

  /// A cluster that is for everybody, in a zone that is not *DR*.
  public struct Cluster: Codable, Sendable, Hashable {
    /// The name that others refer to.
    public var name: String
    /// The console's name of it.
    public var label: String?
    /// The slug of its zone.
    public var zone: String
    /// Who runs it.
    public var management: ClusterSpec.Management
    /// Whether it stands outside the ministry.
    public var external: Bool
    /// The stages it admits.
    public var stages: [String]
    /// What its operator declares.
    public var capacity: ResourceList
    /// Whether it takes placements.
    public var state: RegionSpec.State

    init(_ resource: Resource<ClusterSpec>, zone: String) {
      let spec = resource.spec
      name = resource.name
      label = spec.console?.label
      self.zone = zone
      management = spec.management
      external = spec.external
      stages = spec.stages.arranged
      capacity = spec.capacity.arranged.withoutNone
      state = spec.state
    }
  }

  /// A secondary chain.
  public struct Chain: Codable, Sendable, Hashable {
    /// The name that others refer to.
    public var name: String
    /// The operator that keeps it.
    public var `operator`: String?
    /// The name people know.
    public var displayName: String
    /// What it may deliver to.
    public var sensitivities: [Sensitivity]
    /// The regions it may deliver to.
    public var regions: [String]
    /// Who may use it.
    public var audience: Audience

    init(_ resource: Resource<ChainSpec>) {
      name = resource.name
      `operator` = resource.spec.operator
      displayName = resource.spec.displayName
      sensitivities = resource.spec.sensitivities.arranged
      regions = resource.spec.regions.arranged
      audience = resource.spec.audience.arranged
    }
  }
}
