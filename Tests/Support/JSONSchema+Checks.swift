internal import Foundation

extension JSONSchema {
  /// Keywords that demand nothing.
  private static let annotations: Set<String> = [
    "description", "title", "examples", "example", "default", "readOnly", "$comment", "$schema", "$id", "$defs",
  ]

  func check(_ value: Any, against schema: Node, at path: String) throws -> [String] {
    var problems = try schema.flatMap { try check(value, $0.key, $0.value, of: schema, at: path) }
    if undescribed == .refused, let object = value as? Node, schema["type"] as? String == "object",
      schema["additionalProperties"] == nil
    {
      let known = schema["properties"] as? Node ?? [:]
      problems += object.keys.filter { known[$0] == nil }.map { "\(path): \($0) is not described" }
    }
    return problems
  }

  private func check(
    _ value: Any, _ keyword: String, _ demand: Any, of schema: Node, at path: String
  ) throws -> [String] {
    switch keyword {
    case "$ref": return try check(value, against: node(at: demand as? String ?? ""), at: path)
    case "type": return Self.isOfType(value, demand) ? [] : ["\(path): not of type \(demand)"]
    case "enum":
      let isAllowed = (demand as? [Any] ?? []).contains { Self.same($0, value) }
      return isAllowed ? [] : ["\(path): \(value) is not one of \(demand)"]
    case "const": return Self.same(demand, value) ? [] : ["\(path): \(value) is not \(demand)"]
    case "allOf", "anyOf", "oneOf": return try checkAlternatives(value, keyword, demand, at: path)
    case "properties", "required", "additionalProperties", "minProperties", "maxProperties", "propertyNames":
      guard let object = value as? Node else { return [] }
      return try checkObject(object, keyword, demand, of: schema, at: path)
    case "items", "minItems", "maxItems", "uniqueItems":
      guard Self.isOfType(value, "array"), let array = value as? [Any] else { return [] }
      return try checkArray(array, keyword, demand, at: path)
    case "pattern", "minLength", "maxLength", "format":
      guard let text = value as? String else { return try Self.checkFormat(value, keyword, demand, at: path) }
      return try Self.checkText(text, keyword, demand, at: path)
    case "minimum", "maximum":
      guard Self.isNumber(value), let number = value as? NSNumber, let bound = demand as? NSNumber else { return [] }
      // Comparing the objects themselves goes wrong where one holds a fraction and the other does not.
      let (found, limit) = (number.doubleValue, bound.doubleValue)
      let isWithin = keyword == "minimum" ? found >= limit : found <= limit
      return isWithin ? [] : ["\(path): \(number) breaks \(keyword) \(bound)"]
    case _ where Self.annotations.contains(keyword): return []
    default: throw TestSupportError("the schema keyword \(keyword) is not known to the tests")
    }
  }

  private func checkAlternatives(_ value: Any, _ keyword: String, _ demand: Any, at path: String) throws -> [String] {
    let results = try (demand as? [Node] ?? []).map { try check(value, against: $0, at: path) }
    let holding = results.filter(\.isEmpty).count
    switch keyword {
    case "allOf": return results.flatMap(\.self)
    case "anyOf" where holding > 0, "oneOf" where holding == 1: return []
    default: return ["\(path): \(holding) of \(results.count) alternatives (\(keyword)) hold"] + results.flatMap(\.self)
    }
  }

  private func checkObject(
    _ object: Node, _ keyword: String, _ demand: Any, of schema: Node, at path: String
  ) throws -> [String] {
    let known = schema["properties"] as? [String: Node] ?? [:]
    switch keyword {
    case "properties":
      return try known.flatMap { name, schema in
        try object[name].map { try check($0, against: schema, at: "\(path).\(name)") } ?? []
      }
    case "required":
      return (demand as? [String] ?? []).filter { object[$0] == nil }.map { "\(path): \($0) is missing" }
    case "additionalProperties":
      let others = object.filter { known[$0.key] == nil }
      if let schema = demand as? Node {
        return try others.flatMap { try check($0.value, against: schema, at: "\(path).\($0.key)") }
      }
      return demand as? Bool == false ? others.keys.map { "\(path): \($0) is not known" } : []
    case "propertyNames":
      guard let schema = demand as? Node else { return [] }
      return try object.keys.flatMap { try check($0, against: schema, at: "\(path){\($0)}") }
    case "minProperties": return object.count >= demand as? Int ?? 0 ? [] : ["\(path): too few members"]
    default: return object.count <= demand as? Int ?? .max ? [] : ["\(path): too many members"]
    }
  }

  private func checkArray(_ array: [Any], _ keyword: String, _ demand: Any, at path: String) throws -> [String] {
    switch keyword {
    case "items":
      guard let schema = demand as? Node else { return [] }
      return try array.enumerated().flatMap { try check($0.element, against: schema, at: "\(path)[\($0.offset)]") }
    case "minItems": return array.count >= demand as? Int ?? 0 ? [] : ["\(path): too few items"]
    case "maxItems": return array.count <= demand as? Int ?? .max ? [] : ["\(path): too many items"]
    default:
      let isRepeated = array.indices.contains { index in array[..<index].contains { Self.same($0, array[index]) } }
      return isRepeated && demand as? Bool == true ? ["\(path): items are repeated"] : []
    }
  }
}
