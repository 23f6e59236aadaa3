/// What a path means.
enum Route: Equatable {
  /// A collection or an object.
  struct Resource: Equatable {
    var kind: ResourceKind
    /// Nil for cluster-wide kinds and for lists over all namespaces.
    var namespace: String?
    var name: String?
    var part: Subresource?
    /// The old form of watching: `/api/v1/watch/…`.
    var isWatch = false
  }

  case version
  case health
  case openAPI
  case coreVersions
  case groups
  case group(String)
  case resources(group: String)
  case accessReview
  case simulation([String])
  case resource(Resource)
  case unknown

  static let groupNames = ["networking.k8s.io", "authorization.k8s.io", ResourceKind.application.group]

  /// The one version of a group that is served.
  static func version(of group: String) -> String { group == "argoproj.io" ? "v1alpha1" : "v1" }

  init(_ path: [String]) {
    switch path.first {
    case "version" where path.count == 1: self = .version
    case "readyz", "livez", "healthz": self = .health
    case "openapi" where path == ["openapi", "v2"]: self = .openAPI
    case "_sim": self = .simulation(Array(path.dropFirst()))
    case "api": self = Self.core(Array(path.dropFirst()))
    case "apis": self = Self.named(Array(path.dropFirst()))
    default: self = .unknown
    }
  }

  private static func core(_ path: [String]) -> Route {
    guard let version = path.first else { return .coreVersions }
    guard version == "v1" else { return .unknown }
    return path.count == 1 ? .resources(group: "") : resource(Array(path.dropFirst()), group: "")
  }

  private static func named(_ path: [String]) -> Route {
    guard let group = path.first else { return .groups }
    guard groupNames.contains(group) else { return .unknown }
    if path.count == 1 { return .group(group) }
    guard path[1] == version(of: group) else { return .unknown }
    if path.count == 2 { return .resources(group: group) }
    let rest = Array(path.dropFirst(2))
    if group == "authorization.k8s.io" {
      return rest == ["selfsubjectaccessreviews"] ? .accessReview : .unknown
    }
    return resource(rest, group: group)
  }

  private static func resource(_ path: [String], group: String) -> Route {
    var path = path
    let isWatch = path.first == "watch"
    if isWatch { path.removeFirst() }
    var namespace: String?
    if path.first == "namespaces", path.count >= 3, Subresource(rawValue: path[2]) == nil {
      namespace = path[1]
      path.removeFirst(2)
    }
    guard let resource = path.first, let kind = ResourceKind.named(resource, group: group), path.count <= 3,
      kind.isNamespaced || namespace == nil
    else { return .unknown }
    var target = Resource(kind: kind, namespace: namespace, isWatch: isWatch)
    if path.count > 1 { target.name = path[1] }
    if path.count > 2 {
      guard let part = Subresource(rawValue: path[2]), kind.subresources.contains(part) else { return .unknown }
      target.part = part
    }
    if kind.isNamespaced, namespace == nil, target.name != nil { return .unknown }
    return .resource(target)
  }
}
