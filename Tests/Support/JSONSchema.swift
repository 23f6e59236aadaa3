public import Foundation

/// The part of JSON Schema (draft 2020-12) that this project's documents use, for tests that keep them true.
///
/// A keyword that is not known here is an error of the schema, so that no demand is passed over in silence.
public struct JSONSchema {
  private let document: [String: Any]

  /// A document, such as OpenAPI's, whose parts refer to each other by `#/…`.
  public init(document: Data) throws {
    guard let object = try JSONSerialization.jsonObject(with: document) as? [String: Any] else {
      throw TestSupportError("a schema document is a JSON object")
    }
    self.document = object
  }

  /// What `instance` has against the schema at `pointer` (`#/components/schemas/Project`); empty when it is valid.
  public func problems(of instance: Data, at pointer: String) throws -> [String] {
    let value = try JSONSerialization.jsonObject(with: instance, options: .fragmentsAllowed)
    return try check(value, against: resolve(pointer), at: "$")
  }

  private func resolve(_ pointer: String) throws -> [String: Any] {
    var node: Any = document
    for part in pointer.split(separator: "/").dropFirst() {
      let name = part.replacingOccurrences(of: "~1", with: "/").replacingOccurrences(of: "~0", with: "~")
      guard let next = (node as? [String: Any])?[name] else { throw TestSupportError("\(pointer) leads nowhere") }
      node = next
    }
    guard let schema = node as? [String: Any] else { throw TestSupportError("\(pointer) is not a schema") }
    return schema
  }

  private func check(_ value: Any, against schema: [String: Any], at path: String) throws -> [String] {
    var problems: [String] = []
    for (keyword, demand) in schema.sorted(by: { $0.key < $1.key }) {
      problems += try check(value, keyword, demand, of: schema, at: path)
    }
    return problems
  }

  private func check(
    _ value: Any, _ keyword: String, _ demand: Any, of schema: [String: Any], at path: String
  ) throws -> [String] {
    switch keyword {
    case "$ref": return try check(value, against: resolve(demand as? String ?? ""), at: path)
    case "type": return isOfType(value, demand) ? [] : ["\(path): not of type \(demand)"]
    case "enum":
      let allowed = (demand as? [Any] ?? []).map { "\($0)" }
      return allowed.contains("\(value)") ? [] : ["\(path): \(value) is not one of \(allowed)"]
    case "const": return "\(demand)" == "\(value)" ? [] : ["\(path): \(value) is not \(demand)"]
    case "allOf", "anyOf", "oneOf": return try checkAlternatives(value, keyword, demand, at: path)
    case "properties", "required", "additionalProperties", "minProperties", "maxProperties", "propertyNames":
      guard let object = value as? [String: Any] else { return [] }
      return try checkObject(object, keyword, demand, of: schema, at: path)
    case "items", "minItems", "maxItems", "uniqueItems":
      guard let array = value as? [Any], !(value is String) else { return [] }
      return try checkArray(array, keyword, demand, at: path)
    case "pattern", "minLength", "maxLength", "format":
      guard let text = value as? String else { return [] }
      return try checkText(text, keyword, demand, at: path)
    case "minimum", "maximum":
      guard Self.isNumber(value), let number = value as? NSNumber, let bound = demand as? NSNumber else { return [] }
      let isWithin =
        keyword == "minimum" ? number.doubleValue >= bound.doubleValue : number.doubleValue <= bound.doubleValue
      return isWithin ? [] : ["\(path): \(number) breaks \(keyword) \(bound)"]
    case "description", "title", "examples", "example", "default", "readOnly", "$comment": return []
    default: throw TestSupportError("the schema keyword \(keyword) is not known to the tests")
    }
  }

  private func checkAlternatives(_ value: Any, _ keyword: String, _ demand: Any, at path: String) throws -> [String] {
    let results = try (demand as? [[String: Any]] ?? []).map { try check(value, against: $0, at: path) }
    let holding = results.filter(\.isEmpty).count
    switch keyword {
    case "allOf": return results.flatMap(\.self)
    case "anyOf" where holding > 0, "oneOf" where holding == 1: return []
    default: return ["\(path): \(holding) of \(results.count) alternatives (\(keyword)) hold"] + results.flatMap(\.self)
    }
  }

