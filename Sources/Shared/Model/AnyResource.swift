/// A resource of any kind, as it comes out of a file that holds several.
public enum AnyResource: Sendable, Hashable {
  case `operator`(Resource<OperatorSpec>)
  case chain(Resource<ChainSpec>)
  case region(Resource<RegionSpec>)
  case zone(Resource<ZoneSpec>)
  case cluster(Resource<ClusterSpec>)
  case policy(Resource<PolicySpec>)
  case project(Resource<ProjectSpec>)
  case derogation(Resource<DerogationSpec>)
  case placement(Resource<PlacementSpec>)
  case migration(Resource<MigrationSpec>)
  case flowRequest(Resource<FlowRequestSpec>)

  /// The kind of the resource inside.
  public var kind: Kind {
    switch self {
    case .operator: .operator
    case .chain: .chain
    case .region: .region
    case .zone: .zone
    case .cluster: .cluster
    case .policy: .policy
    case .project: .project
    case .derogation: .derogation
    case .placement: .placement
    case .migration: .migration
    case .flowRequest: .flowRequest
    }
  }

  /// The metadata of the resource inside.
  public var metadata: Metadata {
    get {
      switch self {
      case .operator(let resource): resource.metadata
      case .chain(let resource): resource.metadata
      case .region(let resource): resource.metadata
      case .zone(let resource): resource.metadata
      case .cluster(let resource): resource.metadata
      case .policy(let resource): resource.metadata
      case .project(let resource): resource.metadata
      case .derogation(let resource): resource.metadata
      case .placement(let resource): resource.metadata
      case .migration(let resource): resource.metadata
      case .flowRequest(let resource): resource.metadata
      }
    }
    set {
      switch self {
      case .operator(var resource):
        resource.metadata = newValue
        self = .operator(resource)
      case .chain(var resource):
        resource.metadata = newValue
        self = .chain(resource)
      case .region(var resource):
        resource.metadata = newValue
        self = .region(resource)
      case .zone(var resource):
        resource.metadata = newValue
        self = .zone(resource)
      case .cluster(var resource):
        resource.metadata = newValue
        self = .cluster(resource)
      case .policy(var resource):
        resource.metadata = newValue
        self = .policy(resource)
      case .project(var resource):
        resource.metadata = newValue
        self = .project(resource)
      case .derogation(var resource):
        resource.metadata = newValue
        self = .derogation(resource)
      case .placement(var resource):
        resource.metadata = newValue
        self = .placement(resource)
      case .migration(var resource):
        resource.metadata = newValue
        self = .migration(resource)
      case .flowRequest(var resource):
        resource.metadata = newValue
        self = .flowRequest(resource)
      }
    }
  }
}
