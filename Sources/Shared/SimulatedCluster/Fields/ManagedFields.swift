/// Who manages a set of fields, and how it came to them.
struct FieldOwner: Hashable, Sendable {
  enum Operation: String, Sendable {
    case apply = "Apply"
    case update = "Update"
  }

  var manager: String
  var operation: Operation
  var apiVersion: String

  /// As conflict messages name it.
  var description: String {
    operation == .apply ? "\"\(manager)\"" : "\"\(manager)\" using \(apiVersion)"
  }

  /// An applier is the same whatever version it applies; an updater is not.
  func isSame(as other: FieldOwner) -> Bool {
    manager == other.manager && operation == other.operation
      && (operation == .apply || apiVersion == other.apiVersion)
  }
}

/// The decoded `metadata.managedFields`.
struct ManagedFields: Equatable, Sendable {
  struct Entry: Equatable, Sendable {
    var owner: FieldOwner
    /// RFC 3339, to the second.
    var time: String
    var fields: FieldSet
  }

  private(set) var entries: [Entry] = []

  init() {}

  /// Reads the list of an object; entries without manager, operation or fields are left out.
  init(_ object: JSONValue) {
    entries = (object[path: ["metadata", "managedFields"]]?.list ?? []).compactMap { entry in
      guard let manager = entry["manager"]?.text, let fields = entry["fieldsV1"],
        let operation = entry["operation"]?.text.flatMap(FieldOwner.Operation.init)
      else { return nil }
      let owner = FieldOwner(manager: manager, operation: operation, apiVersion: entry["apiVersion"]?.text ?? "")
      return Entry(owner: owner, time: entry["time"]?.text ?? "", fields: FieldSet(fieldsV1: fields))
    }
  }

  func fields(of owner: FieldOwner) -> FieldSet {
    entries.first { $0.owner.isSame(as: owner) }?.fields ?? FieldSet()
  }

  /// Sets what an owner has; the time moves only when that changes, and an owner of nothing is forgotten.
  mutating func set(_ fields: FieldSet, for owner: FieldOwner, time: String) {
    guard let index = entries.firstIndex(where: { $0.owner.isSame(as: owner) }) else {
      if !fields.isEmpty { entries.append(Entry(owner: owner, time: time, fields: fields)) }
      return
    }
    if fields.isEmpty {
      entries.remove(at: index)
    } else if entries[index].fields != fields {
      entries[index] = Entry(owner: owner, time: time, fields: fields)
    }
  }

  /// Takes fields from everyone but one owner.
  mutating func withdraw(_ fields: FieldSet, except owner: FieldOwner) {
    for entry in entries where !entry.owner.isSame(as: owner) {
      set(entry.fields.subtracting(fields), for: entry.owner, time: entry.time)
    }
  }

  /// The list as objects carry it: appliers first, then by time and name. Nil when nobody owns anything.
  var json: JSONValue? {
    if entries.isEmpty { return nil }
    let sorted = entries.sorted { left, right in
      (left.owner.operation.rawValue, left.time, left.owner.manager)
        < (right.owner.operation.rawValue, right.time, right.owner.manager)
    }
    return .array(
      sorted.map { entry in
        [
          "manager": .string(entry.owner.manager), "operation": .string(entry.owner.operation.rawValue),
          "apiVersion": .string(entry.owner.apiVersion), "time": .string(entry.time), "fieldsType": "FieldsV1",
          "fieldsV1": entry.fields.fieldsV1,
        ]
      })
  }
}
