extension ClusterStore {
  /// Creates an object from a body.
  ///
  /// - Throws: `StatusError` as the API server answers it.
  mutating func create(
    _ kind: ResourceKind, namespace: String, body: JSONValue, caller: Caller
  ) throws(StatusError) -> JSONValue {
    if caller.dryRun {
      var trial = self
      var real = caller
      real.dryRun = false
      var object = try trial.create(kind, namespace: namespace, body: body, caller: real)
      object[path: ["metadata", "resourceVersion"]] = nil
      return object
    }
    var object = try Self.decode(body, kind: kind, namespace: namespace)
    guard (object[path: ["metadata", "resourceVersion"]]?.text ?? "").isEmpty else {
      throw StatusError(code: 500, reason: "", message: "resourceVersion should not be set on objects to be created")
    }
    try name(&object, kind: kind)
    let zero = try Self.typed(kind.zeroValue, kind: kind)
    return try insert(object, kind: kind, namespace: namespace, caller: caller) { object, time in
      FieldManager(schema: kind.schema, time: time).update(from: zero, to: object, manager: caller.manager)
    }
  }

  /// Creates an object that is decoded and named; `own` sets its field owners.
  mutating func insert(
    _ object: JSONValue, kind: ResourceKind, namespace: String, caller: Caller,
    own: (JSONValue, String) throws(StatusError) -> JSONValue
  ) throws(StatusError) -> JSONValue {
    var object = object
    let key = Key(namespace: namespace, name: object[path: ["metadata", "name"]]?.text ?? "")
    try admitNamespace(kind, key)
    object[path: ["metadata", "uid"]] = .string(identity.uid())
    object[path: ["metadata", "creationTimestamp"]] = .string(caller.time)
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink"] {
      object[path: ["metadata", field]] = nil
    }
    if kind.hasStatus { object["status"] = nil }
    if kind == .pod { try limitPod(&object) }
    object = try own(kind.defaulted(object), caller.time)
    if kind == .namespace { object[path: ["spec", "finalizers"]] = ["kubernetes"] }
    if kind == .networkPolicy || kind.isCustom { object[path: ["metadata", "generation"]] = 1 }
    try Self.validate(object, kind: kind, name: key.name)
    guard self.object(kind, key) == nil else { throw .alreadyExists(kind, key.name) }
    try admitQuota(object, kind: kind, key: key)
    let stored = commit(object, kind: kind, key: key)
    created(kind, key: key, caller: caller)
    return stored
  }

  /// Replaces an object, its status or a namespace's finalizers; creates the kinds that may be created so.
  ///
  /// - Returns: the object, and whether it was created.
  mutating func update(
    _ kind: ResourceKind, _ key: Key, part: Subresource? = nil, body: JSONValue, caller: Caller
  ) throws(StatusError) -> (object: JSONValue, created: Bool) {
    let object = try Self.decode(body, kind: kind, namespace: key.namespace, name: key.name)
    guard let live = self.object(kind, key) else {
      guard kind.allowsCreateOnUpdate, part == nil else { throw .notFound(kind, key.name) }
      return (try create(kind, namespace: key.namespace, body: body, caller: caller), true)
    }
    if kind.isCustom, (object[path: ["metadata", "resourceVersion"]]?.text ?? "").isEmpty {
      let cause = StatusError.Cause(
        reason: "FieldValueInvalid", message: "Invalid value: 0x0: must be specified for an update",
        field: "metadata.resourceVersion")
      throw .invalid(kind: kind.kind, group: kind.group, name: key.name, [cause])
    }
    let stored = try replace(live, with: object, kind: kind, key: key, part: part, caller: caller) { new, time in
      FieldManager(schema: kind.schema, time: time).update(from: live, to: new, manager: caller.manager)
    }
    return (stored, false)
  }

  /// Lays a new version over a live object. Nothing is stored when nothing differs.
  mutating func replace(
    _ live: JSONValue, with wanted: JSONValue, kind: ResourceKind, key: Key, part: Subresource?, caller: Caller,
    own: (JSONValue, String) throws(StatusError) -> JSONValue
  ) throws(StatusError) -> JSONValue {
    try Self.checkPreconditions(of: wanted, live: live, kind: kind, key: key)
    var new = Self.keepingServerFields(kind.defaulted(wanted), live: live, kind: kind, part: part)
    new = try own(new, caller.time)
    if kind == .networkPolicy && new["spec"] != live["spec"] || kind.isCustom && Self.differs(new, from: live) {
      new[path: ["metadata", "generation"]] = .integer((live[path: ["metadata", "generation"]]?.int ?? 0) + 1)
    }
    try Self.validate(new, kind: kind, name: key.name)
    try Self.validateChange(from: live, to: new, kind: kind, name: key.name)
    if new == live || caller.dryRun { return new }
    if Self.isFinished(new, kind: kind) {
      commit(nil, kind: kind, key: key)
      removed(kind, key: key, caller: caller)
      return new
    }
    let stored = commit(new, kind: kind, key: key)
    updated(kind, key: key, from: live, to: new, caller: caller)
    return stored
  }

  /// Whether anything but the metadata differs.
  private static func differs(_ new: JSONValue, from live: JSONValue) -> Bool {
    var (new, live) = (new, live)
    (new["metadata"], live["metadata"]) = (nil, nil)
    return new != live
  }

  /// Deleted, and nobody's finalizer left.
  private static func isFinished(_ object: JSONValue, kind: ResourceKind) -> Bool {
    object[path: ["metadata", "deletionTimestamp"]] != nil
      && (object[path: ["metadata", "finalizers"]]?.list ?? []).isEmpty
      && (kind != .namespace || (object[path: ["spec", "finalizers"]]?.list ?? []).isEmpty)
  }

  /// What a writer can not change is put back: identity, and the parts that have their own URL.
  private static func keepingServerFields(
    _ wanted: JSONValue, live: JSONValue, kind: ResourceKind, part: Subresource?
  ) -> JSONValue {
    var new = wanted
    switch part {
    case .status:
      new = live
      new["status"] = wanted["status"]
    case .finalize:
      new = live
      new[path: ["spec", "finalizers"]] = wanted[path: ["spec", "finalizers"]]
    case nil:
      if kind.hasStatus { new["status"] = live["status"] }
      if kind == .namespace { new["spec"] = live["spec"] }
    }
    let kept = [
      "uid", "creationTimestamp", "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "generation",
      "generateName", "namespace", "name",
    ]
    for field in kept { new[path: ["metadata", field]] = live[path: ["metadata", field]] }
    if part != nil, let managed = wanted[path: ["metadata", "managedFields"]] {
      new[path: ["metadata", "managedFields"]] = managed
    }
    return new
  }

  private static func checkPreconditions(
    of wanted: JSONValue, live: JSONValue, kind: ResourceKind, key: Key
  ) throws(StatusError) {
    if let version = wanted[path: ["metadata", "resourceVersion"]]?.text, !version.isEmpty, version != "0",
      version != live[path: ["metadata", "resourceVersion"]]?.text
    {
      throw .conflict(kind, key.name)
    }
    let liveUID = live[path: ["metadata", "uid"]]?.text ?? ""
    if let uid = wanted[path: ["metadata", "uid"]]?.text, !uid.isEmpty, uid != liveUID {
      throw .conflict(
        kind, key.name, "Precondition failed: UID in precondition: \(uid), UID in object meta: \(liveUID)")
    }
  }
}
