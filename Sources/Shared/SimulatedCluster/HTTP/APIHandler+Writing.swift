extension APIHandler {
  /// The body as JSON.
  ///
  /// - Throws: `StatusError` 415 for another media type, 400 for a body that is no JSON.
  static func json(_ request: APIRequest, types: Set<String> = ["application/json", ""]) throws(StatusError)
    -> JSONValue
  {
    guard types.contains(request.contentType) else {
      throw StatusError(
        code: 415, reason: "UnsupportedMediaType",
        message: "the body of the request was in an unknown format - accepted media types include: "
          + types.filter { !$0.isEmpty }.sorted().joined(separator: ", "))
    }
    do {
      return try JSONParser.parse(request.body)
    } catch {
      throw .badRequest(
        "the object provided is unrecognized: json parse error at byte \(error.offset): \(error.message)")
    }
  }

  private func caller(_ request: APIRequest, options: String) throws(StatusError) -> ClusterStore.Caller {
    let dryRun = request.query["dryRun"] ?? ""
    guard ["", "All"].contains(dryRun) else {
      throw .invalidOption(
        options, field: "dryRun", reason: "FieldValueNotSupported",
        "Unsupported value: []string{\(JSONWriter.text(.string(dryRun)))}: supported values: \"All\"")
    }
    return ClusterStore.Caller(now: now, manager: request.manager, dryRun: dryRun == "All")
  }

  func create(
    _ target: Route.Resource, _ request: APIRequest, store: inout ClusterStore
  ) throws(StatusError) -> APIReply {
    let caller = try caller(request, options: "CreateOptions")
    if target.kind.isNamespaced, target.namespace == nil { throw .methodNotAllowed }
    if target.kind == .pod, !caller.dryRun { throw .notSimulated("the creation of pods without dryRun=All") }
    let body = try Self.json(request)
    let object = try store.create(target.kind, namespace: target.namespace ?? "", body: body, caller: caller)
    return .json(201, object)
  }

  func update(
    _ target: Route.Resource, _ key: ClusterStore.Key, _ request: APIRequest, store: inout ClusterStore
  ) throws(StatusError) -> APIReply {
    let caller = try caller(request, options: "UpdateOptions")
    let body = try Self.json(request)
    let (object, created) = try store.update(target.kind, key, part: target.part, body: body, caller: caller)
    return .json(created ? 201 : 200, object)
  }

  func patch(
    _ target: Route.Resource, _ key: ClusterStore.Key, _ request: APIRequest, store: inout ClusterStore
  ) throws(StatusError) -> APIReply {
    let caller = try caller(request, options: "PatchOptions")
    let applyType = "application/apply-patch+yaml"
    if request.contentType == applyType {
      guard !(request.query["fieldManager"] ?? "").isEmpty else {
        throw .invalidOption(
          "PatchOptions", field: "fieldManager", reason: "FieldValueRequired",
          "Required value: is required for apply patch")
      }
      let body = try Self.json(request, types: [applyType])
      let (object, created) = try store.apply(
        target.kind, key, part: target.part, configuration: body, force: request.flag("force"), caller: caller)
      return .json(created ? 201 : 200, object)
    }
    guard let format = ClusterStore.PatchFormat(rawValue: request.contentType),
      !target.kind.isCustom || format != .strategic
    else {
      throw StatusError(code: 415, reason: "UnsupportedMediaType", message: "415: Unsupported Media Type")
    }
    guard request.query["force"] == nil else {
      throw .invalidOption(
        "PatchOptions", field: "force", reason: "FieldValueForbidden",
        "Forbidden: may not be specified for non-apply patch")
    }
    let body = try Self.json(request, types: [format.rawValue])
    let object = try store.patch(
      target.kind, key, part: target.part, format: format, patch: body, caller: caller)
    return .json(200, object)
  }

  func delete(
    _ target: Route.Resource, _ key: ClusterStore.Key, _ request: APIRequest, store: inout ClusterStore
  ) throws(StatusError) -> APIReply {
    let (caller, preconditions) = try deletion(request)
    switch try store.delete(target.kind, key, preconditions: preconditions, caller: caller) {
    case .pending(let object): return .json(200, object)
    case .gone(let object):
      var details: [String: JSONValue] = ["name": .string(key.name), "kind": .string(target.kind.resource)]
      details["uid"] = object[path: ["metadata", "uid"]]
      if !target.kind.group.isEmpty { details["group"] = .string(target.kind.group) }
      return .json(
        200,
        [
          "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": .object(details),
        ])
    }
  }

  func deleteAll(
    _ target: Route.Resource, _ request: APIRequest, store: inout ClusterStore
  ) throws(StatusError) -> APIReply {
    if target.kind == .pod { throw .notSimulated("the deletion of pods") }
    let (caller, preconditions) = try deletion(request)
    let selection = ClusterStore.Selection(
      kind: target.kind, namespace: target.namespace, labels: try LabelQuery(request.query["labelSelector"] ?? ""),
      fields: try FieldQuery(request.query["fieldSelector"] ?? "", kind: target.kind))
    let listing = try store.list(selection)
    for item in listing.items {
      let key = ClusterStore.Key(
        namespace: item[path: ["metadata", "namespace"]]?.text ?? "",
        name: item[path: ["metadata", "name"]]?.text ?? "")
      _ = try store.delete(target.kind, key, preconditions: preconditions, caller: caller)
    }
    let metadata: [String: JSONValue] = ["resourceVersion": .string(String(listing.revision))]
    return .json(200, Self.list(of: target.kind, listing.items, metadata: metadata))
  }

  /// The options of a deletion, from the query and the body.
  private func deletion(
    _ request: APIRequest
  ) throws(StatusError) -> (ClusterStore.Caller, ClusterStore.Preconditions) {
    var caller = try caller(request, options: "DeleteOptions")
    let body = request.body.isEmpty ? [:] : try Self.json(request)
    let policy = body["propagationPolicy"]?.text ?? request.query["propagationPolicy"] ?? "Background"
    guard policy == "Background" else { throw .notSimulated("propagationPolicy \(policy); accepted: Background") }
    if body["dryRun"]?.texts == ["All"] { caller.dryRun = true }
    return (
      caller,
      ClusterStore.Preconditions(
        uid: body[path: ["preconditions", "uid"]]?.text,
        resourceVersion: body[path: ["preconditions", "resourceVersion"]]?.text)
    )
  }
}
