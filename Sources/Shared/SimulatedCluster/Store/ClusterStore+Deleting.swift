import Foundation

extension ClusterStore {
  /// What must hold of an object for it to be deleted.
  struct Preconditions: Equatable, Sendable {
    var uid: String?
    var resourceVersion: String?
  }

  /// How a deletion ended.
  enum Deletion: Equatable, Sendable {
    case gone(JSONValue)
    /// Marked; finalizers or a namespace's content keep it.
    case pending(JSONValue)
  }

  /// Deletes an object, or marks it when finalizers hold it.
  ///
  /// - Throws: `StatusError` 404, 403 for the namespaces that may not go, 409 for a precondition.
  mutating func delete(
    _ kind: ResourceKind, _ key: Key, preconditions: Preconditions = Preconditions(), caller: Caller
  ) throws(StatusError) -> Deletion {
    if kind == .namespace, Self.initialNamespaces.contains(key.name), key.name != "kube-node-lease" {
      throw .forbidden(kind, key.name, "this namespace may not be deleted")
    }
    let live = try get(kind, key)
    try Self.check(preconditions, live: live, kind: kind, key: key)
    if live[path: ["metadata", "deletionTimestamp"]] != nil { return .pending(live) }
    let isHeld = kind == .namespace || !(live[path: ["metadata", "finalizers"]]?.list ?? []).isEmpty
    guard isHeld else {
      if !caller.dryRun {
        commit(nil, kind: kind, key: key)
        removed(kind, key: key, caller: caller)
      }
      return .gone(live)
    }
    var marked = live
    marked[path: ["metadata", "deletionTimestamp"]] = .string(caller.time)
    if kind == .namespace {
      marked[path: ["status", "phase"]] = "Terminating"
    } else {
      marked[path: ["metadata", "deletionGracePeriodSeconds"]] = 0
    }
    if caller.dryRun { return .pending(marked) }
    let stored = commit(marked, kind: kind, key: key)
    if kind == .namespace {
      schedule(
        .termination(namespace: key.name), at: caller.now.addingTimeInterval(settings.namespaceDelay))
    }
    return .pending(stored)
  }

  private static func check(
    _ preconditions: Preconditions, live: JSONValue, kind: ResourceKind, key: Key
  ) throws(StatusError) {
    let uid = live[path: ["metadata", "uid"]]?.text ?? ""
    let version = live[path: ["metadata", "resourceVersion"]]?.text ?? ""
    if let wanted = preconditions.uid, wanted != uid {
      throw .unmet(
        kind, key.name,
        "the UID in the precondition (\(wanted)) does not match the UID in record (\(uid)). "
          + "The object might have been deleted and then recreated")
    }
    if let wanted = preconditions.resourceVersion, wanted != version {
      throw .unmet(
        kind, key.name,
        "the ResourceVersion in the precondition (\(wanted)) does not match the ResourceVersion in record "
          + "(\(version)). The object might have been modified")
    }
  }
}
