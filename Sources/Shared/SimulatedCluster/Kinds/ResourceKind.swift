/// The kinds this server keeps.
enum ResourceKind: String, CaseIterable, Sendable {
  case namespace = "Namespace"
  case resourceQuota = "ResourceQuota"
  case limitRange = "LimitRange"
  case networkPolicy = "NetworkPolicy"
  case configMap = "ConfigMap"
  case event = "Event"
  case pod = "Pod"
  case persistentVolumeClaim = "PersistentVolumeClaim"
  /// Argo CD's, where its definition is installed.
  case application = "Application"

  var kind: String { rawValue }

  /// The name in URLs.
  var resource: String {
    switch self {
    case .namespace: "namespaces"
    case .resourceQuota: "resourcequotas"
    case .limitRange: "limitranges"
    case .networkPolicy: "networkpolicies"
    case .configMap: "configmaps"
    case .event: "events"
    case .pod: "pods"
    case .persistentVolumeClaim: "persistentvolumeclaims"
    case .application: "applications"
    }
  }

  /// Empty for the core group.
  var group: String {
    switch self {
    case .networkPolicy: "networking.k8s.io"
    case .application: "argoproj.io"
    default: ""
    }
  }

  var apiVersion: String { group.isEmpty ? "v1" : "\(group)/\(Route.version(of: group))" }

  /// Whether a CustomResourceDefinition makes it, and not the server itself.
  var isCustom: Bool { self == .application }

  /// The name in quota items and error messages: `networkpolicies.networking.k8s.io`, `configmaps`.
  var qualifiedResource: String { group.isEmpty ? resource : "\(resource).\(group)" }

  var isNamespaced: Bool { self != .namespace }

  var shortNames: [String] {
    switch self {
    case .namespace: ["ns"]
    case .resourceQuota: ["quota"]
    case .limitRange: ["limits"]
    case .networkPolicy: ["netpol"]
    case .configMap: ["cm"]
    case .event: ["ev"]
    case .pod: ["po"]
    case .persistentVolumeClaim: ["pvc"]
    case .application: ["app", "apps"]
    }
  }

  /// Whether quotas count it under its own name, beside `count/…`.
  var isCountedByName: Bool { self == .configMap || self == .resourceQuota || self == .persistentVolumeClaim }

  /// Whether `PUT` on an absent object creates it.
  var allowsCreateOnUpdate: Bool { self == .limitRange || self == .event }

  var hasStatus: Bool { self == .namespace || self == .resourceQuota || self == .pod || self == .persistentVolumeClaim }

  var subresources: [Subresource] {
    switch self {
    case .namespace: [.status, .finalize]
    case .resourceQuota: [.status]
    default: []
    }
  }

  static func named(_ resource: String, group: String) -> ResourceKind? {
    allCases.first { $0.resource == resource && $0.group == group }
  }
}

/// A part of an object with its own URL.
enum Subresource: String, Sendable {
  case status
  case finalize
}
