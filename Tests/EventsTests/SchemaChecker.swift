import Foundation

/// Checks JSON against the part of JSON Schema that `docs/bus/schemas` uses; any other keyword is a complaint, so that none
/// is passed over in silence.
struct SchemaChecker {
  typealias Node = [String: Any]

  private static let known: Set<String> = [
    "$schema", "$id", "$defs", "$ref", "title", "description", "type", "format", "enum", "required", "properties",
    "items", "minimum", "maxItems",
  ]
  private let root: Node
  /// Properties that were met, as `path` of the schema, so that a full sample can be seen to have them all.
  private(set) var met: Set<String> = []
  private(set) var complaints: [String] = []

  init(_ root: Node) { self.root = root }

  mutating func check(_ value: Any) { check(value, root, path: "") }

  /// Follows a reference within the document.
  func resolve(_ node: Node) -> Node {
    guard let name = (node["$ref"] as? String)?.split(separator: "/").last else { return node }
    return (root["$defs"] as? Node)?[String(name)] as? Node ?? ["type": "missing \(name)"]
  }

  /// Paths of all properties of the schema, through references and items.
  func allProperties() -> Set<String> { properties(of: root, path: "") }

  private func properties(of node: Node, path: String) -> Set<String> {
    let node = resolve(node)
    var found: Set<String> = []
    for (name, member) in node["properties"] as? Node ?? [:] {
      found.insert("\(path)/\(name)")
      found.formUnion(properties(of: member as? Node ?? [:], path: "\(path)/\(name)"))
    }
    if let items = node["items"] as? Node { found.formUnion(properties(of: items, path: path)) }
    return found
  }

  private mutating func check(_ value: Any, _ node: Node, path: String) {
    let node = resolve(node)
    for keyword in node.keys where !Self.known.contains(keyword) { complain(path, "keyword \(keyword)") }
    if let type = node["type"] as? String, !Self.isOf(type, value) { complain(path, "is not a \(type)") }
    if let allowed = node["enum"] as? [String], !allowed.contains(value as? String ?? "") { complain(path, "not in enum") }
    if let least = node["minimum"] as? Int, (value as? Int ?? 0) < least { complain(path, "below \(least)") }
    if let object = value as? Node { check(members: object, node, path: path) }
    if let array = value as? [Any] {
      if array.count > node["maxItems"] as? Int ?? .max { complain(path, "too many items") }
      for item in array { check(item, node["items"] as? Node ?? [:], path: path) }
    }
  }

  private mutating func check(members: Node, _ node: Node, path: String) {
    let properties = node["properties"] as? Node ?? [:]
    for name in node["required"] as? [String] ?? [] where members[name] == nil { complain(path, "\(name) is missing") }
    for (name, member) in members {
      met.insert("\(path)/\(name)")
      guard let schema = properties[name] as? Node else {
        complain(path, "\(name) is not described")
        continue
      }
      check(member, schema, path: "\(path)/\(name)")
    }
  }

  private mutating func complain(_ path: String, _ what: String) { complaints.append("\(path): \(what)") }

  private static func isOf(_ type: String, _ value: Any) -> Bool {
    let isBoolean = (value as? NSNumber).map { CFBooleanLike.isBoolean($0) } ?? (value is Bool)
    switch type {
    case "object": return value is Node
    case "array": return value is [Any]
    case "string": return value is String
    case "boolean": return isBoolean
    case "integer": return !isBoolean && value is Int
    default: return false
    }
  }
}

/// `JSONSerialization` shows booleans as numbers whose C type is a char.
private enum CFBooleanLike {
  static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
