/// The aliases of a YAML text, which its parser never sees: it would write them out without bounds, to values so deep
/// that freeing them overflows the stack, and so large that comparing names never ends. In the text that it is given a
/// mark stands for the asterisk of each, which makes it a plain text.
struct YAMLAliases {
  /// The text with its marks.
  let marked: String
  /// A character that nothing in the text comes to; nil where nothing in it may be an alias.
  private let mark: Unicode.Scalar?

  init(in text: String) throws(DocumentErrors) {
    let bytes = Array(text.utf8)
    // In texts too, which nothing tells from aliases before they are parsed.
    let asterisks = bytes.indices.filter { index in
      bytes[index] == UInt8(ascii: "*") && index + 1 < bytes.count && Self.isName(bytes[index + 1])
    }
    guard !asterisks.isEmpty else {
      marked = text
      mark = nil
      return
    }
    guard let unused = Self.unused(in: text) else {
      throw DocumentErrors(
        "the text may have aliases, and has every character of private use",
        fr: "le texte a peut-être des alias, et il a tous les caractères à usage privé", position: .start)
    }
    var (result, start): ([UInt8], Int) = ([], 0)
    for asterisk in asterisks {
      result += bytes[start..<asterisk]
      result += String(unused).utf8
      start = asterisk + 1
    }
    result += bytes[start...]
    marked = String(decoding: result, as: UTF8.self)
    mark = unused
  }

  /// A part of the marked text as it was written.
  func written(_ text: String) -> String {
    guard let mark, text.unicodeScalars.contains(mark) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == mark ? "*" : $0 }))
  }

  /// What a plain text of the marked one asks for as an alias; nil where it is none.
  func name(_ text: String) -> String? {
    guard let mark, text.unicodeScalars.first == mark else { return nil }
    return String(String.UnicodeScalarView(text.unicodeScalars.dropFirst()))
  }

  private static func unused(in text: String) -> Unicode.Scalar? {
    let used = Self.used(in: text)
    for value in UInt32(0xE000)...0xF8FF {
      if let scalar = Unicode.Scalar(value), !used.contains(scalar) { return scalar }
    }
    return nil
  }

  /// The characters of a text, and those that its parser makes of `\uE000` and `\U0000E000`, which it undoes when the
  /// marks are there already. What looks like one of these where it is none counts too.
  private static func used(in text: String) -> Set<Unicode.Scalar> {
    var used = Set(text.unicodeScalars)
    let bytes = Array(text.utf8)
    for index in bytes.indices.dropLast() where bytes[index] == UInt8(ascii: "\\") {
      let length =
        switch bytes[index + 1] {
        case UInt8(ascii: "u"): 4
        case UInt8(ascii: "U"): 8
        default: 0
        }
      let digits = String(decoding: bytes[(index + 2)...].prefix(length), as: UTF8.self)
      if let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) { used.insert(scalar) }
    }
    return used
  }

  /// Whether a byte may stand in the name of an anchor.
  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
