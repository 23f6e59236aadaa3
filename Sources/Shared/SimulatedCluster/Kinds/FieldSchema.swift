/// The shape of a field: what its JSON must look like and how server-side apply treats it.
indirect enum FieldSchema: Sendable {
  /// How a list is merged by server-side apply.
  enum ListKind: Sendable {
    case atomic
    case set
    case keyed([String])
  }

  case string
  case integer
  case boolean
  case quantity
  case integerOrString
  /// Anything, kept as it came and owned as one field.
  case opaque
  case list(FieldSchema, ListKind)
  case map(FieldSchema)
  case structure([String: FieldSchema])
  /// A structure or map owned as one field.
  case atomic(FieldSchema)
}

extension FieldSchema {
  static let stringMap = FieldSchema.map(.string)
  static let quantityMap = FieldSchema.map(.quantity)
  static let stringList = FieldSchema.list(.string, .atomic)

  /// Atomic in the API servers that carry `x-kubernetes-map-type: atomic`, as all since 1.20 do.
  static let labelSelector = FieldSchema.atomic(
    .structure([
      "matchLabels": .stringMap,
      "matchExpressions": .list(.structure(["key": .string, "operator": .string, "values": .stringList]), .atomic),
    ]))

  static let objectReference: [String: FieldSchema] = [
    "kind": .string, "namespace": .string, "name": .string, "uid": .string, "apiVersion": .string,
    "resourceVersion": .string, "fieldPath": .string,
  ]

  static let metadata = FieldSchema.structure([
    "name": .string, "generateName": .string, "namespace": .string, "selfLink": .string, "uid": .string,
    "resourceVersion": .string, "generation": .integer, "creationTimestamp": .string, "deletionTimestamp": .string,
    "deletionGracePeriodSeconds": .integer, "labels": .stringMap, "annotations": .stringMap,
    "finalizers": .list(.string, .set), "clusterName": .string,
    "ownerReferences": .list(
      .structure([
        "apiVersion": .string, "kind": .string, "name": .string, "uid": .string, "controller": .boolean,
        "blockOwnerDeletion": .boolean,
      ]), .keyed(["uid"])),
    "managedFields": .list(.opaque, .atomic),
  ])
}
