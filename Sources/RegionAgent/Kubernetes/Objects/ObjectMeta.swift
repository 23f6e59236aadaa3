/// The metadata of an object. Times are RFC 3339 text.
public struct ObjectMeta: Sendable, Hashable, Codable {
  /// The name.
  public var name: String?
  /// The namespace.
  public var namespace: String?
  /// The start of a name that the server completes.
  public var generateName: String?
  /// Differs between an object and a later one of the same name.
  public var uid: String?
  /// Differs after each write; opaque.
  public var resourceVersion: String?
  /// Grows with each change of the spec.
  public var generation: Int?
  /// Labels.
  public var labels: [String: String]?
  /// Annotations.
  public var annotations: [String: String]?
  /// When the object was made.
  public var creationTimestamp: String?
  /// When deletion was asked for.
  public var deletionTimestamp: String?
  /// Who must let go before the object disappears.
  public var finalizers: [String]?
  /// What the object belongs to.
  public var ownerReferences: [OwnerReference]?
  /// Who wrote which fields.
  public var managedFields: [ManagedFieldsEntry]?

  /// Metadata as a client writes it; the rest is the server's.
  public init(
    name: String? = nil, namespace: String? = nil, generateName: String? = nil, resourceVersion: String? = nil,
    labels: [String: String]? = nil, annotations: [String: String]? = nil, finalizers: [String]? = nil,
    ownerReferences: [OwnerReference]? = nil
  ) {
    self.name = name
    self.namespace = namespace
    self.generateName = generateName
    self.resourceVersion = resourceVersion
    self.labels = labels
    self.annotations = annotations
    self.finalizers = finalizers
    self.ownerReferences = ownerReferences
  }

  /// The field managers that own the field at `path`, as `["spec", "hard", "pods"]`.
  public func managers(of path: [String]) -> [String] {
    (managedFields ?? []).filter { $0.owns(path) }.map(\.manager)
  }
}

/// An object that another belongs to.
public struct OwnerReference: Sendable, Hashable, Codable {
  /// The owner's group and version.
  public var apiVersion: String
  /// The owner's kind.
  public var kind: String
  /// The owner's name.
  public var name: String
  /// The owner's uid.
  public var uid: String
  /// Whether the owner manages the object.
  public var controller: Bool?

  /// A reference.
  public init(apiVersion: String, kind: String, name: String, uid: String, controller: Bool? = nil) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.name = name
    self.uid = uid
    self.controller = controller
  }
}
