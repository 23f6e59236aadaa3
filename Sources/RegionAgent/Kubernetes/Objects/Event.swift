/// Something that happened to an object, as `kubectl describe` shows it. Times are RFC 3339 text.
public struct Event: KubernetesObject, Hashable {
  /// Events of the core group.
  public static let resource = APIResource.events

  /// The object concerned.
  public struct ObjectReference: Sendable, Hashable, Codable {
    /// Its group and version.
    public var apiVersion: String?
    /// Its kind.
    public var kind: String?
    /// Its namespace, which must be the event's own; an object of the whole cluster has its events in `default`.
    public var namespace: String?
    /// Its name.
    public var name: String?
    /// Its uid.
    public var uid: String?

    /// A reference.
    public init(
      apiVersion: String? = nil, kind: String? = nil, namespace: String? = nil, name: String? = nil, uid: String? = nil
    ) {
      self.apiVersion = apiVersion
      self.kind = kind
      self.namespace = namespace
      self.name = name
      self.uid = uid
    }
  }

  /// Who says so.
  public struct Source: Sendable, Hashable, Codable {
    /// The program.
    public var component: String?
    /// Its host.
    public var host: String?

    /// A source.
    public init(component: String? = nil, host: String? = nil) {
      self.component = component
      self.host = host
    }
  }

  /// Metadata.
  public var metadata: ObjectMeta
  /// The object concerned.
  public var involvedObject: ObjectReference
  /// Why, one word in CamelCase.
  public var reason: String?
  /// What, for people; at most 1024 bytes.
  public var message: String?
  /// `Normal` or `Warning`.
  public var type: String?
  /// Who says so.
  public var source: Source?
  /// When it happened first.
  public var firstTimestamp: String?
  /// When it happened last.
  public var lastTimestamp: String?
  /// How often.
  public var count: Int?

  /// An event.
  public init(
    metadata: ObjectMeta, involvedObject: ObjectReference, reason: String? = nil, message: String? = nil,
    type: String? = nil, source: Source? = nil, firstTimestamp: String? = nil, lastTimestamp: String? = nil,
    count: Int? = nil
  ) {
    self.metadata = metadata
    self.involvedObject = involvedObject
    self.reason = reason
    self.message = message
    self.type = type
    self.source = source
    self.firstTimestamp = firstTimestamp
    self.lastTimestamp = lastTimestamp
    self.count = count
  }
}
