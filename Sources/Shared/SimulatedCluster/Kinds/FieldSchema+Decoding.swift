import Model

/// A value whose type is not the declared one.
struct SchemaError: Error, Equatable {
  var path: String
  var message: String
}

extension FieldSchema {
  /// The value as a typed API server keeps it: unknown fields dropped, nulls and empty optional containers dropped,
  /// quantities in canonical form.
  ///
  /// - Parameter keepsEmptyLists: Whether lists that are owned as one field stay where they are empty, as in what is applied: to be
  ///   owned, and so that what others put there goes.
  func decoded(
    _ value: JSONValue, path: String = "", keepsEmptyLists: Bool = false
  ) throws(SchemaError) -> JSONValue? {
    switch (self, value) {
    case (_, .null): return nil
    case (.opaque, _): return value
    case (.string, .string), (.integer, .integer), (.boolean, .bool), (.integerOrString, .integer),
      (.integerOrString, .string):
      return value
    case (.quantity, _): return try Self.quantity(value, path: path)
    case (.atomic(let inner), _): return try inner.decoded(value, path: path)
    case (.list(_, .atomic), .array(let items)) where keepsEmptyLists && items.isEmpty: return value
    case (.list(let item, _), .array(let items)): return try Self.list(items, of: item, path: path)
    case (.map(let item), .object(let members)): return try Self.map(members, of: item, path: path)
    case (.structure(let fields), .object(let members)):
      var result: [String: JSONValue] = [:]
      for (name, value) in members {
        guard let schema = fields[name] else { continue }
        result[name] = try schema.decoded(value, path: "\(path).\(name)", keepsEmptyLists: keepsEmptyLists)
      }
      return .object(result)
    default: throw SchemaError(path: path, message: "expects \(expectation), but found \(JSONWriter.text(value))")
    }
  }

  private static func list(_ items: [JSONValue], of item: FieldSchema, path: String) throws(SchemaError) -> JSONValue? {
    if items.isEmpty { return nil }
    var result: [JSONValue] = []
    for (index, value) in items.enumerated() {
      if let decoded = try item.decoded(value, path: "\(path)[\(index)]") { result.append(decoded) }
    }
    return .array(result)
  }

  private static func map(
    _ members: [String: JSONValue], of item: FieldSchema, path: String
  ) throws(SchemaError) -> JSONValue? {
    var result: [String: JSONValue] = [:]
    for (name, value) in members { result[name] = try item.decoded(value, path: "\(path).\(name)") }
    return result.isEmpty ? nil : .object(result)
  }

  private static func quantity(_ value: JSONValue, path: String) throws(SchemaError) -> JSONValue {
    let text: String? =
      switch value {
      case .string(let text): text
      case .integer(let integer): String(integer)
      case .number(let number): "\(number)"
      default: nil
      }
    guard let text, let quantity = Quantity(text) else {
      throw SchemaError(
        path: path,
        message: "quantities must match the regular expression "
          + "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$', but found \(JSONWriter.text(value))")
    }
    return .string(quantity.description)
  }

  private var expectation: String {
    switch self {
    case .string: "a string"
    case .integer: "an integer"
    case .boolean: "true or false"
    case .quantity: "a quantity"
    case .integerOrString: "an integer or a string"
    case .opaque: "any value"
    case .list: "a list"
    case .map, .structure: "an object"
    case .atomic(let inner): inner.expectation
    }
  }

  /// The first field that is not declared, as a path; only server-side apply refuses those.
  func undeclaredField(in value: JSONValue, path: String = "") -> String? {
    switch (self, value) {
    case (.atomic(let inner), _): return inner.undeclaredField(in: value, path: path)
    case (.list(let item, _), .array(let items)):
      return items.enumerated().lazy
        .compactMap { item.undeclaredField(in: $0.element, path: "\(path)[\($0.offset)]") }.first
    case (.map(let item), .object(let members)):
      return members.sorted { $0.key < $1.key }.lazy
        .compactMap { item.undeclaredField(in: $0.value, path: "\(path).\($0.key)") }.first
    case (.structure(let fields), .object(let members)):
      for (name, value) in members.sorted(by: { $0.key < $1.key }) {
        guard let schema = fields[name] else { return "\(path).\(name)" }
        if let found = schema.undeclaredField(in: value, path: "\(path).\(name)") { return found }
      }
      return nil
    default: return nil
    }
  }
}
