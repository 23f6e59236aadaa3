/// A statement whose interpolated values travel as parameters, never as SQL.
///
/// ```swift
/// let query: PostgresQuery = "SELECT name FROM region WHERE id = \(id) AND state = ANY(\(states))"
/// ```
/// Another query may be interpolated as a fragment; its parameters are renumbered. Only `\(unescaped:)` puts text
/// into the SQL.
public struct PostgresQuery: Sendable, Hashable {
  /// The statement, with `$1`, `$2`… in place of the values.
  public let sql: String
  /// The values, in the order of their places.
  public let parameters: [PostgresParameter]
  /// What stands around the values: always one more than there are.
  let segments: [String]

  init(segments: [String], parameters: [PostgresParameter]) {
    self.segments = segments
    self.parameters = parameters
    var sql = segments[0]
    for (index, segment) in segments.dropFirst().enumerated() { sql += "$\(index + 1)\(segment)" }
    self.sql = sql
  }

  /// A statement that is SQL already, without parameters.
  ///
  /// - Important: Nothing is escaped.
  public init(unescaped sql: String) {
    self.init(segments: [sql], parameters: [])
  }

  /// The parts one after the other.
  public static func join(_ parts: [PostgresQuery], separator: String) -> PostgresQuery {
    var whole = StringInterpolation(literalCapacity: 0, interpolationCount: 0)
    for (index, part) in parts.enumerated() {
      if index > 0 { whole.appendLiteral(separator) }
      whole.appendInterpolation(part)
    }
    return PostgresQuery(stringInterpolation: whole)
  }
}

extension PostgresQuery: ExpressibleByStringInterpolation {
  /// A statement without values.
  public init(stringLiteral sql: String) {
    self.init(segments: [sql], parameters: [])
  }

  /// A statement with values.
  public init(stringInterpolation: StringInterpolation) {
    self.init(segments: stringInterpolation.segments, parameters: stringInterpolation.parameters)
  }

  /// Gathers the SQL and the values apart from each other.
  public struct StringInterpolation: StringInterpolationProtocol {
    var segments = [""]
    var parameters: [PostgresParameter] = []

    /// Makes room.
    public init(literalCapacity: Int, interpolationCount: Int) {
      segments.reserveCapacity(interpolationCount + 1)
      parameters.reserveCapacity(interpolationCount)
    }

    /// SQL as the programmer wrote it.
    public mutating func appendLiteral(_ literal: String) {
      segments[segments.count - 1] += literal
    }

    /// A value, sent as a parameter.
    public mutating func appendInterpolation(_ value: some PostgresEncodable) {
      parameters.append(value.postgresParameter)
      segments.append("")
    }

    /// A value or `NULL`. (An overload of its own, or the compiler warns of an optional's description.)
    public mutating func appendInterpolation<T: PostgresEncodable>(_ value: T?) {
      parameters.append(value.postgresParameter)
      segments.append("")
    }

    /// A fragment, with its own values.
    public mutating func appendInterpolation(_ fragment: PostgresQuery) {
      segments[segments.count - 1] += fragment.segments[0]
      segments += fragment.segments.dropFirst()
      parameters += fragment.parameters
    }

    /// SQL as it is; never use it with anything that comes from outside.
    public mutating func appendInterpolation(unescaped sql: String) {
      appendLiteral(sql)
    }
  }
}
