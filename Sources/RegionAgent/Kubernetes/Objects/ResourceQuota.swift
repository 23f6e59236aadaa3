/// A quota of one namespace.
public struct ResourceQuota: KubernetesObject, Hashable {
  /// Resource quotas.
  public static let resource = APIResource.resourceQuotas

  /// The limits asked for.
  public struct Spec: Sendable, Hashable, Codable {
    /// Kubernetes quantities by resource name, as `requests.cpu`.
    public var hard: [String: String]?
    /// Which pods count, as `Terminating`.
    public var scopes: [String]?

    /// Limits.
    public init(hard: [String: String]? = nil, scopes: [String]? = nil) {
      self.hard = hard
      self.scopes = scopes
    }
  }

  /// What the controller manager computed.
  public struct Status: Sendable, Hashable, Codable {
    /// The limits in force; absent until the controller manager has seen the quota.
    public var hard: [String: String]?
    /// What is in use.
    public var used: [String: String]?
  }

  /// Metadata.
  public var metadata: ObjectMeta
  /// The limits asked for.
  public var spec: Spec?
  /// What is in force and in use.
  public var status: Status?

  /// A quota.
  public init(metadata: ObjectMeta, spec: Spec? = nil) {
    self.metadata = metadata
    self.spec = spec
  }
}
