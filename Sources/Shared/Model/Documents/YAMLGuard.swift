/// Refuses, before a parser sees them, YAML texts that are cheap to write and dear to read: nesting that would use up the
/// stack, and aliases that write out to more than anyone means.
enum YAMLGuard {
  /// Flow collections open at once, quotes not looked at.
  private static let maximumFlowDepth = 128
  /// Spaces and indicators at the start of a line: each may open a block.
  private static let maximumIndentation = 200
  /// What a text may grow to when its aliases are written out, in bytes.
  private static let maximumExpansion = 4 << 20

  static func check(_ bytes: [UInt8]) throws(DocumentErrors) {
    try checkNesting(bytes)
    guard let index = firstExcess(bytes) else { return }
    throw DocumentErrors(
      "the aliases of the text write out to too much", fr: "les alias du texte produisent trop de données",
      accepted: "≤ \(maximumExpansion) bytes", position: SourcePosition(of: index, in: bytes))
  }

  private static func checkNesting(_ bytes: [UInt8]) throws(DocumentErrors) {
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

  /// Where an upper bound of the size with aliases written out is too much. An anchored value ends before its first alias, so what lies
  /// between the two bounds it. Every `&name` and `*name` counts, in texts too.
  private static func firstExcess(_ bytes: [UInt8]) -> Int? {
    var starts: [ArraySlice<UInt8>: Int] = [:]
    var sizes: [ArraySlice<UInt8>: Int] = [:]
    var total = 0
    for (index, byte) in bytes.enumerated() {
      total += 1
      guard byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*") else { continue }
      let name = bytes[(index + 1)...].prefix(while: isName)
      guard !name.isEmpty else { continue }
      if byte == UInt8(ascii: "&") {
        starts[name] = total
        sizes[name] = nil
      } else if let start = starts[name] {
        let size = sizes[name] ?? total - start
        sizes[name] = size
        total += size
        if total > maximumExpansion { return index }
      }
    }
    return nil
  }

  private static func isName(_ byte: UInt8) -> Bool {
    let scalar = Unicode.Scalar(byte)
    return scalar.properties.isAlphabetic && scalar.isASCII || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}
