/// RFC 6902.
enum JSONPatch {
  private static let refused = StatusError(
    code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request")

  static func apply(_ patch: JSONValue, to target: JSONValue) throws(StatusError) -> JSONValue {
    guard let operations = patch.list else { throw .badRequest("a JSON patch is a list of operations") }
    var result = target
    for operation in operations {
      guard let name = operation["op"]?.text, let path = operation["path"]?.text.flatMap(pointer) else { throw refused }
      switch name {
      case "add":
        guard let value = operation["value"] else { throw refused }
        try set(value, at: path, in: &result, inserting: true)
      case "replace":
        guard let value = operation["value"], get(path, from: result) != nil else { throw refused }
        try set(value, at: path, in: &result, inserting: false)
      case "remove": try remove(path, from: &result)
      case "test":
        guard get(path, from: result) == operation["value"] else { throw refused }
      case "move", "copy":
        guard let from = operation["from"]?.text.flatMap(pointer), let value = get(from, from: result) else {
          throw refused
        }
        if name == "move" { try remove(from, from: &result) }
        try set(value, at: path, in: &result, inserting: true)
      default: throw refused
      }
    }
    return result
  }

  private static func pointer(_ text: String) -> [String]? {
    if text.isEmpty { return [] }
    guard text.hasPrefix("/") else { return nil }
    return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
      String($0).replacing("~1", with: "/").replacing("~0", with: "~")
    }
  }

  private static func get(_ path: [String], from value: JSONValue) -> JSONValue? {
    path.reduce(Optional(value)) { value, key in
      guard let items = value?.list else { return value?[key] }
      return Int(key).flatMap { items.indices.contains($0) ? items[$0] : nil }
    }
  }

  /// Changes the container that holds the last element of the path.
  private static func edit(
    _ path: [String], in value: inout JSONValue,
    _ change: (inout JSONValue, String) throws(StatusError) -> Void
  ) throws(StatusError) {
    guard let first = path.first else { throw refused }
    if path.count == 1 { return try change(&value, first) }
    guard var child = get([first], from: value) else { throw refused }
    try edit(Array(path.dropFirst()), in: &child, change)
    if case .array(var items) = value, let index = Int(first) {
      items[index] = child
      value = .array(items)
    } else {
      value[first] = child
    }
  }

  private static func set(
    _ new: JSONValue, at path: [String], in value: inout JSONValue, inserting: Bool
  ) throws(StatusError) {
    if path.isEmpty {
      value = new
      return
    }
    try edit(path, in: &value) { (container, key) throws(StatusError) in
      guard case .array(var items) = container else {
        guard case .object = container else { throw refused }
        container[key] = new
        return
      }
      guard let index = key == "-" ? items.count : Int(key), (0...items.count).contains(index) else { throw refused }
      if inserting { items.insert(new, at: index) } else { items[index] = new }
      container = .array(items)
    }
  }

  private static func remove(_ path: [String], from value: inout JSONValue) throws(StatusError) {
    try edit(path, in: &value) { (container, key) throws(StatusError) in
      guard case .array(var items) = container else {
        guard container[key] != nil else { throw refused }
        container[key] = nil
        return
      }
      guard let index = Int(key), items.indices.contains(index) else { throw refused }
      items.remove(at: index)
      container = .array(items)
    }
  }
}
