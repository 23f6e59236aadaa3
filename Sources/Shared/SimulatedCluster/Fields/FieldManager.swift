/// Server-side apply and the bookkeeping of field owners: pure, over JSON trees of one kind.
struct FieldManager {
  /// A field that another manager has with another value.
  struct Conflict: Error, Equatable {
    var owner: FieldOwner
    var path: [String]
  }

  /// All the conflicts of one apply.
  struct Conflicts: Error, Equatable {
    var list: [Conflict]
  }

  /// Paths that nobody owns: identity and what the server sets.
  private static let unowned: FieldSet = {
    var set = FieldSet()
    set.insert(["f:apiVersion"])
    set.insert(["f:kind"])
    set.insert(["f:metadata"])
    let server = [
      "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
      "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds",
    ]
    for name in server { set.insert(["f:metadata", "f:\(name)"]) }
    return set
  }()

  var schema: FieldSchema
  /// RFC 3339, to the second.
  var time: String

  /// Applies a configuration. The result carries the new `managedFields`.
  ///
  /// - Throws: `Conflicts` unless forced.
  func apply(
    _ applied: JSONValue, to live: JSONValue, manager: String, force: Bool
  ) throws(Conflicts) -> JSONValue {
    let owner = FieldOwner(manager: manager, operation: .apply, apiVersion: applied["apiVersion"]?.text ?? "")
    var managed = ManagedFields(live)
    let previous = managed.fields(of: owner)
    let wanted = schema.fieldSet(of: applied).subtracting(Self.unowned)
    managed.set(wanted, for: owner, time: time)

    let merged = schema.merged(live, applied: applied)
    let result = pruned(merged, previous: previous, managed: managed)
    let change = schema.difference(from: live, to: result)
    let taken = change.added.union(change.modified).subtracting(Self.unowned)
    if !force {
      let conflicts = Self.conflicts(taken, managed: managed, owner: owner)
      guard conflicts.isEmpty else { throw Conflicts(list: conflicts) }
    }
    managed.withdraw(taken.union(change.removed), except: owner)
    return Self.setting(managed, in: result)
  }

  /// Records who changed what in an update. The result is `new` with `managedFields`.
  func update(from live: JSONValue, to new: JSONValue, manager: String) -> JSONValue {
    let owner = FieldOwner(manager: manager, operation: .update, apiVersion: new["apiVersion"]?.text ?? "")
    var managed = ManagedFields(live)
    switch new[path: ["metadata", "managedFields"]]?.list {
    case .some(let list) where list == [.object([:])]:
      // One empty entry is the way to give up all owners, this writer included.
      return Self.setting(ManagedFields(), in: new)
    case .some(let list) where !list.isEmpty: managed = ManagedFields(new)
    default: break
    }
    let change = schema.difference(from: live, to: new)
    let taken = change.added.union(change.modified).subtracting(Self.unowned)
    managed.withdraw(taken.union(change.removed), except: owner)
    let kept = managed.fields(of: owner).union(taken).subtracting(change.removed)
    managed.set(kept, for: owner, time: time)
    return Self.setting(managed, in: new)
  }

  /// Drops what this manager applied before, applies no more, and nobody else has.
  private func pruned(_ merged: JSONValue, previous: FieldSet, managed: ManagedFields) -> JSONValue {
    let dropped = managed.entries.reduce(previous) { $0.subtracting($1.fields) }
    if dropped.isEmpty { return merged }
    return schema.removing(from: merged) { path in
      dropped.contains(path) && !managed.entries.contains { $0.fields.containsAny(atOrBelow: path) }
    } ?? merged
  }

  private static func conflicts(_ taken: FieldSet, managed: ManagedFields, owner: FieldOwner) -> [Conflict] {
    managed.entries.filter { !$0.owner.isSame(as: owner) }
      .sorted { $0.owner.manager < $1.owner.manager }
      .flatMap { entry in
        entry.fields.intersection(taken).paths.map { Conflict(owner: entry.owner, path: $0) }
      }
  }

  private static func setting(_ managed: ManagedFields, in object: JSONValue) -> JSONValue {
    var result = object
    result[path: ["metadata", "managedFields"]] = managed.json
    return result
  }
}
