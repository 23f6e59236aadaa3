/// What a caller would like to do.
public struct ResourceAttributes: Sendable, Hashable, Codable {
  /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, or `*`.
  public var verb: String
  /// The plural, as `resourcequotas`.
  public var resource: String
  /// The API group; empty for the core group.
  public var group: String
  /// The namespace; nil for all, or for objects of the whole cluster.
  public var namespace: String?
  /// The object; nil for any.
  public var name: String?
  /// The subresource, as `status`.
  public var subresource: String?

  /// A wish.
  public init(
    verb: String, resource: String, group: String = "", namespace: String? = nil, name: String? = nil,
    subresource: String? = nil
  ) {
    self.verb = verb
    self.resource = resource
    self.group = group
    self.namespace = namespace
    self.name = name
    self.subresource = subresource
  }
}

/// Whether the caller may.
public struct AccessReview: Sendable, Hashable, Decodable {
  /// Whether some rule allows it.
  public var allowed: Bool
  /// Whether some authorizer forbids it, whatever others say.
  public var denied: Bool
  /// Why, for people.
  public var reason: String?

  private enum CodingKeys: CodingKey { case allowed, denied, reason }

  /// Decodes a review; what is absent is false.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    allowed = try container.decodeIfPresent(Bool.self, forKey: .allowed) ?? false
    denied = try container.decodeIfPresent(Bool.self, forKey: .denied) ?? false
    reason = try container.decodeIfPresent(String.self, forKey: .reason)
  }
}

/// The version of an API server.
public struct ServerVersion: Sendable, Hashable, Decodable {
  /// As `1`.
  public var major: String
  /// As `20`, or `20+`.
  public var minor: String
  /// As `v1.20.2`.
  public var gitVersion: String
  /// As `linux/amd64`.
  public var platform: String?
}

extension KubernetesClient {
  /// Asks whether this client may do something.
  public func selfSubjectAccessReview(
    _ attributes: ResourceAttributes, timeout: Duration? = nil
  ) async throws -> AccessReview {
    struct Spec: Encodable { var resourceAttributes: ResourceAttributes }
    struct Review: Encodable { var spec: Spec }
    struct Answer: Decodable { var status: AccessReview }
    let resource = APIResource(
      group: "authorization.k8s.io", version: "v1", plural: "selfsubjectaccessreviews", kind: "SelfSubjectAccessReview",
      isNamespaced: false)
    var call = Call(verb: .create, address: resource.address(in: nil))
    try call.carry(Manifest(resource: resource, body: Review(spec: Spec(resourceAttributes: attributes))))
    return try await send(call, timeout: timeout, as: Answer.self).status
  }

  /// The server's version.
  public func version(timeout: Duration? = nil) async throws -> ServerVersion {
    try await send(Call(verb: .get, address: "/version"), timeout: timeout, as: ServerVersion.self)
  }
}
