/// A JSON tree. Integers and decimals are told apart because Kubernetes tells them apart.
enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

// Not by a nil literal: `condition ? nil : value` would mean null where no value is meant.
extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  init(stringLiteral value: String) { self = .string(value) }
  init(integerLiteral value: Int64) { self = .integer(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }
}

extension JSONValue {
  var text: String? { if case .string(let value) = self { value } else { nil } }
  var flag: Bool? { if case .bool(let value) = self { value } else { nil } }
  var int: Int64? { if case .integer(let value) = self { value } else { nil } }
  var list: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  var fields: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }

  /// The member of an object; nil in every other case. Setting nil removes it; setting on a non-object makes it one.
  subscript(_ key: String) -> JSONValue? {
    get { fields?[key] }
    set {
      var members = fields ?? [:]
      members[key] = newValue
      self = .object(members)
    }
  }

  /// The value below a path of object members.
  subscript(path path: [String]) -> JSONValue? {
    get { path.reduce(Optional(self)) { value, key in value?[key] } }
    set {
      guard let first = path.first else {
        self = newValue ?? .null
        return
      }
      guard path.count > 1 else {
        self[first] = newValue
        return
      }
      if newValue == nil, self[first] == nil { return }
      var child = self[first] ?? .object([:])
      child[path: Array(path.dropFirst())] = newValue
      self[first] = child
    }
  }

  /// The strings of an array of strings; empty in every other case.
  var texts: [String] { list?.compactMap(\.text) ?? [] }

  /// The members of an object whose values are strings.
  var textMap: [String: String] { fields?.compactMapValues(\.text) ?? [:] }

  /// Whether this is an object or array without members.
  var isEmptyContainer: Bool {
    switch self {
    case .array(let items): items.isEmpty
    case .object(let members): members.isEmpty
    default: false
    }
  }
}
