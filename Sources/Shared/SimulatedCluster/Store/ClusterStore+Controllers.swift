import Foundation
import Model

/// The part of the controller manager that matters here: quota status and the end of namespaces.
extension ClusterStore {
  private static let controller = "kube-controller-manager"

  mutating func created(_ kind: ResourceKind, key: Key, caller: Caller) {
    if kind == .resourceQuota { scheduleQuotas(key.namespace, caller) }
    // Admission counts at once what it lets in; only what goes is noticed later.
    if kind.isNamespaced { syncQuotas(key.namespace, onlyCounted: true, manager: "kube-apiserver", now: caller.now) }
  }

  mutating func updated(_ kind: ResourceKind, key: Key, from old: JSONValue, to new: JSONValue, caller: Caller) {
    if kind == .resourceQuota, old["spec"] != new["spec"] { scheduleQuotas(key.namespace, caller) }
  }

  mutating func removed(_ kind: ResourceKind, key: Key, caller: Caller) {
    guard kind.isNamespaced else { return }
    scheduleQuotas(key.namespace, caller)
    if isTerminating(key.namespace) {
      schedule(
        .termination(namespace: key.namespace), at: caller.now.addingTimeInterval(settings.namespaceDelay))
    }
  }

  private mutating func scheduleQuotas(_ namespace: String, _ caller: Caller) {
    schedule(.quotas(namespace: namespace), at: caller.now.addingTimeInterval(settings.quotaDelay))
  }

  func isTerminating(_ namespace: String) -> Bool {
    let object = object(.namespace, Key(namespace: "", name: namespace))
    return object?[path: ["metadata", "deletionTimestamp"]] != nil
  }

  /// Does what is due.
  mutating func runControllers(now: Date) {
    for job in takeJobs(dueAt: now) {
      switch job {
      case .quotas(let namespace):
        syncQuotas(namespace, onlyCounted: false, manager: Self.controller, now: now)
      case .termination(let namespace): terminate(namespace, now: now)
      }
    }
  }

  private func keys(_ kind: ResourceKind, in namespace: String) -> [Key] {
    (objects[kind] ?? [:]).keys.filter { $0.namespace == namespace }.sorted()
  }

  // MARK: Quotas

  /// Brings `status` of a namespace's quotas up to date; with `onlyCounted`, `used` of those that have a status.
  private mutating func syncQuotas(_ namespace: String, onlyCounted: Bool, manager: String, now: Date) {
    for key in keys(.resourceQuota, in: namespace) {
      guard let live = object(.resourceQuota, key) else { continue }
      if onlyCounted, live[path: ["status", "hard"]] == nil { continue }
      let source = onlyCounted ? "status" : "spec"
      let hard = live[path: [source, "hard"]] ?? [:]
      var used: [String: JSONValue] = [:]
      // Pods are never there, and a quota with scopes counts nothing else.
      let countsAll = QuotaScopes(quota: live).isEmpty
      for name in (hard.fields ?? [:]).keys {
        used[name] = .string(String(countsAll ? count(of: name, in: namespace) : 0))
      }
      var new = live
      new["status"] = hard.isEmptyContainer ? [:] : ["hard": hard, "used": .object(used)]
      guard new["status"] != live["status"] else { continue }
      commit(recorded(.resourceQuota, from: live, to: new, manager: manager, now: now), kind: .resourceQuota, key: key)
    }
  }

  /// How many objects a quota item counts; 0 for what this cluster can not hold, as pods.
  private func count(of item: String, in namespace: String) -> Int {
    let name = item.hasPrefix("count/") ? String(item.dropFirst("count/".count)) : item
    guard let kind = ResourceKind.allCases.first(where: { $0.qualifiedResource == name }), kind.isNamespaced else {
      return 0
    }
    let isCountable = item.hasPrefix("count/") || kind.isCountedByName
    return isCountable ? keys(kind, in: namespace).count : 0
  }

  private func recorded(
    _ kind: ResourceKind, from live: JSONValue, to new: JSONValue, manager: String, now: Date
  ) -> JSONValue {
    FieldManager(schema: kind.schema, time: RFC3339.text(now)).update(from: live, to: new, manager: manager)
  }

  // MARK: Namespaces

  /// Deletes what a terminating namespace holds; when nothing is left, lets it go.
  private mutating func terminate(_ namespace: String, now: Date) {
    let key = Key(namespace: "", name: namespace)
    guard isTerminating(namespace) else { return }
    let caller = Caller(now: now, manager: Self.controller)
    for kind in ResourceKind.allCases where kind.isNamespaced {
      for key in keys(kind, in: namespace) { _ = try? delete(kind, key, caller: caller) }
    }
    // The deletions above have asked for another round; this one is it.
    cancel(.termination(namespace: namespace))
    guard let live = object(.namespace, key) else { return }
    let remaining = ResourceKind.allCases.filter { $0.isNamespaced && !keys($0, in: namespace).isEmpty }
    var new = live
    new[path: ["status", "conditions"]] = .array(conditions(of: namespace, remaining: remaining, live: live, now: now))
    guard remaining.isEmpty else {
      if new != live {
        let recorded = recorded(.namespace, from: live, to: new, manager: Self.controller, now: now)
        commit(recorded, kind: .namespace, key: key)
      }
      return
    }
    let finalizers = (live[path: ["spec", "finalizers"]]?.list ?? []).filter { $0 != "kubernetes" }
    new[path: ["spec", "finalizers"]] = finalizers.isEmpty ? nil : .array(finalizers)
    let isHeld = !finalizers.isEmpty || !(live[path: ["metadata", "finalizers"]]?.list ?? []).isEmpty
    if isHeld, new == live { return }
    let recorded = recorded(.namespace, from: live, to: new, manager: Self.controller, now: now)
    commit(isHeld ? recorded : nil, kind: .namespace, key: key)
  }

  private func conditions(
    of namespace: String, remaining: [ResourceKind], live: JSONValue, now: Date
  ) -> [JSONValue] {
    let counts = remaining.map { "\($0.qualifiedResource). has \(keys($0, in: namespace).count) resource instances" }
    let finalizers = remaining.flatMap { kind in
      keys(kind, in: namespace).flatMap { object(kind, $0)?[path: ["metadata", "finalizers"]]?.texts ?? [] }
    }
    let held = Dictionary(grouping: finalizers, by: \.self).sorted { $0.key < $1.key }
      .map { "\($0.key) in \($0.value.count) resource instances" }
    let before = live[path: ["status", "conditions"]]?.list ?? []
    return [
      (
        "NamespaceContentRemaining", counts.isEmpty, "ContentRemoved", "SomeResourcesRemain",
        "Some resources are remaining: ", counts
      ),
      (
        "NamespaceFinalizersRemaining", held.isEmpty, "ContentHasNoFinalizers", "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: ", held
      ),
    ].map { type, isClear, clear, left, prefix, list in
      let status = isClear ? "False" : "True"
      let old = before.first { $0["type"]?.text == type }
      let since = old?["status"]?.text == status ? old?["lastTransitionTime"]?.text : nil
      return [
        "type": .string(type), "status": .string(status), "reason": .string(isClear ? clear : left),
        "message": .string(isClear ? "All content successfully removed" : prefix + list.joined(separator: ", ")),
        "lastTransitionTime": .string(since ?? RFC3339.text(now)),
      ]
    }
  }
}
