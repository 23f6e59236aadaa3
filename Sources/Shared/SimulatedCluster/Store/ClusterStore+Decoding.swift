extension ClusterStore {
  /// A body as an object of a kind, in the namespace and under the name of its URL.
  static func decode(
    _ body: JSONValue, kind: ResourceKind, namespace: String, name: String? = nil, isApplied: Bool = false
  ) throws(StatusError) -> JSONValue {
    guard case .object = body else {
      throw .badRequest("the object provided is unrecognized (must be of type \(kind.kind)): a JSON object is needed")
    }
    if kind.isCustom, let missing = ["apiVersion", "kind"].first(where: { body[$0] == nil }) {
      throw .badRequest("Object '\(missing)' is missing: it must be given for a kind that is not the server's own")
    }
    let given = (version: body["apiVersion"]?.text ?? kind.apiVersion, kind: body["kind"]?.text ?? kind.kind)
    guard given == (kind.apiVersion, kind.kind) else {
      throw .badRequest(
        "\(given.kind) in version \"\(given.version)\" cannot be handled as a \(kind.kind): "
          + "\(kind.apiVersion) \(kind.kind) is needed here")
    }
    var object = try typed(body, kind: kind, keepsEmptyLists: isApplied)
    let metadata = object["metadata"] ?? [:]
    if let inner = metadata["namespace"]?.text, !inner.isEmpty, inner != namespace {
      throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
    }
    if let name, let inner = metadata["name"]?.text, inner != name {
      throw .badRequest("the name of the object (\(inner)) does not match the name on the URL (\(name))")
    }
    if let name { object[path: ["metadata", "name"]] = .string(name) }
    if kind.isNamespaced { object[path: ["metadata", "namespace"]] = .string(namespace) }
    object["apiVersion"] = .string(kind.apiVersion)
    object["kind"] = .string(kind.kind)
    try refuseWhatIsNotSimulated(object, kind: kind)
    return object
  }

  /// The value in the shape of the kind.
  static func typed(
    _ value: JSONValue, kind: ResourceKind, keepsEmptyLists: Bool = false
  ) throws(StatusError) -> JSONValue {
    do {
      return try kind.schema.decoded(value, keepsEmptyLists: keepsEmptyLists) ?? [:]
    } catch {
      throw .badRequest(
        "\(kind.kind) in version \"\(kind.apiVersion)\" cannot be handled as a \(kind.kind): "
          + "\(error.path): \(error.message)")
    }
  }

  /// Names an object that is to be created.
  func name(_ object: inout JSONValue, kind: ResourceKind) throws(StatusError) {
    let metadata = object["metadata"] ?? [:]
    if let name = metadata["name"]?.text, !name.isEmpty { return }
    guard let prefix = metadata["generateName"]?.text, !prefix.isEmpty else {
      let cause = StatusError.Cause(
        reason: "FieldValueRequired", message: "Required value: name or generateName is required",
        field: "metadata.name")
      throw .invalid(kind: kind.kind, group: kind.group, name: "", [cause])
    }
    object[path: ["metadata", "name"]] = .string(prefix.prefix(58) + identity.suffix())
  }

  static func validate(_ object: JSONValue, kind: ResourceKind, name: String) throws(StatusError) {
    let causes = Validation.causes(object, kind: kind)
    if !causes.isEmpty { throw .invalid(kind: kind.kind, group: kind.group, name: name, causes) }
  }

  /// What an update may not change.
  static func validateChange(
    from live: JSONValue, to new: JSONValue, kind: ResourceKind, name: String
  ) throws(StatusError) {
    var causes: [StatusError.Cause] = []
    let forbidden = { (field: String, why: String) in
      StatusError.Cause(reason: "FieldValueForbidden", message: "Forbidden: \(why)", field: field)
    }
    if kind == .resourceQuota {
      let scopes = new[path: ["spec", "scopes"]]?.texts ?? []
      if Set(scopes) != Set(live[path: ["spec", "scopes"]]?.texts ?? []) {
        causes.append(
          Validation.wrong("spec.scopes", JSONWriter.text(.array(scopes.map { .string($0) })), "field is immutable"))
      }
    }
    if kind == .configMap, live["immutable"] == true {
      if new["immutable"] != true {
        causes.append(forbidden("immutable", "field is immutable when `immutable` is set"))
      }
      for field in ["data", "binaryData"] where new[field] != live[field] {
        causes.append(forbidden(field, "field is immutable when `immutable` is set"))
      }
    }
    if live[path: ["metadata", "deletionTimestamp"]] != nil {
      let before = live[path: ["metadata", "finalizers"]]?.texts ?? []
      let added = (new[path: ["metadata", "finalizers"]]?.texts ?? []).filter { !before.contains($0) }
      if !added.isEmpty {
        let list = added.map { JSONWriter.text(.string($0)) }.joined(separator: ", ")
        causes.append(
          forbidden(
            "metadata.finalizers",
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}"))
      }
    }
    if !causes.isEmpty { throw .invalid(kind: kind.kind, group: kind.group, name: name, causes) }
  }

  /// Fields whose meaning is not simulated are refused rather than kept without effect.
  private static func refuseWhatIsNotSimulated(_ object: JSONValue, kind: ResourceKind) throws(StatusError) {
    guard kind == .resourceQuota else { return }
    if let scope = QuotaScopes(quota: object).names.first(where: { !QuotaScopes.known.contains($0) }) {
      throw .notSimulated("the quota scope \(scope)")
    }
  }
}
