/// Writes JSON: what `ModelJSON.encoder` would write, byte for byte, where the caller names members in the order of their
/// names. Inlinable: answers are written in other rooms, member by member.
package struct JSONBytes {
  @usableFromInline var written: [UInt8] = []

  /// What is written so far.
  package var bytes: [UInt8] { written }

  package init(capacity: Int) {
    written.reserveCapacity(capacity)
  }

  /// What `body` writes.
  package static func written(_ body: (inout JSONBytes) -> Void) -> [UInt8] {
    var json = JSONBytes(capacity: 512)
    body(&json)
    // A copy of just the right size: these are kept.
    return json.written.withUnsafeBytes(Array.init)
  }

  /// Text that is JSON already.
  @inlinable
  package mutating func raw(_ text: StaticString) {
    written.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Bytes that are JSON already.
  @inlinable
  package mutating func raw(_ json: [UInt8]) { written += json }

  @inlinable
  package mutating func number(_ value: Int) { number(Int64(value)) }

  @inlinable
  package mutating func number(_ value: Int64) {
    var rest = value.magnitude
    if value < 0 { written.append(UInt8(ascii: "-")) }
    guard rest > 9 else { return written.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest)) }
    let first = written.count
    while rest > 0 {
      written.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    }
    written[first...].reverse()
  }

  @inlinable
  package mutating func flag(_ value: Bool) { raw(value ? "true" : "false") }

  package mutating func text(_ text: String) {
    var text = text
    written.append(UInt8(ascii: "\""))
    text.withUTF8 { utf8 in
      if utf8.allSatisfy({ !Self.isEscaped($0) }) {
        written.append(contentsOf: utf8)
      } else {
        for byte in utf8 { escape(byte) }
      }
    }
    written.append(UInt8(ascii: "\""))
  }

  /// A list, its elements written by `body`. Written out where it is called: what is written of an element is known there.
  @inlinable
  @inline(__always)
  package mutating func list<Element>(_ elements: some Collection<Element>, _ body: (Element, inout JSONBytes) -> Void)
  {
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
        written.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    default: written.append(byte)
    }
  }
}
