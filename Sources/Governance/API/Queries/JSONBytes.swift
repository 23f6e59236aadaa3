import NIOCore

/// Writes JSON straight into a buffer: what `ModelJSON.encoder` would write, byte for byte, where the caller names members
/// in the order of their names.
struct JSONBytes {
  private(set) var buffer: ByteBuffer

  init(capacity: Int) {
    buffer = ByteBufferAllocator().buffer(capacity: capacity)
  }

  /// Text that is JSON already.
  mutating func raw(_ text: StaticString) { buffer.writeStaticString(text) }

  /// Bytes that are JSON already.
  mutating func raw(_ bytes: [UInt8]) { buffer.writeBytes(bytes) }

  mutating func number(_ value: some BinaryInteger) {
    if value >= 0, value < 10 {
      buffer.writeInteger(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value))
    } else {
      buffer.writeString(String(value))
    }
  }

  mutating func flag(_ value: Bool) { raw(value ? "true" : "false") }

  mutating func text(_ text: String) {
    var text = text
    buffer.writeInteger(UInt8(ascii: "\""))
    let isPlain = text.withUTF8 { bytes in bytes.allSatisfy { !Self.isEscaped($0) } }
    if isPlain {
      buffer.writeString(text)
    } else {
      for byte in text.utf8 { escape(byte) }
    }
    buffer.writeInteger(UInt8(ascii: "\""))
  }

  /// A list, its elements written by `body`.
  mutating func list<Element>(_ elements: some Collection<Element>, _ body: (Element, inout JSONBytes) -> Void) {
    raw("[")
    var isFirst = true
    for element in elements {
      if !isFirst { raw(",") }
      isFirst = false
      body(element, &self)
    }
    raw("]")
  }

  private static func isEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): raw("\\\"")
    case UInt8(ascii: "\\"): raw("\\\\")
    case 0x08: raw("\\b")
    case 0x09: raw("\\t")
    case 0x0A: raw("\\n")
    case 0x0C: raw("\\f")
    case 0x0D: raw("\\r")
    case ..<0x20:
      raw("\\u00")
      for digit in [byte >> 4, byte & 0xF] {
        buffer.writeInteger(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    default: buffer.writeInteger(byte)
    }
  }
}
