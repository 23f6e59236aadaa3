/// A set of field paths. A path element is kept in its fieldsV1 spelling: `f:name`, `k:{"uid":"…"}`, `v:"…"`.
struct FieldSet: Hashable, Sendable {
  /// Elements that are members themselves.
  private(set) var members: Set<String> = []
  /// Elements below which there are members.
  private(set) var children: [String: FieldSet] = [:]

  static func field(_ name: String) -> String { "f:\(name)" }

  var isEmpty: Bool { members.isEmpty && children.isEmpty }

  mutating func insert(_ path: [String]) {
    guard let first = path.first else { return }
    if path.count == 1 {
      members.insert(first)
    } else {
      children[first, default: FieldSet()].insert(Array(path.dropFirst()))
    }
  }

  func contains(_ path: [String]) -> Bool {
    guard let first = path.first else { return false }
    return path.count == 1
      ? members.contains(first) : children[first]?.contains(Array(path.dropFirst())) ?? false
  }

  /// Whether the path or anything below it is a member.
  func containsAny(atOrBelow path: [String]) -> Bool {
    guard let first = path.first else { return !isEmpty }
    if path.count == 1, members.contains(first) { return true }
    return children[first]?.containsAny(atOrBelow: Array(path.dropFirst())) ?? false
  }

  func union(_ other: FieldSet) -> FieldSet {
    var result = self
    result.members.formUnion(other.members)
    result.children.merge(other.children) { $0.union($1) }
    return result
  }

  func subtracting(_ other: FieldSet) -> FieldSet {
    combined(with: other, members: members.subtracting(other.members)) { child, opposite in
      opposite.map { child.subtracting($0) } ?? child
    }
  }

  func intersection(_ other: FieldSet) -> FieldSet {
    combined(with: other, members: members.intersection(other.members)) { child, opposite in
      opposite.map { child.intersection($0) } ?? FieldSet()
    }
  }

  private func combined(
    with other: FieldSet, members: Set<String>, child combine: (FieldSet, FieldSet?) -> FieldSet
  ) -> FieldSet {
    var result = FieldSet()
    result.members = members
    for (element, child) in children {
      let combined = combine(child, other.children[element])
      if !combined.isEmpty { result.children[element] = combined }
    }
    return result
  }

  /// Every member's path, in a stable order.
  var paths: [[String]] {
    let elements = members.union(children.keys).sorted()
    return elements.flatMap { element in
      (members.contains(element) ? [[element]] : []) + (children[element]?.paths ?? []).map { [element] + $0 }
    }
  }
}

extension FieldSet {
  /// The fieldsV1 form: an element without children maps to `{}`, one that is a member as well has a `.` inside.
  var fieldsV1: JSONValue {
    var result: [String: JSONValue] = [:]
    for member in members { result[member] = .object([:]) }
    for (element, child) in children {
      var inner = child.fieldsV1
      if members.contains(element) { inner["."] = .object([:]) }
      result[element] = inner
    }
    return .object(result)
  }

  /// Reads the fieldsV1 form; elements of an unknown spelling are kept as they are.
  init(fieldsV1: JSONValue) {
    for (element, value) in fieldsV1.fields ?? [:] where element != "." {
      let inner = value.fields ?? [:]
      if inner.isEmpty || inner["."] != nil { members.insert(element) }
      let child = FieldSet(fieldsV1: value)
      if !child.isEmpty { children[element] = child }
    }
  }

  /// A path as error messages show it: `.spec.hard.pods`, `.metadata.finalizers[="x/y"]`.
  static func display(_ path: [String]) -> String {
    path.map { element -> String in
      let body = String(element.dropFirst(2))
      switch element.first {
      case "v": return "[=\(body)]"
      case "k":
        let key = (try? JSONParser.parse(body))?.fields ?? [:]
        let pairs = key.sorted { $0.key < $1.key }.map { "\($0.key)=\(JSONWriter.text($0.value))" }
        return "[\(pairs.joined(separator: ","))]"
      default: return ".\(body)"
      }
    }.joined()
  }
}
