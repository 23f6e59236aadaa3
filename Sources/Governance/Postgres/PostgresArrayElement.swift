public import Foundation

/// A type whose Swift arrays are sent as, and read from, a Postgres array, or bytes in the case of `UInt8`.
public protocol PostgresArrayElement {
  /// The type declared for the whole array.
  static var postgresArrayType: PostgresType { get }
  /// The whole array as it is sent.
  static func postgresParameter(of array: [Self]) -> PostgresParameter
  /// The whole array as it was received.
  static func array(from cell: PostgresCell) throws(PostgresError) -> [Self]
}

extension PostgresArrayElement where Self: PostgresEncodable {
  /// The array type of the element's type.
  public static var postgresArrayType: PostgresType { postgresType.array }
  /// `{…}`, elements quoted.
  public static func postgresParameter(of array: [Self]) -> PostgresParameter {
    PostgresParameter(text: ArrayText.encode(array.map(\.postgresParameter.text)), type: postgresArrayType)
  }
}

extension PostgresArrayElement where Self: PostgresDecodable {
  /// Each element decoded by its own type.
  public static func array(from cell: PostgresCell) throws(PostgresError) -> [Self] {
    let text = try cell.content(as: [Self].self)
    guard let elements = ArrayText.decode(text) else { throw cell.unreadable(as: [Self].self) }
    let type = cell.type.element ?? .inferred
    var array: [Self] = []
    array.reserveCapacity(elements.count)
    for element in elements {
      array.append(try Self(postgres: PostgresCell(column: cell.column, type: type, text: element)))
    }
    return array
  }
}

extension Int: PostgresArrayElement {}
extension Int64: PostgresArrayElement {}
extension Int32: PostgresArrayElement {}
extension Int16: PostgresArrayElement {}
extension Double: PostgresArrayElement {}
extension Bool: PostgresArrayElement {}
extension UUID: PostgresArrayElement {}
extension Date: PostgresArrayElement {}
extension PostgresJSON: PostgresArrayElement {}
extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement & PostgresEncodable & PostgresDecodable {
  /// As for the wrapped type.
  public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
}

extension String: PostgresArrayElement {
  /// `text[]`, since `unnest` and its like need a declared type.
  public static var postgresArrayType: PostgresType { PostgresType.text.array }
}

extension UInt8: PostgresArrayElement {
  /// `bytea`.
  public static var postgresArrayType: PostgresType { .bytea }
  /// The bytes as they are.
  public static func postgresParameter(of array: [UInt8]) -> PostgresParameter { PostgresParameter(bytes: array) }
  /// The bytes of a `bytea`.
  public static func array(from cell: PostgresCell) throws(PostgresError) -> [UInt8] {
    let text = try cell.content(as: [UInt8].self, from: .bytea)
    guard let bytes = HexText.decode(text) else { throw cell.unreadable(as: [UInt8].self) }
    return bytes
  }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
  /// The array's type.
  public static var postgresType: PostgresType { Element.postgresArrayType }
  /// The whole array as one parameter.
  public var postgresParameter: PostgresParameter { Element.postgresParameter(of: self) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
  /// Reads a one-dimensional array, or bytes.
  public init(postgres cell: PostgresCell) throws(PostgresError) {
    self = try Element.array(from: cell)
  }
}

/// Arrays of bytes (`bytea[]`); arrays of other arrays are not Postgres arrays that this room speaks.
extension Array: PostgresArrayElement where Element == UInt8 {
  /// In binary form: as text, every byte would be two digits, and each of them looked at for what wants quoting.
  public static func postgresParameter(of array: [[UInt8]]) -> PostgresParameter {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(array.reduce(20) { $0 + $1.count + 4 })
    func write(_ number: Int) {
      Swift.withUnsafeBytes(of: Int32(truncatingIfNeeded: number).bigEndian) { bytes.append(contentsOf: $0) }
    }
    // Dimensions, whether any is null, the elements' type; then, of the one dimension, its length and first index.
    write(array.isEmpty ? 0 : 1)
    write(0)
    write(Int(PostgresType.bytea.rawValue))
    if !array.isEmpty {
      write(array.count)
      write(1)
    }
    for element in array {
      write(element.count)
      bytes += element
    }
    return PostgresParameter(binary: bytes, type: PostgresType.bytea.array)
  }
}
