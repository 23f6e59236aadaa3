internal import Foundation
internal import Kubernetes

/// What is decoded of a watched object: enough to compare it with what is wanted, and no more.
struct LiveProjection: Decodable, Sendable {
  struct Metadata: Decodable, Sendable {
    var labels: [String: String]?
    var annotations: [String: String]?
    var deletionTimestamp: String?
    var managedFields: [Writer]?
  }

  struct Writer: Decodable, Sendable {
    var manager: String?
    var operation: String?
    var time: String?
    var subresource: String?
    var fields: ObjectTree?

    private enum Keys: String, CodingKey {
      case manager, operation, time, subresource, fieldsV1
    }

    /// The fields of those only that may have changed something by hand: as a rule of nobody, so that what is watched stays small.
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Keys.self)
      manager = try container.decodeIfPresent(String.self, forKey: .manager)
      operation = try container.decodeIfPresent(String.self, forKey: .operation)
      time = try container.decodeIfPresent(String.self, forKey: .time)
      subresource = try container.decodeIfPresent(String.self, forKey: .subresource)
      guard LiveObject.isOther(manager, through: subresource, than: Labels.fieldManager) else { return }
      fields = try container.decodeIfPresent(ObjectTree.self, forKey: .fieldsV1)
    }

    /// Whether it is the agent, by its applies.
    var isOurApply: Bool { manager == Labels.fieldManager && operation == "Apply" }

    var withoutFields: Self {
      var writer = self
      writer.fields = nil
      return writer
    }
  }

  struct Status: Decodable, Sendable {
    struct Condition: Decodable, Sendable {
      var type: String?
      var status: String?
      var message: String?
    }

    var hard: [String: String]?
    var used: [String: String]?
    var conditions: [Condition]?

    /// What the conditions that hold say; nil where none does.
    var hindrance: String? {
      let told = (conditions ?? []).filter { $0.status == "True" }.map { condition in
        "\(condition.type ?? ""): \((condition.message ?? "").cut(to: DriftLog.longestValue))"
      }
      return told.isEmpty ? nil : told.sorted().joined(separator: "; ")
    }
  }

  private enum Keys: String, CodingKey {
    case metadata, spec, status
  }

  var metadata: Metadata
  var spec: ObjectTree?
  var status: Status?

  /// A Namespace's spec holds finalizers that are not ours and is not kept, nor is its status, but for what holds its deletion
  /// up.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    metadata = try container.decode(Metadata.self, forKey: .metadata)
    // Others' may be large, and are none of ours.
    metadata.annotations = metadata.annotations?.filter { $0.key.hasPrefix(Labels.prefix) }
    // Whose fields are whose is asked of what the agent applied only.
    if !isApplied { metadata.managedFields = metadata.managedFields?.map(\.withoutFields) }
    spec = try container.decodeIfPresent(ObjectTree.self, forKey: .spec)
    status = try? container.decodeIfPresent(Status.self, forKey: .status)
    if metadata.deletionTimestamp == nil { status?.conditions = nil }
  }

  /// Whether the agent has applied it once, whatever marks were taken off since.
  var isApplied: Bool { (metadata.managedFields ?? []).contains(where: \.isOurApply) }

  func live(_ kind: ManagedKind, _ identity: ObjectIdentity) -> LiveObject {
    LiveObject(
      ref: Self.ref(kind, namespace: identity.namespace, name: identity.name), uid: identity.uid,
      resourceVersion: identity.resourceVersion, isTerminating: metadata.deletionTimestamp != nil,
      labels: metadata.labels ?? [:], annotations: metadata.annotations ?? [:], spec: kind == .namespace ? nil : spec,
      statusHard: status?.hard ?? [:], statusUsed: status?.used ?? [:],
      writers: (metadata.managedFields ?? []).map {
        LiveObject.Writer(
          manager: $0.manager ?? "", operation: $0.operation ?? "", time: $0.time, subresource: $0.subresource,
          fields: $0.fields)
      }, hindrance: status?.hindrance)
  }

  static func ref(_ kind: ManagedKind, namespace: String?, name: String) -> ObjectRef {
    ObjectRef(kind: kind, namespace: namespace ?? name, name: name)
  }
}

extension ManagedKind {
  var resource: APIResource {
    switch self {
    case .namespace: .namespaces
    case .resourceQuota: .resourceQuotas
    case .limitRange: .limitRanges
    case .networkPolicy: .networkPolicies
    }
  }
}

extension ObjectRef {
  var path: ObjectPath {
    ObjectPath(kind.resource, name, in: kind == .namespace ? nil : namespace)
  }

  var key: ObjectKey {
    ObjectKey(namespace: kind == .namespace ? nil : namespace, name: name)
  }
}
