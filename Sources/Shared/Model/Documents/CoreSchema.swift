/// How YAML 1.2 reads a plain scalar.
enum CoreSchema {
  static func content(_ text: String) -> Tree.Content {
    switch text {
    case "", "~", "null", "Null", "NULL": .null
    case "true", "True", "TRUE": .bool(true)
    case "false", "False", "FALSE": .bool(false)
    default: isNumber(text) ? .number(text) : .text(text)
    }
  }

  private static func isNumber(_ text: String) -> Bool {
    var rest = text.utf8[...]
    if let prefix = ["0x", "0o"].first(where: { text.hasPrefix($0) }) {
      rest = rest.dropFirst(2)
      return !rest.isEmpty && Int(String(text.dropFirst(2)), radix: prefix == "0x" ? 16 : 8) != nil
    }
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    if [".inf", ".Inf", ".INF"].contains(String(rest) ?? "") { return true }
    if [".nan", ".NaN", ".NAN"].contains(text) { return true }
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      fraction = rest.dropFirst().prefix(while: isDigit).count
      rest = rest.dropFirst(1 + fraction)
    }
    guard whole.count + fraction > 0 else { return false }
    guard rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") else { return rest.isEmpty }
    rest = rest.dropFirst()
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    return !rest.isEmpty && rest.allSatisfy(isDigit)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
