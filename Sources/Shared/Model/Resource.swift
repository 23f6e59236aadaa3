public import Foundation

/// The API group and version of every resource.
public let apiVersion = "regie.cloud-pi-native.fr/v1"

/// The kinds of the API, in the order in which they must be applied: a kind refers only to kinds before it.
public enum Kind: String, Codable, Sendable, CaseIterable {
  case `operator` = "Operator"
  case chain = "Chain"
  case region = "Region"
  case zone = "Zone"
  case cluster = "Cluster"
  case policy = "Policy"
  case project = "Project"
  case derogation = "Derogation"
  case placement = "Placement"
  case migration = "Migration"
  case flowRequest = "FlowRequest"

  /// The lower-case plural of the HTTP paths and of `regie get`.
  public var plural: String {
    switch self {
    case .operator: "operators"
    case .chain: "chains"
    case .region: "regions"
    case .zone: "zones"
    case .cluster: "clusters"
    case .policy: "policies"
    case .project: "projects"
    case .derogation: "derogations"
    case .placement: "placements"
    case .migration: "migrations"
    case .flowRequest: "flowrequests"
    }
  }

  /// Finds a kind by its name, singular or plural, in any case, as people type it.
  public init?(spelled text: String) {
    let wanted = text.lowercased()
    guard let kind = Self.allCases.first(where: { $0.plural == wanted || $0.rawValue.lowercased() == wanted })
    else { return nil }
    self = kind
  }
}

/// What is common to all resources. `uid`, `generation`, `resourceVersion` and `creationTimestamp` belong to the server.
public struct Metadata: Codable, Sendable, Hashable {
  /// Unique per kind; a DNS label (RFC 1123), at most 63 characters.
  public var name: String
  /// Minted by the server at creation.
  public var uid: UUID?
  /// Kubernetes labels; selectors may use them as attributes.
  public var labels: [String: String]
  /// Free text for people and tools; never used in a decision.
  public var annotations: [String: String]
  /// Counts the changes of `spec`, from 1.
  public var generation: Int64?
  /// Changes with every write; the value of the `ETag`.
  public var resourceVersion: String?
  /// When the server first saw the resource.
  public var creationTimestamp: Date?

  /// Metadata as a client writes it.
  public init(name: String, labels: [String: String] = [:], annotations: [String: String] = [:]) {
    self.name = name
    self.labels = labels
    self.annotations = annotations
  }
}

/// What a kind says in its `spec`.
public protocol ResourceSpec: Codable, Sendable, Hashable {
  /// The kind that this is the spec of.
  static var kind: Kind { get }
  /// Everything wrong with the value by itself, each with its path below `spec`. References to other resources are
  /// checked where those are known.
  func validate(_ check: inout Validation)
}

/// A resource: Kubernetes-shaped, in YAML or JSON.
public struct Resource<Spec: ResourceSpec>: Codable, Sendable, Hashable {
  /// Always ``Model/apiVersion``.
  public var apiVersion: String
  /// The kind of `Spec`.
  public var kind: Kind
  /// Name, labels, and what the server adds.
  public var metadata: Metadata
  /// What is wanted.
  public var spec: Spec

  /// A resource of the kind that `Spec` belongs to.
  public init(metadata: Metadata, spec: Spec) {
    self.apiVersion = Model.apiVersion
    self.kind = Spec.kind
    self.metadata = metadata
    self.spec = spec
  }

  /// A resource with a name and nothing else in its metadata.
  public init(_ name: String, _ spec: Spec) {
    self.init(metadata: Metadata(name: name), spec: spec)
  }

  /// The name within the kind.
  public var name: String { metadata.name }
}
