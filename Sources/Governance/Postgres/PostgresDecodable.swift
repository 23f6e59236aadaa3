public import Foundation

/// A value that can be read from a result.
///
/// An enumeration with a raw value needs no code: declare the conformance.
public protocol PostgresDecodable {
  /// Reads the cell.
  ///
  /// - Throws: ``PostgresError/Kind/decoding``, naming the column, the type found and the type wanted.
  init(postgres cell: PostgresCell) throws(PostgresError)
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
  /// The case with the raw value in the cell.
  public init(postgres cell: PostgresCell) throws(PostgresError) {
    guard let value = Self(rawValue: try RawValue(postgres: cell)) else { throw cell.unreadable(as: Self.self) }
    self = value
  }
}

extension PostgresDecodable where Self: FixedWidthInteger {
  /// Any integer type, when the number fits.
  public init(postgres cell: PostgresCell) throws(PostgresError) {
    guard let value = Self(try cell.content(as: Self.self, from: .int2, .int4, .int8)) else {
      throw cell.unreadable(as: Self.self)
    }
    self = value
  }
}

extension Int: PostgresDecodable {}
extension Int64: PostgresDecodable {}
extension Int32: PostgresDecodable {}
extension Int16: PostgresDecodable {}

extension Double: PostgresDecodable {
  /// Reads `float4` and `float8`.
  public init(postgres cell: PostgresCell) throws(PostgresError) {
    guard let value = Double(try cell.content(as: Double.self, from: .float4, .float8)) else {
      throw cell.unreadable(as: Double.self)
    }
    self = value
  }
}

extension Bool: PostgresDecodable {
  /// Reads `bool`.
  public init(postgres cell: PostgresCell) throws(PostgresError) {
    switch try cell.content(as: Bool.self, from: .bool) {
    case "t": self = true
    case "f": self = false
    default: throw cell.unreadable(as: Bool.self)
    }
  }
}

extension String: PostgresDecodable {
  /// Reads what is text by nature: text types, JSON, UUID, numeric, enumerations.
  public init(postgres cell: PostgresCell) throws(PostgresError) {
    guard cell.type.isTextual else { throw cell.mismatch(String.self) }
    self = try cell.content(as: String.self)
  }
}

extension UUID: PostgresDecodable {
  /// Reads `uuid`.
  public init(postgres cell: PostgresCell) throws(PostgresError) {
    guard let value = UUID(uuidString: try cell.content(as: UUID.self, from: .uuid)) else {
      throw cell.unreadable(as: UUID.self)
    }
    self = value
  }
}

extension Date: PostgresDecodable {
  /// Reads `timestamptz`, to the microsecond; `infinity` becomes an infinite date.
  public init(postgres cell: PostgresCell) throws(PostgresError) {
    guard let value = TimestampText.decode(try cell.content(as: Date.self, from: .timestamptz)) else {
      throw cell.unreadable(as: Date.self)
    }
    self = value
  }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
  /// `nil` for `NULL`.
  public init(postgres cell: PostgresCell) throws(PostgresError) {
    self = cell.text == nil ? nil : try Wrapped(postgres: cell)
  }
}
