/// Why a text is not JSON, and where.
struct JSONParseError: Error, Equatable {
  var offset: Int
  var message: String
}

/// A strict RFC 8259 reader. Nesting is bounded because the text comes from outside.
struct JSONParser {
  private static let maximumDepth = 128
  private let bytes: [UInt8]
  private var position = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  static func parse(_ bytes: [UInt8]) throws(JSONParseError) -> JSONValue {
    var parser = JSONParser(bytes)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == bytes.count else { throw parser.failure("unexpected text after the value") }
    return value
  }

  static func parse(_ text: String) throws(JSONParseError) -> JSONValue { try parse(Array(text.utf8)) }

  private func failure(_ message: String) -> JSONParseError { JSONParseError(offset: position, message: message) }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: Character) -> Bool {
    skipSpace()
    guard current == byte.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONParseError) -> JSONValue {
    guard depth < Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth) levels") }
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try number()
    case .some: throw failure("looking for beginning of value")
    case nil: throw failure("unexpected end of JSON input")
    }
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
    guard bytes[position...].starts(with: text.utf8) else { throw failure("looking for beginning of value") }
    position += text.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(JSONParseError) -> JSONValue {
    position += 1
    var members: [String: JSONValue] = [:]
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw failure("looking for beginning of object key string") }
      let key = try string()
      guard take(":") else { throw failure("expected ':' after object key") }
      members[key] = try value(depth: depth + 1)
    } while take(",")
    guard take("}") else { throw failure("expected ',' or '}' in object") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(JSONParseError) -> JSONValue {
    position += 1
    var items: [JSONValue] = []
    if take("]") { return .array(items) }
    repeat { items.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw failure("expected ',' or ']' in array") }
    return .array(items)
  }

  private mutating func number() throws(JSONParseError) -> JSONValue {
    let start = position
    while let byte = current, "+-.eE0123456789".utf8.contains(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    let wellFormed =
      digits.first?.isNumber == true && !(digits.hasPrefix("0") && digits.dropFirst().first?.isNumber == true)
    if wellFormed, let integer = Int64(text) { return .integer(integer) }
    guard wellFormed, digits.last?.isNumber == true, let double = Double(text), double.isFinite else {
      throw failure("invalid number '\(text)'")
    }
    return .number(double)
  }

  private mutating func string() throws(JSONParseError) -> String {
    position += 1
    var text: [UInt8] = []
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let result = String(validating: text, as: UTF8.self) else { throw failure("invalid UTF-8 in string") }
        return result
      case UInt8(ascii: "\\"): text.append(contentsOf: try escape().utf8)
      case 0..<0x20: throw failure("invalid control character in string literal")
      default: text.append(byte)
      }
    }
    throw failure("unexpected end of JSON input")
  }

  private mutating func escape() throws(JSONParseError) -> String {
    guard let byte = current else { throw failure("unexpected end of JSON input") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return String(UnicodeScalar(byte))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw failure("invalid character in string escape code")
    }
  }

  /// A `\u` escape; a lone surrogate becomes U+FFFD, as in Go's decoder.
  private mutating func unicodeEscape() throws(JSONParseError) -> String {
    let high = try hexadecimal()
    if let scalar = UnicodeScalar(high) { return String(Character(scalar)) }
    let following = bytes[position...].prefix(2)
    guard (0xD800..<0xDC00).contains(high), following.elementsEqual("\\u".utf8) else { return "\u{FFFD}" }
    let rewind = position
    position += 2
    let low = try hexadecimal()
    guard (0xDC00..<0xE000).contains(low),
      let scalar = UnicodeScalar(0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
    else {
      position = rewind
      return "\u{FFFD}"
    }
    return String(Character(scalar))
  }

  private mutating func hexadecimal() throws(JSONParseError) -> UInt16 {
    guard position + 4 <= bytes.count,
      bytes[position..<position + 4].allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
      let value = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw failure("invalid character in \\u hexadecimal character escape") }
    position += 4
    return value
  }
}
