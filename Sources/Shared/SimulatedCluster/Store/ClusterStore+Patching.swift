extension ClusterStore {
  /// The patch formats other than server-side apply.
  enum PatchFormat: String, Sendable {
    case json = "application/json-patch+json"
    case merge = "application/merge-patch+json"
    case strategic = "application/strategic-merge-patch+json"
  }

  /// Patches a live object.
  mutating func patch(
    _ kind: ResourceKind, _ key: Key, part: Subresource? = nil, format: PatchFormat, patch: JSONValue, caller: Caller
  ) throws(StatusError) -> JSONValue {
    let live = try get(kind, key)
    let patched: JSONValue =
      switch format {
      case .json: try JSONPatch.apply(patch, to: live)
      case .merge: MergePatch.apply(patch, to: live)
      case .strategic: try StrategicMergePatch.apply(patch, to: live, schema: kind.schema)
      }
    return try update(kind, key, part: part, body: patched, caller: caller).object
  }

  /// Server-side apply; creates what is absent.
  ///
  /// - Returns: the object, and whether it was created.
  mutating func apply(
    _ kind: ResourceKind, _ key: Key, part: Subresource? = nil, configuration: JSONValue, force: Bool, caller: Caller
  ) throws(StatusError) -> (object: JSONValue, created: Bool) {
    if let field = kind.schema.undeclaredField(in: configuration) {
      throw StatusError(
        code: 500, reason: "", message: "failed to create typed patch object: \(field): field not declared in schema")
    }
    guard configuration["apiVersion"]?.text == kind.apiVersion else {
      throw .badRequest(
        "Incorrect version specified in apply patch. Specified patch version: "
          + "\(configuration["apiVersion"]?.text ?? ""), expected: \(kind.apiVersion)")
    }
    let applied = try Self.decode(
      configuration, kind: kind, namespace: key.namespace, name: key.name, isApplied: true)
    guard applied[path: ["metadata", "managedFields"]] == nil else {
      throw .badRequest("metadata.managedFields must be nil")
    }
    guard let live = object(kind, key) else {
      guard part == nil else { throw .notFound(kind, key.name) }
      return (try applyNew(applied, kind: kind, key: key, force: force, caller: caller), true)
    }
    if let uid = applied[path: ["metadata", "uid"]]?.text, !uid.isEmpty, uid != live[path: ["metadata", "uid"]]?.text {
      let cause = StatusError.Cause(
        reason: "FieldValueInvalid", message: "Invalid value: \"\(uid)\": field is immutable", field: "metadata.uid")
      throw .invalid(kind: kind.kind, group: kind.group, name: key.name, [cause])
    }
    let result = try Self.merge(applied, into: live, kind: kind, force: force, caller: caller)
    var wanted = result
    wanted[path: ["metadata", "resourceVersion"]] = applied[path: ["metadata", "resourceVersion"]]
    let managed = result[path: ["metadata", "managedFields"]]
    let stored = try replace(live, with: wanted, kind: kind, key: key, part: part, caller: caller) { new, _ in
      var new = new
      new[path: ["metadata", "managedFields"]] = managed
      return new
    }
    return (stored, false)
  }

  private mutating func applyNew(
    _ applied: JSONValue, kind: ResourceKind, key: Key, force: Bool, caller: Caller
  ) throws(StatusError) -> JSONValue {
    // Nothing is there whose version it could be: none is compared.
    var applied = applied
    applied[path: ["metadata", "resourceVersion"]] = nil
    if let uid = applied[path: ["metadata", "uid"]]?.text, !uid.isEmpty {
      throw .conflict(
        kind, key.name,
        "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
    }
    let empty = try Self.typed(kind.zeroValue, kind: kind)
    let merged = try Self.merge(applied, into: empty, kind: kind, force: force, caller: caller)
    let managed = merged[path: ["metadata", "managedFields"]]
    var trial = self
    var real = caller
    real.dryRun = false
    var object = try trial.insert(merged, kind: kind, namespace: key.namespace, caller: real) { object, _ in
      var object = object
      object[path: ["metadata", "managedFields"]] = managed
      return object
    }
    if caller.dryRun {
      object[path: ["metadata", "resourceVersion"]] = nil
    } else {
      self = trial
    }
    return object
  }

  /// Merged, pruned, and in the shape of the kind: what pruning has emptied is gone.
  private static func merge(
    _ applied: JSONValue, into live: JSONValue, kind: ResourceKind, force: Bool, caller: Caller
  ) throws(StatusError) -> JSONValue {
    let manager = FieldManager(schema: kind.schema, time: caller.time)
    let merged: JSONValue
    do {
      merged = try manager.apply(applied, to: live, manager: caller.manager, force: force)
    } catch {
      throw .conflicts(error)
    }
    return try typed(merged, kind: kind)
  }
}
