/// Reads JSON that is written plainly, as programs write it: names that are known, texts without escapes, whole
/// numbers, nothing twice, nothing that is null. It has no errors: of everything else it says that it is not plain, and
/// whoever asked reads it with ``JSONText``, which says what is wrong. What it does read, it reads as that does.
///
/// Nothing is read beyond the end of the text: every byte is asked for by `peek`.
struct PlainJSON: ~Copyable {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  /// Longer texts are not plain: so there are never too many values, nor too deep ones.
  private static let most = 1 << 16

  /// Something is not plain.
  struct NotPlain: Error {}

  /// The bytes must live as long as this does.
  init(_ bytes: UnsafeBufferPointer<UInt8>) throws(NotPlain) {
    guard bytes.count <= Self.most else { throw NotPlain() }
    self.bytes = bytes
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: UInt8) throws(NotPlain) {
    skipSpace()
    guard peek == byte else { throw NotPlain() }
    position += 1
  }

  /// Whether a byte is next, which is then taken.
  private mutating func takes(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek == byte else { return false }
    position += 1
    return true
  }

  /// That there is nothing more.
  mutating func end() throws(NotPlain) {
    skipSpace()
    guard position == bytes.count else { throw NotPlain() }
  }

  /// The members of an object: `body` reads the value of each, and gives each name it knows a number below 32 of its
  /// own.
  mutating func object(_ body: (inout PlainJSON, String) throws(NotPlain) -> Int) throws(NotPlain) {
    try take(UInt8(ascii: "{"))
    if takes(UInt8(ascii: "}")) { return }
    var seen: UInt32 = 0
    repeat {
      let name = try text()
      try take(UInt8(ascii: ":"))
      let number = try body(&self, name)
      guard seen & 1 << UInt32(number) == 0 else { throw NotPlain() }
      seen |= 1 << UInt32(number)
    } while takes(UInt8(ascii: ","))
    try take(UInt8(ascii: "}"))
  }

  /// The elements of a list.
  mutating func list<Element>(
    _ element: (inout PlainJSON) throws(NotPlain) -> Element
  ) throws(NotPlain) -> [Element] {
    try take(UInt8(ascii: "["))
    if takes(UInt8(ascii: "]")) { return [] }
    var elements: [Element] = []
    repeat { elements.append(try element(&self)) } while takes(UInt8(ascii: ","))
    try take(UInt8(ascii: "]"))
    return elements
  }

  mutating func texts() throws(NotPlain) -> [String] { try list { json throws(NotPlain) in try json.text() } }

  /// An object whose names are free, of texts.
  mutating func dictionary() throws(NotPlain) -> [String: String] {
    try take(UInt8(ascii: "{"))
    if takes(UInt8(ascii: "}")) { return [:] }
    var entries: [String: String] = [:]
    repeat {
      let name = try text()
      try take(UInt8(ascii: ":"))
      guard entries.updateValue(try text(), forKey: name) == nil else { throw NotPlain() }
    } while takes(UInt8(ascii: ","))
    try take(UInt8(ascii: "}"))
    return entries
  }

  mutating func text() throws(NotPlain) -> String {
    try take(UInt8(ascii: "\""))
    let start = position
    while let byte = peek, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20, byte != UInt8(ascii: "\\") else { throw NotPlain() }
      position += 1
    }
    let text = String(validating: bytes[start..<position], as: UTF8.self)
    try take(UInt8(ascii: "\""))
    guard let text, !text.startsWithByteOrderMark else { throw NotPlain() }
    return text
  }

  /// A value of a closed list.
  mutating func choice<Choice: RawRepresentable<String>>(of type: Choice.Type = Choice.self) throws(NotPlain) -> Choice
  {
    guard let choice = Choice(rawValue: try text()) else { throw NotPlain() }
    return choice
  }

  /// The digits of a whole number that is not negative.
  private mutating func digits() throws(NotPlain) -> String {
    skipSpace()
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard (1...9).contains(position - start), position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
      throw NotPlain()
    }
    // A fraction or an exponent would follow at once, and is no end of a value.
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  mutating func number() throws(NotPlain) -> Int {
    let isNegative = takes(UInt8(ascii: "-"))
    // The digits come at once, or it is no number.
    guard !isNegative || peek.map({ $0 > 0x20 }) ?? false, let number = Int(try digits()) else { throw NotPlain() }
    return isNegative ? -number : number
  }

  mutating func quantity() throws(NotPlain) -> Quantity {
    skipSpace()
    guard let quantity = Quantity(peek == UInt8(ascii: "\"") ? try text() : try digits()) else { throw NotPlain() }
    return quantity
  }
}
