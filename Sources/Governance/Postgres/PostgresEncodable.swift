public import Foundation

/// A value that can be interpolated into a ``PostgresQuery``.
///
/// An enumeration with a raw value needs no code: declare the conformance.
public protocol PostgresEncodable {
  /// The type declared to the server, also for `NULL`.
  static var postgresType: PostgresType { get }
  /// The value as it is sent.
  var postgresParameter: PostgresParameter { get }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
  /// The raw value's type.
  public static var postgresType: PostgresType { RawValue.postgresType }
  /// The raw value.
  public var postgresParameter: PostgresParameter { rawValue.postgresParameter }
}

extension PostgresEncodable where Self: FixedWidthInteger {
  /// The number in decimal.
  public var postgresParameter: PostgresParameter { PostgresParameter(text: String(self), type: Self.postgresType) }
}

extension Int: PostgresEncodable {
  /// `int8`.
  public static var postgresType: PostgresType { .int8 }
}

extension Int64: PostgresEncodable {
  /// `int8`.
  public static var postgresType: PostgresType { .int8 }
}

extension Int32: PostgresEncodable {
  /// `int4`.
  public static var postgresType: PostgresType { .int4 }
}

extension Int16: PostgresEncodable {
  /// `int2`.
  public static var postgresType: PostgresType { .int2 }
}

extension Double: PostgresEncodable {
  /// `float8`.
  public static var postgresType: PostgresType { .float8 }
  /// The shortest text that reads back as the same number.
  public var postgresParameter: PostgresParameter {
    let text = isNaN ? "NaN" : isInfinite ? (self < 0 ? "-Infinity" : "Infinity") : "\(self)"
    return PostgresParameter(text: text, type: .float8)
  }
}

extension Bool: PostgresEncodable {
  /// `bool`.
  public static var postgresType: PostgresType { .bool }
  /// `t` or `f`.
  public var postgresParameter: PostgresParameter { PostgresParameter(text: self ? "t" : "f", type: .bool) }
}

extension String: PostgresEncodable {
  /// Left to the server, so that a string serves for text, enumerations, networks, intervals…
  public static var postgresType: PostgresType { .inferred }
  /// The text itself.
  public var postgresParameter: PostgresParameter { PostgresParameter(text: self, type: .inferred) }
}

extension UUID: PostgresEncodable {
  /// `uuid`.
  public static var postgresType: PostgresType { .uuid }
  /// Its 36 characters.
  public var postgresParameter: PostgresParameter { PostgresParameter(text: uuidString, type: .uuid) }
}

extension Date: PostgresEncodable {
  /// `timestamptz`.
  public static var postgresType: PostgresType { .timestamptz }
  /// The instant in UTC, to the microsecond.
  public var postgresParameter: PostgresParameter {
    PostgresParameter(text: TimestampText.encode(self), type: .timestamptz)
  }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
  /// The wrapped type.
  public static var postgresType: PostgresType { Wrapped.postgresType }
  /// The value, or `NULL`.
  public var postgresParameter: PostgresParameter {
    self?.postgresParameter ?? PostgresParameter(text: nil, type: Wrapped.postgresType)
  }
}
