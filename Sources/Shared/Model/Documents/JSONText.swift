/// Reads JSON (RFC 8259) as a ``Tree``: strict, bounded, duplicate names refused, with line numbers.
struct JSONText {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  /// A place in this line whose column is known, so that nothing is counted twice.
  private var known = (index: 0, column: 1)
  private var count = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The one value that the text holds.
  static func tree(_ bytes: [UInt8]) throws(DocumentErrors) -> Tree {
    try checkSize(bytes.count)
    var text = JSONText(bytes)
    let tree = try text.value(depth: 1)
    text.skipSpace()
    guard text.peek == nil else {
      throw text.problem("there is text after the end of the value", "il y a du texte après la fin de la valeur")
    }
    return tree
  }

  static func checkSize(_ count: Int) throws(DocumentErrors) {
    guard count <= Tree.maximumSize else {
      throw DocumentErrors(
        "the text is too large", fr: "le texte est trop gros", value: "\(count) bytes",
        accepted: "≤ \(Tree.maximumSize) bytes", position: .start)
    }
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func problem(_ message: String, _ messageFR: String, value: String? = nil) -> DocumentErrors {
    DocumentErrors(
      "not JSON: \(message)", fr: "JSON invalide : \(messageFR)", value: value,
      position: SourcePosition(line: line, column: column))
  }

  private var column: Int {
    known.column + bytes[known.index..<position].count(where: SourcePosition.startsScalar)
  }

  private mutating func here() -> SourcePosition {
    known = (position, column)
    return SourcePosition(line: line, column: known.column)
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
      if byte == 0x0A { (line, known) = (line + 1, (position, 1)) }
    }
  }

  private mutating func take(_ byte: Character) throws(DocumentErrors) {
    skipSpace()
    guard let wanted = byte.asciiValue, peek == wanted else {
      throw problem("“\(byte)” is missing", "« \(byte) » manque", value: excerpt)
    }
    position += 1
  }

  private var excerpt: String? {
    position < bytes.count ? String(decoding: bytes[position..<min(position + 20, bytes.count)], as: UTF8.self) : nil
  }

  private mutating func value(depth: Int) throws(DocumentErrors) -> Tree {
    count += 1
    guard depth <= Tree.maximumDepth, count <= Tree.maximumCount else {
      throw problem(
        "nested deeper than \(Tree.maximumDepth), or more than \(Tree.maximumCount) values",
        "plus de \(Tree.maximumDepth) niveaux ou de \(Tree.maximumCount) valeurs")
    }
    skipSpace()
    let start = here()
    return Tree(content: try content(depth: depth), position: start)
  }

  private mutating func content(depth: Int) throws(DocumentErrors) -> Tree.Content {
    switch peek {
    case UInt8(ascii: "{"): return try fields(depth: depth)
    case UInt8(ascii: "["): return try list(depth: depth)
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ content: Tree.Content) throws(DocumentErrors) -> Tree.Content {
    guard bytes[position...].starts(with: word.utf8) else { throw unexpected }
    position += word.utf8.count
    return content
  }

  private var unexpected: DocumentErrors {
    problem("a value was expected", "une valeur était attendue", value: excerpt)
  }

  private mutating func list(depth: Int) throws(DocumentErrors) -> Tree.Content {
    try take("[")
    skipSpace()
    var elements: [Tree] = []
    while peek != UInt8(ascii: "]") {
      if !elements.isEmpty { try take(",") }
      elements.append(try value(depth: depth + 1))
      skipSpace()
    }
    try take("]")
    return .list(elements)
  }

  private mutating func fields(depth: Int) throws(DocumentErrors) -> Tree.Content {
    try take("{")
    skipSpace()
    var fields: [Tree.Field] = []
    // Most objects have few fields, of which looking at all is quicker than keeping a set of names.
    var names: Set<String> = []
    while peek != UInt8(ascii: "}") {
      if !fields.isEmpty { try take(",") }
      skipSpace()
      let start = here()
      guard peek == UInt8(ascii: "\"") else {
        throw problem("a name was expected", "un nom était attendu", value: excerpt)
      }
      let name = try string()
      if fields.count == Tree.fewFields { names.formUnion(fields.map(\.name)) }
      let isNew =
        fields.count < Tree.fewFields
        ? !fields.contains { $0.name == name } : names.insert(name).inserted
      guard isNew else {
        throw problem("the same name twice in one object", "le même nom deux fois dans un objet", value: name)
      }
      try take(":")
      fields.append(Tree.Field(name: name, position: start, value: try value(depth: depth + 1)))
      skipSpace()
    }
    try take("}")
    return .fields(fields)
  }

  private mutating func number() throws(DocumentErrors) -> Tree.Content {
    let start = position
    if peek == UInt8(ascii: "-") { position += 1 }
    let whole = digits()
    guard whole > 0, whole == 1 || bytes[position - whole] != UInt8(ascii: "0") else { throw unexpected }
    if peek == UInt8(ascii: ".") {
      position += 1
      guard digits() > 0 else { throw unexpected }
    }
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      position += 1
      if peek == UInt8(ascii: "-") || peek == UInt8(ascii: "+") { position += 1 }
      guard digits() > 0 else { throw unexpected }
    }
    return .number(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func string() throws(DocumentErrors) -> String {
    position += 1
    // Up to the first escape a text is what stands there, and mostly that is all of it.
    let start = position
    while let byte = peek, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
    var text = bytes[start..<position]
    while let byte = peek, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else {
        throw problem("a control character in a text", "un caractère de contrôle dans un texte")
      }
      position += 1
      if byte == UInt8(ascii: "\\") { try escape(into: &text) } else { text.append(byte) }
    }
    guard peek != nil else { throw problem("a text does not end", "un texte ne se termine pas") }
    position += 1
    guard let string = String(validating: text, as: UTF8.self) else {
      throw problem("a text is not UTF-8", "un texte n’est pas en UTF-8")
    }
    guard !string.startsWithByteOrderMark else {
      throw problem("a text begins with a byte order mark", "un texte commence par une marque d’ordre des octets")
    }
    return string
  }

  private mutating func escape(into text: inout ArraySlice<UInt8>) throws(DocumentErrors) {
    guard let byte = peek else { return }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try unicode())).utf8)
    default: throw problem("an unknown escape in a text", "un échappement inconnu dans un texte")
    }
  }

  private mutating func unicode() throws(DocumentErrors) -> Unicode.Scalar {
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if (0xD800..<0xDC00).contains(first), bytes[position...].starts(with: "\\u".utf8) {
      position += 2
      let second = try hexadecimal()
      if (0xDC00..<0xE000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      {
        return scalar
      }
    }
    throw problem("half a surrogate pair in a text", "une moitié de paire de substitution dans un texte")
  }

  private mutating func hexadecimal() throws(DocumentErrors) -> UInt32 {
    let digits = bytes[position..<min(position + 4, bytes.count)]
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw problem("\\u without four hexadecimal digits", "\\u sans quatre chiffres hexadécimaux") }
    position += 4
    return number
  }
}

extension String {
  /// Whether the text begins with U+FEFF: the reader of YAML leaves that out, so that what is written as YAML would come back
  /// without it.
  var startsWithByteOrderMark: Bool { utf8.starts(with: [0xEF, 0xBB, 0xBF]) }
}
