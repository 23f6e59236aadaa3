/// An array in the server's binary form, while it is written.
public struct PostgresBinaryArray {
  private(set) var bytes: [UInt8] = []
  /// Whether a text among the elements holds a NUL character, which the server can not store.
  private(set) var holdsNUL = false
  private var holdsNull = false

  /// The parameter for a whole array of one dimension.
  static func parameter<Element>(
    _ array: [Element], of type: PostgresType, write: (Element, inout PostgresBinaryArray) -> Void
  ) -> PostgresParameter {
    var writer = PostgresBinaryArray()
    writer.bytes.reserveCapacity(20 + array.count * (4 + MemoryLayout<Element>.size))
    // Dimensions, whether any is null, the elements' type; then, of the one dimension, its length and first index.
    writer.raw(Int32(array.isEmpty ? 0 : 1))
    writer.raw(Int32(0))
    writer.raw(type.rawValue)
    if !array.isEmpty {
      writer.raw(Int32(truncatingIfNeeded: array.count))
      writer.raw(Int32(1))
    }
    for element in array { write(element, &writer) }
    if writer.holdsNull { writer.bytes[7] = 1 }
    return PostgresParameter(binary: writer.bytes, type: type.array, holdsNUL: writer.holdsNUL)
  }

  /// Appends a whole number, most significant byte first.
  mutating func append(_ number: some FixedWidthInteger) {
    raw(Int32(number.bitWidth / 8))
    raw(number)
  }

  /// Appends an element of these bytes.
  mutating func append(_ element: some Collection<UInt8>) {
    raw(Int32(truncatingIfNeeded: element.count))
    bytes.append(contentsOf: element)
  }

  /// Appends a text, after the number of its form where it has one.
  mutating func append(text: String, after form: UInt8? = nil) {
    var text = text
    text.withUTF8 { utf8 in
      raw(Int32(truncatingIfNeeded: utf8.count + (form == nil ? 0 : 1)))
      if let form { bytes.append(form) }
      bytes.append(contentsOf: utf8)
      holdsNUL = holdsNUL || utf8.contains(0)
    }
  }

  /// Appends `NULL`.
  mutating func appendNull() {
    raw(Int32(-1))
    holdsNull = true
  }

  private mutating func raw(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
