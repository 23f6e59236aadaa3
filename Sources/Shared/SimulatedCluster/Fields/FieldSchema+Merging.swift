extension FieldSchema {
  /// The fields an applied configuration speaks of: leaves, map entries and list items.
  func fieldSet(of value: JSONValue) -> FieldSet {
    var result = FieldSet()
    collect(value, at: [], into: &result)
    return result
  }

  private func collect(_ value: JSONValue, at path: [String], into set: inout FieldSet) {
    guard isGranular else { return set.insert(path) }
    let owned: Bool = if case .structure = self { false } else { true }
    for (element, part) in parts(of: value) {
      part.schema.collect(part.value, at: path + [element], into: &set)
      if owned { set.insert(path + [element]) }
    }
  }

  /// What differs between two values of this shape. A granular value that appears or goes counts itself with its parts.
  func difference(from old: JSONValue?, to new: JSONValue?) -> FieldDifference {
    var result = FieldDifference()
    compare(old, new, at: [], into: &result)
    return result
  }

  private func compare(_ old: JSONValue?, _ new: JSONValue?, at path: [String], into result: inout FieldDifference) {
    if old == new { return }
    let granular = isGranular
    switch (old, new) {
    case (nil, .some): result.added.insert(path)
    case (.some, nil): result.removed.insert(path)
    default: if !granular { result.modified.insert(path) }
    }
    guard granular else { return }
    let before = parts(of: old)
    let after = parts(of: new)
    for element in Set(before.keys).union(after.keys) {
      let schema = after[element]?.schema ?? before[element]?.schema ?? .opaque
      schema.compare(before[element]?.value, after[element]?.value, at: path + [element], into: &result)
    }
  }

  /// The live value with the applied one laid over it.
  func merged(_ live: JSONValue?, applied: JSONValue) -> JSONValue {
    guard isGranular, let live else { return applied }
    switch (self, live, applied) {
    case (.list(let item, let kind), .array(let old), .array(let new)):
      let replacements = parts(of: applied)
      var kept = old.map { value -> JSONValue in
        guard let element = kind.element(of: value), let part = replacements[element] else { return value }
        return item.merged(value, applied: part.value)
      }
      let present = Set(parts(of: live).keys)
      kept += new.filter { value in kind.element(of: value).map { !present.contains($0) } ?? true }
      return .array(kept)
    case (_, .object(let old), .object(let new)):
      let schemas = parts(of: .object(new))
      return .object(
        new.reduce(into: old) { result, member in
          let schema = schemas[FieldSet.field(member.key)]?.schema ?? .opaque
          result[member.key] = schema.merged(old[member.key], applied: member.value)
        })
    default: return applied
    }
  }

  /// The value without the parts for which `isRemoved` says so, deepest first.
  func removing(
    from value: JSONValue, at path: [String] = [], where isRemoved: ([String]) -> Bool
  ) -> JSONValue? {
    guard isGranular else { return isRemoved(path) ? nil : value }
    if !path.isEmpty, isRemoved(path) { return nil }
    switch (self, value) {
    case (.list(let item, let kind), .array(let items)):
      return .array(
        items.compactMap { value in
          guard let element = kind.element(of: value) else { return value }
          return item.removing(from: value, at: path + [element], where: isRemoved)
        })
    case (_, .object(let members)):
      let schemas = parts(of: value)
      var result: [String: JSONValue] = [:]
      for (name, value) in members {
        let element = FieldSet.field(name)
        let schema = schemas[element]?.schema ?? .opaque
        result[name] = schema.removing(from: value, at: path + [element], where: isRemoved)
      }
      return .object(result)
    default: return value
    }
  }
}

/// The fields in which two values of one shape differ.
struct FieldDifference: Equatable {
  var added = FieldSet()
  var modified = FieldSet()
  var removed = FieldSet()
}
