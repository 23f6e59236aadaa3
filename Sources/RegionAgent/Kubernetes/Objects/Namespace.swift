/// A namespace.
public struct Namespace: KubernetesObject, Hashable {
  /// Namespaces.
  public static let resource = APIResource.namespaces

  /// The phase of a namespace.
  public struct Status: Sendable, Hashable, Codable {
    /// `Active` or `Terminating`.
    public var phase: String?
  }

  /// Metadata.
  public var metadata: ObjectMeta
  /// What the server says.
  public var status: Status?

  /// A namespace.
  public init(metadata: ObjectMeta) { self.metadata = metadata }
}
