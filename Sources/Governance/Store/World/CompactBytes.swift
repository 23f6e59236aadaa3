/// Writes whole numbers, short ones in few bytes (LEB128), and runs of bytes after their length.
struct CompactWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ number: UInt64) {
    var rest = number
    while rest > 0x7f {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// A number of either sign: zigzag, so that small ones stay short.
  mutating func write(signed number: Int64) {
    write(UInt64(bitPattern: (number << 1) ^ (number >> 63)))
  }

  mutating func write(_ run: some Collection<UInt8>) {
    write(UInt64(run.count))
    bytes += run
  }

  /// As they are, where the reader knows how many.
  mutating func write(fixed run: some Sequence<UInt8>) {
    bytes += run
  }
}

/// Reads what ``CompactWriter`` has written.
struct CompactReader {
  /// The bytes end too early, or a number is longer than any that was written.
  struct Malformed: Error {}

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position == bytes.count }

  mutating func number() throws(Malformed) -> UInt64 {
    var number: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position += 1
      number |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return number }
      shift += 7
    }
    throw Malformed()
  }

  mutating func signed() throws(Malformed) -> Int64 {
    let number = try number()
    return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
  }

  mutating func run() throws(Malformed) -> ArraySlice<UInt8> {
    try fixed(Int(clamping: try number()))
  }

  mutating func fixed(_ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else { throw Malformed() }
    defer { position += count }
    return bytes[position..<position + count]
  }
}
