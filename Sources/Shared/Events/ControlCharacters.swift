/// Control characters in what comes from outside. Postgres stores no text with U+0000, terminals obey U+001B, and none
/// of them says anything to people: what Régie writes shows them (`\u0000`) instead of holding them.
enum ControlCharacters {
  /// `text` with each control character written out.
  static func shown(_ text: some Sequence<Unicode.Scalar>) -> String {
    var shown = String.UnicodeScalarView()
    for scalar in text {
      if scalar.properties.generalCategory == .control {
        shown.append(contentsOf: "\\u\(hexadecimal(scalar.value))".unicodeScalars)
      } else {
        shown.append(scalar)
      }
    }
    return String(shown)
  }

  /// Whether there is any in `text`, as bytes of UTF-8.
  static func stand(in text: [UInt8]) -> Bool {
    text.indices.contains { text[$0] < 0x20 || text[$0] == 0x7F || isLateControl(text, at: $0) }
  }

  /// A JSON document whose strings show what they held: of every string at any depth, so that no field is forgotten.
  ///
  /// - Parameter json: what an encoder wrote, in one line.
  static func shown(inJSON json: [UInt8]) -> [UInt8] {
    var shown: [UInt8] = []
    shown.reserveCapacity(json.count)
    var index = 0
    while index < json.count {
      let byte = json[index]
      if byte == backslash, index + 1 < json.count {
        // A backslash before an escape makes its text of it; a quotation mark and the like are no control characters.
        if !#""\/"#.utf8.contains(json[index + 1]) { shown.append(backslash) }
        shown += [byte, json[index + 1]]
        index += 2
      } else if byte == 0x7F {
        shown += Array(#"\\u007F"#.utf8)
        index += 1
      } else if isLateControl(json, at: index) {
        shown += Array("\\\\u\(hexadecimal(UInt32(json[index + 1])))".utf8)
        index += 2
      } else {
        shown.append(byte)
        index += 1
      }
    }
    return shown
  }

  /// Whether a JSON document holds U+0000 in any string, name or blank. One in UTF-16 or UTF-32 does as well, since
  /// every other byte of it may be one.
  static func nulStands(inJSON json: [UInt8]) -> Bool {
    var index = 0
    while index < json.count {
      if json[index] == 0 { return true }
      guard json[index] == backslash else {
        index += 1
        continue
      }
      // What follows a backslash begins no escape of its own.
      if json[index...].starts(with: #"\u0000"#.utf8) { return true }
      index += 2
    }
    return false
  }

  private static let backslash = UInt8(ascii: "\\")

  /// U+0080 to U+009F, two bytes each.
  private static func isLateControl(_ text: [UInt8], at index: Int) -> Bool {
    text[index] == 0xC2 && index + 1 < text.count && (0x80...0x9F).contains(text[index + 1])
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
