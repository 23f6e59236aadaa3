extension ResourceKind {
  /// The declared fields, metadata and type included.
  var schema: FieldSchema {
    switch self {
    case .namespace: Self.namespaceSchema
    case .resourceQuota: Self.quotaSchema
    case .limitRange: Self.limitRangeSchema
    case .networkPolicy: Self.networkPolicySchema
    case .configMap: Self.configMapSchema
    case .event: Self.eventSchema
    case .pod, .persistentVolumeClaim: Self.opaqueSchema
    case .application: Self.applicationSchema
    }
  }

  /// What Go's zero value of the kind looks like in JSON: structures that are never absent. Creation is compared
  /// with it, so that these structures have no owner of their own.
  var zeroValue: JSONValue {
    switch self {
    case .namespace, .resourceQuota, .pod, .persistentVolumeClaim: ["metadata": [:], "spec": [:], "status": [:]]
    case .limitRange: ["metadata": [:], "spec": [:]]
    case .networkPolicy: ["metadata": [:], "spec": ["podSelector": [:]]]
    case .configMap, .application: ["metadata": [:]]
    case .event:
      [
        "metadata": [:], "involvedObject": [:], "source": [:], "reportingComponent": "", "reportingInstance": "",
      ]
    }
  }

  private static func typed(_ fields: [String: FieldSchema]) -> FieldSchema {
    .structure(fields.merging(["apiVersion": .string, "kind": .string, "metadata": .metadata]) { first, _ in first })
  }

  private static let namespaceSchema = typed([
    "spec": .structure(["finalizers": .stringList]),
    "status": .structure([
      "phase": .string,
      "conditions": .list(
        .structure([
          "type": .string, "status": .string, "lastTransitionTime": .string, "reason": .string, "message": .string,
        ]), .keyed(["type"])),
    ]),
  ])

  private static let quotaSchema = typed([
    "spec": .structure([
      "hard": .quantityMap,
      "scopes": .stringList,
      "scopeSelector": .structure([
        "matchExpressions": .list(
          .structure(["scopeName": .string, "operator": .string, "values": .stringList]), .atomic)
      ]),
    ]),
    "status": .structure(["hard": .quantityMap, "used": .quantityMap]),
  ])

  private static let limitRangeSchema = typed([
    "spec": .structure([
      "limits": .list(
        .structure([
          "type": .string, "max": .quantityMap, "min": .quantityMap, "default": .quantityMap,
          "defaultRequest": .quantityMap, "maxLimitRequestRatio": .quantityMap,
        ]), .atomic)
    ])
  ])

  private static let networkPolicySchema: FieldSchema = {
    let peer = FieldSchema.structure([
      "podSelector": .labelSelector, "namespaceSelector": .labelSelector,
      "ipBlock": .structure(["cidr": .string, "except": .stringList]),
    ])
    let port = FieldSchema.structure(["protocol": .string, "port": .integerOrString, "endPort": .integer])
    let ports = FieldSchema.list(port, .atomic)
    let peers = FieldSchema.list(peer, .atomic)
    return typed([
      "spec": .structure([
        "podSelector": .labelSelector,
        "ingress": .list(.structure(["ports": ports, "from": peers]), .atomic),
        "egress": .list(.structure(["ports": ports, "to": peers]), .atomic),
        "policyTypes": .stringList,
      ])
    ])
  }()

  private static let configMapSchema = typed([
    "data": .stringMap, "binaryData": .stringMap, "immutable": .boolean,
  ])

  private static let eventSchema = typed([
    "involvedObject": .structure(FieldSchema.objectReference), "related": .structure(FieldSchema.objectReference),
    "reason": .string, "message": .string, "source": .structure(["component": .string, "host": .string]),
    "firstTimestamp": .string, "lastTimestamp": .string, "count": .integer, "type": .string, "eventTime": .string,
    "series": .structure(["count": .integer, "lastObservedTime": .string]), "action": .string,
    "reportingComponent": .string, "reportingInstance": .string,
  ])

  /// Of pods only what quotas and limit ranges look at is typed, elsewhere; the rest, and all of a claim, is passed
  /// through.
  private static let opaqueSchema = typed(["spec": .opaque, "status": .opaque])
  private static let applicationSchema = typed(["spec": .opaque, "status": .opaque, "operation": .opaque])
}
