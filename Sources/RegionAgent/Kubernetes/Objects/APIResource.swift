/// A kind of object as the API's addresses know it.
public struct APIResource: Sendable, Hashable {
  /// The API group; empty for the core group.
  public let group: String
  /// The version within the group, as `v1`.
  public let version: String
  /// The name in addresses, as `resourcequotas`.
  public let plural: String
  /// The name in bodies, as `ResourceQuota`.
  public let kind: String
  /// Whether objects live in a namespace.
  public let isNamespaced: Bool

  /// A resource.
  public init(group: String, version: String, plural: String, kind: String, isNamespaced: Bool) {
    self.group = group
    self.version = version
    self.plural = plural
    self.kind = kind
    self.isNamespaced = isNamespaced
  }

  /// What bodies carry: `v1`, `networking.k8s.io/v1`.
  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  private init(core plural: String, kind: String, isNamespaced: Bool = true) {
    self.init(group: "", version: "v1", plural: plural, kind: kind, isNamespaced: isNamespaced)
  }

  /// Namespaces.
  public static let namespaces = APIResource(core: "namespaces", kind: "Namespace", isNamespaced: false)
  /// Resource quotas.
  public static let resourceQuotas = APIResource(core: "resourcequotas", kind: "ResourceQuota")
  /// Limit ranges.
  public static let limitRanges = APIResource(core: "limitranges", kind: "LimitRange")
  /// Network policies.
  public static let networkPolicies = APIResource(
    group: "networking.k8s.io", version: "v1", plural: "networkpolicies", kind: "NetworkPolicy", isNamespaced: true)
  /// Config maps.
  public static let configMaps = APIResource(core: "configmaps", kind: "ConfigMap")
  /// Events of the core group.
  public static let events = APIResource(core: "events", kind: "Event")
  /// Nodes.
  public static let nodes = APIResource(core: "nodes", kind: "Node", isNamespaced: false)
  /// Pods.
  public static let pods = APIResource(core: "pods", kind: "Pod")
  /// Claims to persistent volumes.
  public static let persistentVolumeClaims = APIResource(
    core: "persistentvolumeclaims", kind: "PersistentVolumeClaim")
  /// Argo CD's Applications.
  public static let applications = APIResource(
    group: "argoproj.io", version: "v1alpha1", plural: "applications", kind: "Application", isNamespaced: true)
}

extension APIResource {
  /// The address of all objects, or of those in one namespace.
  func address(in namespace: String?) -> String {
    let root = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
    guard isNamespaced, let namespace else { return "\(root)/\(plural)" }
    return "\(root)/namespaces/\(URLText.escaped(namespace))/\(plural)"
  }
}
