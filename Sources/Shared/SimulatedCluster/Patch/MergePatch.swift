/// RFC 7386.
enum MergePatch {
  static func apply(_ patch: JSONValue, to target: JSONValue) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    var result = target.fields ?? [:]
    for (name, change) in changes {
      result[name] = change == .null ? nil : apply(change, to: result[name] ?? [:])
    }
    return .object(result)
  }
}
