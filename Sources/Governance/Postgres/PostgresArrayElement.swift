public import Foundation

/// A type whose Swift arrays are sent as, and read from, a Postgres array, or bytes in the case of `UInt8`.
public protocol PostgresArrayElement {
  /// The type declared for the whole array.
  static var postgresArrayType: PostgresType { get }
  /// The whole array as it is sent.
  static func postgresParameter(of array: [Self]) -> PostgresParameter
  /// The type of an element whose binary form this room writes; nil where the array travels as text.
  static var postgresBinaryType: PostgresType? { get }
  /// Writes the element's binary form, where its type has one here.
  func write(to array: inout PostgresBinaryArray)
  /// The whole array as it was received.
  static func array(from cell: PostgresCell) throws(PostgresError) -> [Self]
}

extension PostgresArrayElement where Self: PostgresEncodable {
  /// The array type of the element's type.
  public static var postgresArrayType: PostgresType { postgresType.array }
  /// In binary form where there is one: as text, each element would be made a string here, quoted, and parsed there.
  /// Else `{…}`, elements quoted.
  public static func postgresParameter(of array: [Self]) -> PostgresParameter {
    guard let type = postgresBinaryType else {
      return PostgresParameter(text: ArrayText.encode(array.map(\.postgresParameter.text)), type: postgresArrayType)
    }
    return PostgresBinaryArray.parameter(array, of: type) { $0.write(to: &$1) }
  }
}

extension PostgresArrayElement {
  /// None.
  public static var postgresBinaryType: PostgresType? { nil }
  /// Nothing.
  public func write(to array: inout PostgresBinaryArray) {}
}

extension PostgresArrayElement where Self: FixedWidthInteger & PostgresEncodable {
  /// The integer's type.
  public static var postgresBinaryType: PostgresType? { postgresType }
  /// Most significant byte first.
  public func write(to array: inout PostgresBinaryArray) { array.append(self) }
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

extension Double: PostgresArrayElement {
  /// `float8`.
  public static var postgresBinaryType: PostgresType? { .float8 }
  /// Its 64 bits.
  public func write(to array: inout PostgresBinaryArray) { array.append(bitPattern) }
}

extension Bool: PostgresArrayElement {
  /// `bool`.
  public static var postgresBinaryType: PostgresType? { .bool }
  /// 0 or 1.
  public func write(to array: inout PostgresBinaryArray) { array.append(UInt8(self ? 1 : 0)) }
}

extension UUID: PostgresArrayElement {
  /// `uuid`.
  public static var postgresBinaryType: PostgresType? { .uuid }
  /// Its 16 bytes.
  public func write(to array: inout PostgresBinaryArray) { Swift.withUnsafeBytes(of: uuid) { array.append($0) } }
}

extension Date: PostgresArrayElement {
  /// `timestamptz`.
  public static var postgresBinaryType: PostgresType? { .timestamptz }
  /// Microseconds since 2000. What is not a date has a byte too many, which the server refuses.
  public func write(to array: inout PostgresBinaryArray) {
    if let number = TimestampText.microseconds(self) {
      array.append(number)
    } else {
      array.append([UInt8](repeating: 0, count: 9))
    }
  }
}

extension PostgresJSON: PostgresArrayElement {
  /// `jsonb`.
  public static var postgresBinaryType: PostgresType? { .jsonb }
  /// The form's number, then the text.
  public func write(to array: inout PostgresBinaryArray) { array.append(text: text, after: 1) }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement & PostgresEncodable & PostgresDecodable {
  /// As for the wrapped type.
  public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
  /// As for the wrapped type.
  public static var postgresBinaryType: PostgresType? { Wrapped.postgresBinaryType }
  /// The value, or `NULL`.
  public func write(to array: inout PostgresBinaryArray) {
    if let self { self.write(to: &array) } else { array.appendNull() }
  }
}

extension String: PostgresArrayElement {
  /// `text[]`, since `unnest` and its like need a declared type.
  public static var postgresArrayType: PostgresType { PostgresType.text.array }
  /// `text`.
  public static var postgresBinaryType: PostgresType? { .text }
  /// Its UTF-8.
  public func write(to array: inout PostgresBinaryArray) { array.append(text: self) }
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
    PostgresBinaryArray.parameter(array, of: .bytea) { $1.append($0) }
  }
}