  private func checkObject(
    _ object: [String: Any], _ keyword: String, _ demand: Any, of schema: [String: Any], at path: String
  ) throws -> [String] {
    let known = schema["properties"] as? [String: [String: Any]] ?? [:]
    switch keyword {
    case "properties":
      return try known.flatMap { name, schema in
        try object[name].map { try check($0, against: schema, at: "\(path).\(name)") } ?? []
      }
    case "required":
      return (demand as? [String] ?? []).filter { object[$0] == nil }.map { "\(path): \($0) is missing" }
    case "additionalProperties":
      let others = object.filter { known[$0.key] == nil }
      if let schema = demand as? [String: Any] {
        return try others.flatMap { try check($0.value, against: schema, at: "\(path).\($0.key)") }
      }
      return demand as? Bool == false ? others.keys.map { "\(path): \($0) is not known" } : []
    case "propertyNames":
      guard let schema = demand as? [String: Any] else { return [] }
      return try object.keys.flatMap { try check($0, against: schema, at: "\(path){\($0)}") }
    case "minProperties": return object.count >= demand as? Int ?? 0 ? [] : ["\(path): too few members"]
    default: return object.count <= demand as? Int ?? .max ? [] : ["\(path): too many members"]
    }
  }

  private func checkArray(_ array: [Any], _ keyword: String, _ demand: Any, at path: String) throws -> [String] {
    switch keyword {
    case "items":
      guard let schema = demand as? [String: Any] else { return [] }
      return try array.enumerated().flatMap { try check($0.element, against: schema, at: "\(path)[\($0.offset)]") }
    case "minItems": return array.count >= demand as? Int ?? 0 ? [] : ["\(path): too few items"]
    case "maxItems": return array.count <= demand as? Int ?? .max ? [] : ["\(path): too many items"]
    default: return Set(array.map { "\($0)" }).count == array.count ? [] : ["\(path): items are repeated"]
    }
  }

  private func checkText(_ text: String, _ keyword: String, _ demand: Any, at path: String) throws -> [String] {
    switch keyword {
    case "pattern":
      let expression = try NSRegularExpression(pattern: demand as? String ?? "")
      let isMatched = expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
      return isMatched ? [] : ["\(path): “\(text)” does not match \(demand)"]
    case "minLength": return text.unicodeScalars.count >= demand as? Int ?? 0 ? [] : ["\(path): too short"]
    case "maxLength": return text.unicodeScalars.count <= demand as? Int ?? .max ? [] : ["\(path): too long"]
    default: return try isOfFormat(text, demand as? String ?? "") ? [] : ["\(path): “\(text)” is not a \(demand)"]
    }
  }

  private func isOfFormat(_ text: String, _ format: String) throws -> Bool {
    switch format {
    case "uuid": UUID(uuidString: text) != nil
    case "date-time":
      text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/) != nil
    case "date": text.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil
    case "uri": URL(string: text)?.scheme != nil
    case "uri-reference": URL(string: text) != nil
    default: throw TestSupportError("the format \(format) is not known to the tests")
    }
  }

  private func isOfType(_ value: Any, _ demand: Any) -> Bool {
    if let types = demand as? [String] { return types.contains { isOfType(value, $0) } }
    switch demand as? String {
    case "object": return value is [String: Any]
    case "array": return value is [Any] && !(value is String)
    case "string": return value is String
    case "boolean": return Self.isBoolean(value)
    case "number": return Self.isNumber(value)
    case "integer": return Self.isNumber(value) && (value as? NSNumber).map { $0.doubleValue.rounded() == $0.doubleValue } ?? false
    case "null": return value is NSNull
    default: return false
    }
  }

  private static func isBoolean(_ value: Any) -> Bool {
    guard let number = value as? NSNumber else { return false }
    return String(cString: number.objCType) == "c"
  }

  private static func isNumber(_ value: Any) -> Bool { value is NSNumber && !(value is String) && !isBoolean(value) }
}
