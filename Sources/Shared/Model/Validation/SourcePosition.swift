/// A place in a text, as editors count it.
public struct SourcePosition: Codable, Sendable, Hashable {
  /// The line, from 1.
  public var line: Int
  /// The column, from 1, in Unicode scalars.
  public var column: Int

  /// A place.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// Where every text starts: the place of what is wrong with a text as a whole.
  static let start = SourcePosition(line: 1, column: 1)

  /// The place of a byte of a text in UTF-8.
  init(of offset: Int, in bytes: some Sequence<UInt8>) {
    self = .start
    for byte in bytes.prefix(max(0, offset)) {
      if byte == 0x0A { (line, column) = (line + 1, 1) } else if Self.startsScalar(byte) { column += 1 }
    }
  }

  /// Whether a byte of UTF-8 is the first one of its scalar.
  static func startsScalar(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }
}
