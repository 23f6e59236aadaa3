/// A type of Postgres, by its number in the server's catalogue.
public struct PostgresType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The catalogue's number (OID); 0 leaves the choice to the server.
  public let rawValue: UInt32

  /// A type by its number.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Left to the server to infer.
  public static let inferred = Self(rawValue: 0)
  /// True or false.
  public static let bool = Self(rawValue: 16)
  /// Bytes.
  public static let bytea = Self(rawValue: 17)
  /// 64-bit integer.
  public static let int8 = Self(rawValue: 20)
  /// 16-bit integer.
  public static let int2 = Self(rawValue: 21)
  /// 32-bit integer.
  public static let int4 = Self(rawValue: 23)
  /// Text.
  public static let text = Self(rawValue: 25)
  /// JSON kept as written.
  public static let json = Self(rawValue: 114)
  /// JSON, parsed.
  public static let jsonb = Self(rawValue: 3802)
  /// Single-precision number.
  public static let float4 = Self(rawValue: 700)
  /// Double-precision number.
  public static let float8 = Self(rawValue: 701)
  /// An instant, to the microsecond.
  public static let timestamptz = Self(rawValue: 1184)
  /// UUID.
  public static let uuid = Self(rawValue: 2950)

  private static let names: [UInt32: String] = [
    0: "unknown", 16: "bool", 17: "bytea", 18: "char", 19: "name", 20: "int8", 21: "int2", 23: "int4", 25: "text",
    26: "oid", 114: "json", 700: "float4", 701: "float8", 1042: "bpchar", 1043: "varchar", 1082: "date",
    1083: "time", 1114: "timestamp", 1184: "timestamptz", 1186: "interval", 1700: "numeric", 2278: "void",
    2950: "uuid", 3802: "jsonb", 3220: "pg_lsn",
  ]

  private static let arrays: [UInt32: UInt32] = [
    16: 1000, 17: 1001, 19: 1003, 20: 1016, 21: 1005, 23: 1007, 25: 1009, 114: 199, 700: 1021, 701: 1022,
    1043: 1015, 1184: 1185, 2950: 2951, 3802: 3807,
  ]

  private static let elements = Dictionary(uniqueKeysWithValues: arrays.map { ($0.value, $0.key) })

  /// The array of this type; inferred where this room does not know it.
  public var array: PostgresType {
    PostgresType(rawValue: Self.arrays[rawValue] ?? 0)
  }

  /// The type of this array's elements, when it is an array that this room knows.
  public var element: PostgresType? {
    Self.elements[rawValue].map(PostgresType.init(rawValue:))
  }

  /// The type's name in SQL.
  public var description: String {
    if let element { return "\(element)[]" }
    return Self.names[rawValue] ?? "type \(rawValue)"
  }

  /// Whether its text form is what a `String` is expected to hold.
  var isTextual: Bool {
    let textual: Set<UInt32> = [0, 18, 19, 25, 114, 650, 869, 1042, 1043, 1700, 2950, 3802, 3220]
    // Types from 16384 on were made by `CREATE TYPE`: enumerations, foremost.
    return textual.contains(rawValue) || rawValue >= 16_384
  }
}
