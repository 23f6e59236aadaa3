/// Defaults and bounds for the containers, pods and volumes of one namespace.
public struct LimitRange: KubernetesObject, Hashable {
  /// Limit ranges.
  public static let resource = APIResource.limitRanges

  /// Bounds for one type of thing; values are Kubernetes quantities by resource name.
  public struct Item: Sendable, Hashable, Codable {
    /// `Container`, `Pod` or `PersistentVolumeClaim`.
    public var type: String
    /// The least.
    public var min: [String: String]?
    /// The most.
    public var max: [String: String]?
    /// The limit of a container that names none.
    public var `default`: [String: String]?
    /// The request of a container that names none.
    public var defaultRequest: [String: String]?
    /// How many times the request a limit may be.
    public var maxLimitRequestRatio: [String: String]?

    /// Bounds.
    public init(
      type: String, min: [String: String]? = nil, max: [String: String]? = nil, default: [String: String]? = nil,
      defaultRequest: [String: String]? = nil, maxLimitRequestRatio: [String: String]? = nil
    ) {
      self.type = type
      self.min = min
      self.max = max
      self.default = `default`
      self.defaultRequest = defaultRequest
      self.maxLimitRequestRatio = maxLimitRequestRatio
    }
  }

  /// The bounds.
  public struct Spec: Sendable, Hashable, Codable {
    /// One entry per type.
    public var limits: [Item]

    /// Bounds.
    public init(limits: [Item]) { self.limits = limits }
  }

  /// Metadata.
  public var metadata: ObjectMeta
  /// The bounds.
  public var spec: Spec?

  /// A limit range.
  public init(metadata: ObjectMeta, spec: Spec? = nil) {
    self.metadata = metadata
    self.spec = spec
  }
}
