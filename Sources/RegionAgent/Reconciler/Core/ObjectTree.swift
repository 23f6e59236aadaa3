/// A JSON value, for comparing what is wanted with what is there field by field.
public enum ObjectTree: Sendable, Hashable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([ObjectTree])
  case object([String: ObjectTree])

  /// The member of an object; nil elsewhere.
  public subscript(key: String) -> ObjectTree? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  /// What stands at a path of members; nil where nothing does.
  func member(at path: [String]) -> ObjectTree? {
    path.reduce(Optional(self)) { tree, name in tree?[name] }
  }

  /// The tree with null at a path of members, which are made where they are not there.
  func emptied(at path: ArraySlice<String>) -> ObjectTree {
    guard let name = path.first else { return .null }
    guard case .object(var members) = self else { return ObjectTree.object([:]).emptied(at: path) }
    members[name] = (members[name] ?? .null).emptied(at: path.dropFirst())
    return .object(members)
  }

  /// The text of a string; nil elsewhere.
  public var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The members of an object whose values are strings.
  public var texts: [String: String] {
    guard case .object(let members) = self else { return [:] }
    return members.compactMapValues(\.text)
  }
}

extension ObjectTree: Codable {
  /// Decodes any JSON value.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let text = try? value.decode(String.self) {
      self = .string(text)
    } else if let members = try? value.decode([String: ObjectTree].self) {
      self = .object(members)
    } else if let elements = try? value.decode([ObjectTree].self) {
      self = .array(elements)
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else {
      self = .number(try value.decode(Double.self))
    }
  }

  /// Encodes the value as the JSON it stands for; whole numbers without a fraction.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .object(let members): try container.encode(members)
    case .array(let elements): try container.encode(elements)
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .number(let value):
      if let whole = Int64(exactly: value) { try container.encode(whole) } else { try container.encode(value) }
    case .string(let value): try container.encode(value)
    }
  }
}

extension ObjectTree: CustomStringConvertible {
  /// Compact text for a report: keys sorted, strings bare at the top.
  public var description: String {
    if case .string(let text) = self { return text }
    return rendered
  }

  private var rendered: String {
    switch self {
    case .null: "null"
    case .bool(let value): String(value)
    case .number(let value): Int64(exactly: value).map { String($0) } ?? String(value)
    case .string(let value): "\"\(value)\""
    case .array(let elements): "[\(elements.map(\.rendered).joined(separator: ","))]"
    case .object(let members):
      "{\(members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value.rendered)" }.joined(separator: ","))}"
    }
  }
}

extension ObjectTree: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  /// An array.
  public init(arrayLiteral elements: ObjectTree...) { self = .array(elements) }
  /// An object; a later member replaces an earlier one of the same name.
  public init(dictionaryLiteral elements: (String, ObjectTree)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
  }
}
