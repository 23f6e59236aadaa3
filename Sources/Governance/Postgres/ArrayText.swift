/// The server's text form of one-dimensional arrays: `{1,NULL,"a \"quoted\" one"}`.
enum ArrayText {
  static func encode(_ elements: [String?]) -> String {
    var text = "{"
    for (index, element) in elements.enumerated() {
      if index > 0 { text += "," }
      guard let element else {
        text += "NULL"
        continue
      }
      text += "\""
      for character in element.unicodeScalars {
        if character == "\"" || character == "\\" { text += "\\" }
        text.unicodeScalars.append(character)
      }
      text += "\""
    }
    return text + "}"
  }

  /// The elements, or `nil` where the text is not a one-dimensional array that starts at 1.
  static func decode(_ text: String) -> [String?]? {
    let bytes = Array(text.utf8)
    guard bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}"), bytes.count >= 2 else { return nil }
    var parser = Parser(bytes: bytes[1..<(bytes.count - 1)])
    return parser.elements()
  }

  private struct Parser {
    var bytes: ArraySlice<UInt8>

    mutating func elements() -> [String?]? {
      var elements: [String?] = []
      if bytes.isEmpty { return elements }
      while true {
        guard let element = element() else { return nil }
        elements.append(element)
        guard let comma = bytes.popFirst() else { return elements }
        guard comma == UInt8(ascii: ",") else { return nil }
      }
    }

    /// The outer optional tells of a syntax error, the inner of `NULL`.
    private mutating func element() -> String?? {
      if bytes.first == UInt8(ascii: "\"") { return quoted().map(Optional.some) }
      let end = bytes.firstIndex(of: UInt8(ascii: ",")) ?? bytes.endIndex
      let word = bytes[bytes.startIndex..<end]
      bytes = bytes[end...]
      if word.isEmpty || word.contains(UInt8(ascii: "{")) { return nil }
      let text = String(decoding: word, as: UTF8.self)
      return .some(text == "NULL" ? nil : text)
    }

    private mutating func quoted() -> String? {
      bytes.removeFirst()
      var content: [UInt8] = []
      while let byte = bytes.popFirst() {
        switch byte {
        case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
        case UInt8(ascii: "\\"):
          guard let escaped = bytes.popFirst() else { return nil }
          content.append(escaped)
        default: content.append(byte)
        }
      }
      return nil
    }
  }
}
