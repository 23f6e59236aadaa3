import Model

/// What is checked before something new is let in.
extension ClusterStore {
  /// The namespace of something new must be there and not on its way out.
  func admitNamespace(_ kind: ResourceKind, _ key: Key) throws(StatusError) {
    guard kind.isNamespaced else { return }
    guard object(.namespace, Key(namespace: "", name: key.namespace)) != nil else {
      throw .notFound(.namespace, key.namespace)
    }
    if isTerminating(key.namespace) { throw .terminating(kind, key.name, namespace: key.namespace) }
  }

  private func objects(_ kind: ResourceKind, in namespace: String) -> [(key: Key, object: JSONValue)] {
    (objects[kind] ?? [:]).filter { $0.key.namespace == namespace }.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value) }
  }

  /// Something new must fit in every quota of its namespace.
  func admitQuota(_ object: JSONValue, kind: ResourceKind, key: Key) throws(StatusError) {
    guard kind.isNamespaced else { return }
    var requested: [String: Quantity] = ["count/\(kind.qualifiedResource)": Quantity(1)]
    if kind.isCountedByName { requested[kind.resource] = Quantity(1) }
    let pod = kind == .pod ? PodResources(pod: object) : nil
    if let pod { requested.merge(pod.quotaUsage) { $1 } }
    for (quota, live) in objects(.resourceQuota, in: key.namespace) {
      let scopes = QuotaScopes(quota: live)
      guard scopes.isEmpty || kind == .pod && scopes.selects(object) else { continue }
      // What the spec wants is no limit before the controller has written it into the status.
      let hard = live[path: ["status", "hard"]]?.textMap ?? [:]
      let missing = pod?.unspecified(among: Set(hard.keys)) ?? []
      if !missing.isEmpty {
        throw .forbidden(
          kind, key.name, "failed quota: \(quota.name): must specify \(missing.sorted().joined(separator: ","))")
      }
      let relevant = requested.filter { hard[$0.key] != nil }
      if relevant.isEmpty { continue }
      let used = live[path: ["status", "used"]]?.textMap ?? [:]
      let unknown = relevant.keys.filter { used[$0] == nil }.sorted()
      guard unknown.isEmpty else {
        throw .forbidden(
          kind, key.name, "status unknown for quota: \(quota.name), resources: \(unknown.joined(separator: ","))")
      }
      try Self.admit(relevant, hard: hard, used: used, quota: quota.name, kind: kind, name: key.name)
    }
  }

  private static func admit(
    _ requested: [String: Quantity], hard: [String: String], used: [String: String], quota: String,
    kind: ResourceKind, name: String
  ) throws(StatusError) {
    let exceeded = requested.keys.sorted().filter { item in
      guard let request = requested[item], request.sign > 0, let limit = hard[item].flatMap(Quantity.init) else {
        return false
      }
      return (used[item].flatMap(Quantity.init) ?? Quantity(0)).adding(request) > limit
    }
    if exceeded.isEmpty { return }
    let list = { (values: (String) -> String) in exceeded.map { "\($0)=\(values($0))" }.joined(separator: ",") }
    throw .forbidden(
      kind, name,
      "exceeded quota: \(quota), requested: \(list { requested[$0]?.description ?? "0" }), "
        + "used: \(list { used[$0] ?? "0" }), limited: \(list { hard[$0] ?? "0" })")
  }

  /// Fills a pod's requests and limits from the limit ranges of its namespace, then holds it to them.
  func limitPod(_ pod: inout JSONValue) throws(StatusError) {
    let namespace = pod[path: ["metadata", "namespace"]]?.text ?? ""
    let name = pod[path: ["metadata", "name"]]?.text ?? ""
    guard let containers = pod[path: ["spec", "containers"]]?.list, !containers.isEmpty else {
      let cause = StatusError.Cause(
        reason: "FieldValueRequired", message: "Required value", field: "spec.containers")
      throw .invalid(kind: "Pod", name: name, [cause])
    }
    let limits = objects(.limitRange, in: namespace).flatMap { $0.object[path: ["spec", "limits"]]?.list ?? [] }
    PodResources.fillDefaults(&pod, limits: limits)
    do {
      _ = try PodResources.checkedSpec(pod)
    } catch {
      throw .badRequest("Pod in version \"v1\" cannot be handled as a Pod: \(error.path): \(error.message)")
    }
    let problems = PodResources(pod: pod).violations(of: limits)
    if problems.isEmpty { return }
    throw .forbidden(
      .pod, name, problems.count == 1 ? problems[0] : "[\(problems.joined(separator: ", "))]")
  }
}
