internal import Foundation

extension JSONSchema {
  static func checkText(_ text: String, _ keyword: String, _ demand: Any, at path: String) throws -> [String] {
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

  /// `format` of what is no text: the widths of numbers.
  static func checkFormat(_ value: Any, _ keyword: String, _ demand: Any, at path: String) throws -> [String] {
    guard keyword == "format", isNumber(value), let number = value as? NSNumber else { return [] }
    switch demand as? String {
    case "int64": return Int64(exactly: number) != nil ? [] : ["\(path): \(number) is not an int64"]
    case "int32": return Int32(exactly: number) != nil ? [] : ["\(path): \(number) is not an int32"]
    default: throw TestSupportError("the format \(demand) is not known to the tests")
    }
  }

  private static func isOfFormat(_ text: String, _ format: String) throws -> Bool {
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

  static func isOfType(_ value: Any, _ demand: Any) -> Bool {
    if let types = demand as? [String] { return types.contains { isOfType(value, $0) } }
    switch demand as? String {
    case "object": return value is Node
    case "array": return value is [Any] && !(value is String) && !(value is Node)
    case "string": return value is String
    case "boolean": return isBoolean(value)
    case "number": return isNumber(value)
    case "integer":
      guard isNumber(value), let number = (value as? NSNumber)?.doubleValue else { return false }
      return number.rounded() == number
    case "null": return value is NSNull
    default: return false
    }
  }

  /// Whether two values are the same JSON.
  static func same(_ one: Any, _ other: Any) -> Bool {
    func text(_ value: Any) -> Data? {
      try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
    }
    return text(one).map { $0 == text(other) } ?? false
  }

  /// `JSONSerialization` shows booleans as numbers whose C type is a char.
  private static func isBoolean(_ value: Any) -> Bool {
    guard let number = value as? NSNumber else { return false }
    return String(cString: number.objCType) == "c"
  }

  static func isNumber(_ value: Any) -> Bool { value is NSNumber && !(value is String) && !isBoolean(value) }
}
