/// Refuses, before a parser sees them, YAML texts whose nesting would use up the stack.
enum YAMLGuard {
  /// Flow collections open at once, quotes not looked at.
  private static let maximumFlowDepth = 128
  /// Spaces and indicators at the start of a line: each may open a block.
  private static let maximumIndentation = 200

  static func check(_ bytes: [UInt8]) throws(DocumentErrors) {
    var (flow, indentation, atStart) = (0, 0, true)
    for (index, byte) in bytes.enumerated() {
      switch byte {
      case 0x0A, 0x0D: (indentation, atStart) = (0, true)
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
        if atStart { indentation += 1 }
      default:
        atStart = false
        if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { flow += 1 }
        if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { flow = max(0, flow - 1) }
      }
      guard flow <= maximumFlowDepth, indentation <= maximumIndentation else {
        throw DocumentErrors(
          "the text is nested too deeply", fr: "le texte est trop imbriqué",
          position: SourcePosition(of: index, in: bytes))
      }
    }
  }
}
