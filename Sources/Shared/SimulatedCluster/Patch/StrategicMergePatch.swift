/// Strategic merge patch for the kinds served here: `metadata.finalizers` merges as a set, owner references by `uid`,
/// conditions by `type`; every other list is replaced.
enum StrategicMergePatch {
  private static let setOrder = "$setElementOrder/"
  private static let deletePrimitives = "$deleteFromPrimitiveList/"

  static func apply(_ patch: JSONValue, to target: JSONValue, schema: FieldSchema) throws(StatusError) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    switch changes["$patch"]?.text {
    case "replace":
      return .object(changes.filter { $0.key != "$patch" })
    case "delete": return [:]
    case "merge", nil: break
    case .some(let other): throw .badRequest("Unknown patch type found: \(other)")
    }
    let fields = schema.memberSchemas()
    var result = target.fields ?? [:]
    for (name, change) in changes where !name.hasPrefix("$") {
      let member = fields(name)
      switch change {
      case .null: result[name] = nil
      case .array(let items): result[name] = try list(items, into: result[name], schema: member)
      default: result[name] = try apply(change, to: result[name] ?? [:], schema: member)
      }
    }
    for (name, change) in changes where name.hasPrefix(deletePrimitives) {
      let field = String(name.dropFirst(deletePrimitives.count))
      let kept = (result[field]?.list ?? []).filter { !(change.list ?? []).contains($0) }
      result[field] = .array(kept)
    }
    for (name, change) in changes where name.hasPrefix(setOrder) {
      let field = String(name.dropFirst(setOrder.count))
      guard let items = result[field]?.list else { continue }
      result[field] = .array(ordered(items, as: change.list ?? [], schema: fields(field)))
    }
    return .object(result)
  }

  private static func list(
    _ items: [JSONValue], into target: JSONValue?, schema: FieldSchema
  ) throws(StatusError) -> JSONValue {
    guard case .list(let item, let kind) = schema, kind.element(of: [:]) != nil else { return .array(items) }
    if items.contains(where: { $0["$patch"] == "replace" }) {
      return .array(items.filter { $0["$patch"] == nil })
    }
    var result = target?.list ?? []
    for change in items {
      let element = kind.element(of: change)
      let index = result.firstIndex { kind.element(of: $0) == element }
      if change["$patch"] == "delete" {
        if let index { result.remove(at: index) }
      } else if let index {
        result[index] = try apply(change, to: result[index], schema: item)
      } else {
        result.append(change)
      }
    }
    return .array(result)
  }

  private static func ordered(_ items: [JSONValue], as order: [JSONValue], schema: FieldSchema) -> [JSONValue] {
    guard case .list(_, let kind) = schema else { return items }
    let positions = order.enumerated().reduce(into: [String: Int]()) { result, entry in
      if let element = kind.element(of: entry.element) { result[element] = entry.offset }
    }
    return items.enumerated().sorted { left, right in
      let leftRank = kind.element(of: left.element).flatMap { positions[$0] } ?? Int.max
      let rightRank = kind.element(of: right.element).flatMap { positions[$0] } ?? Int.max
      return (leftRank, left.offset) < (rightRank, right.offset)
    }.map(\.element)
  }
}

extension FieldSchema {
  /// The shape of each member of an object of this shape.
  func memberSchemas() -> (String) -> FieldSchema {
    switch self {
    case .structure(let fields): { fields[$0] ?? .opaque }
    case .map(let item): { _ in item }
    case .atomic(let inner): inner.memberSchemas()
    default: { _ in .opaque }
    }
  }
}
