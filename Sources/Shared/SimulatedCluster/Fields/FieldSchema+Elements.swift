extension FieldSchema {
  /// Whether values of this shape have parts with owners of their own.
  var isGranular: Bool {
    switch self {
    case .map, .structure, .list(_, .set), .list(_, .keyed): true
    default: false
    }
  }

  /// The parts of a granular value by path element, each with its shape; empty for everything else.
  func parts(of value: JSONValue?) -> [String: (schema: FieldSchema, value: JSONValue)] {
    switch (self, value) {
    case (.map(let item), .object(let members)):
      return Dictionary(uniqueKeysWithValues: members.map { (FieldSet.field($0.key), (item, $0.value)) })
    case (.structure(let fields), .object(let members)):
      return Dictionary(
        uniqueKeysWithValues: members.map { (FieldSet.field($0.key), (fields[$0.key] ?? .opaque, $0.value)) })
    case (.list(let item, let kind), .array(let items)):
      return items.reduce(into: [:]) { result, value in
        if let element = kind.element(of: value) { result[element] = (item, value) }
      }
    default: return [:]
    }
  }
}

extension FieldSchema.ListKind {
  /// The path element of a list item; nil in atomic lists, whose items have none.
  func element(of item: JSONValue) -> String? {
    switch self {
    case .atomic: return nil
    case .set: return "v:\(JSONWriter.text(item))"
    case .keyed(let names):
      let key = Dictionary(uniqueKeysWithValues: names.map { ($0, item[$0] ?? .null) })
      return "k:\(JSONWriter.text(.object(key)))"
    }
  }
}
