/// A config map; its data and keys are at most 1 MiB in all.
public struct ConfigMap: KubernetesObject, Hashable {
  /// Config maps.
  public static let resource = APIResource.configMaps

  /// Metadata.
  public var metadata: ObjectMeta
  /// Text by key.
  public var data: [String: String]?
  /// Whether the data may never change.
  public var immutable: Bool?

  /// A config map.
  public init(metadata: ObjectMeta, data: [String: String]? = nil, immutable: Bool? = nil) {
    self.metadata = metadata
    self.data = data
    self.immutable = immutable
  }
}
