/// Where one object lives on a server.
public struct ObjectPath: Sendable, Hashable, CustomStringConvertible {
  /// Its kind.
  public var resource: APIResource
  /// Its namespace; nil for objects of the whole cluster.
  public var namespace: String?
  /// Its name.
  public var name: String

  /// A path; the namespace of a resource that has none is dropped.
  public init(_ resource: APIResource, _ name: String, in namespace: String? = nil) {
    self.resource = resource
    self.name = name
    self.namespace = resource.isNamespaced ? namespace : nil
  }

  /// `resourcequotas/regie-quota in team-a`.
  public var description: String {
    "\(resource.plural)/\(name)" + (namespace.map { " in \($0)" } ?? "")
  }

  var address: String { "\(resource.address(in: namespace))/\(URLText.escaped(name))" }
}

/// What tells an object from the others of its kind at one moment.
public struct ObjectKey: Sendable, Hashable, CustomStringConvertible {
  /// The namespace; nil for objects of the whole cluster.
  public var namespace: String?
  /// The name.
  public var name: String

  /// A key.
  public init(namespace: String? = nil, name: String) {
    self.namespace = namespace
    self.name = name
  }

  /// `team-a/regie-quota`.
  public var description: String { namespace.map { "\($0)/\(name)" } ?? name }
}

/// What every stored object has, whatever its kind.
public struct ObjectIdentity: Sendable, Hashable, Codable {
  /// The namespace; nil for objects of the whole cluster.
  public var namespace: String?
  /// The name.
  public var name: String
  /// Differs between an object and a later one of the same name.
  public var uid: String
  /// Differs after each write; opaque.
  public var resourceVersion: String

  /// An identity.
  public init(namespace: String? = nil, name: String, uid: String, resourceVersion: String) {
    self.namespace = namespace
    self.name = name
    self.uid = uid
    self.resourceVersion = resourceVersion
  }

  /// Namespace and name.
  public var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
}
